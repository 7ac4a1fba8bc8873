"""Check the links of the documents: each file and each heading that one names is there.

Only what the repository holds is checked; an address outside it is left alone, so the check needs
no network.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]*`")
# The end of a link is enough, and finds a picture inside a link too.
LINK = re.compile(r"\]\(\s*<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+<?(\S+?)>?\s*$", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<[^>]+\b(?:id|name)=\"([^\"]+)\"")
OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents(root: Path) -> list[Path]:
    """The documents a reader meets: those at the top and all below docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def slug(heading: str) -> str:
    """The fragment that GitHub gives to a heading (before numbering repeats)."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"[*`~]|<[^>]+>", "", text).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every fragment that a link into this document may name."""
    found: set[str] = set(ANCHOR.findall(text))
    seen: dict[str, int] = {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        name = slug(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(f"{name}-{count}" if count else name)
    return found


def _anchors_of(document: Path) -> set[str]:
    return anchors(document.read_text(encoding="utf-8"))


def _without_code(text: str) -> str:
    """The text with code blanked out and every line where it was."""
    blank = FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)
    return CODE_SPAN.sub("", blank)


def problems(document: Path, root: Path) -> list[str]:
    """One `file:line: what is wrong` for each broken link of a document."""
    text = document.read_text(encoding="utf-8")
    prose = _without_code(text)
    found = []
    for match in [*LINK.finditer(prose), *REFERENCE.finditer(prose)]:
        link = match.group(1)
        if OUTSIDE.match(link):
            continue
        path, _, fragment = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        where = f"{document.relative_to(root)}:{prose.count(chr(10), 0, match.start()) + 1}"
        if not target.is_relative_to(root) or not target.exists():
            found.append(f"{where}: {link} leads to no file")
        elif fragment and target.suffix == ".md" and fragment not in _anchors_of(target):
            found.append(f"{where}: {link} names a heading that is not there")
    return found


def main() -> int:
    checked = documents(ROOT)
    broken = [line for document in checked for line in problems(document, ROOT)]
    print("\n".join(broken) or f"Every link in {len(checked)} documents leads somewhere.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
