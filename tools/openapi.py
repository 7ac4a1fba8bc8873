"""Write docs/openapi.json from the code, or with --check compare it."""

from __future__ import annotations

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"


def generated() -> str:
    """The document that the code describes; a warning of the generator ends the run."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "openapi.json"
        command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"]
        done = subprocess.run(
            [*command, "--format", "openapi-json", "--file", str(written)], cwd=ROOT, check=False
        )
        if done.returncode != 0:
            raise SystemExit("The API cannot be described; the message stands above.")
        return written.read_text(encoding="utf-8").rstrip("\n") + "\n"


def main(arguments: list[str]) -> int:
    new = generated()
    if arguments != ["--check"]:
        DOCUMENT.write_text(new, encoding="utf-8")
        print(f"Written: {DOCUMENT.relative_to(ROOT)}")
        return 0
    old = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if old == new:
        print("docs/openapi.json says what the code does.")
        return 0
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "docs/openapi.json", "the code", lineterm="", n=2
    )
    print("\n".join(list(lines)[:60]))
    print(
        "\nThe API has changed. Next: make openapi, read the difference, and commit it.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
