"""Files stay small enough to be read in one sitting."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("config", "sessions_app", "reports", "tools", "tests", "benchmarks")
PYTHON_LINES = 400
TEMPLATE_LINES = 120


def too_long(files: list[Path], limit: int) -> dict[str, int]:
    """The files past the limit, each with its number of lines."""
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    return {str(file.relative_to(ROOT)): n for file, n in lengths.items() if n > limit}


def test_no_python_file_is_longer_than_400_lines() -> None:
    files = [
        file
        for folder in CODE
        for file in (ROOT / folder).rglob("*.py")
        if file.parent.name != "migrations"
    ]
    assert len(files) > 20
    assert too_long([*files, ROOT / "manage.py"], PYTHON_LINES) == {}


def test_no_template_is_longer_than_120_lines() -> None:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    assert files
    assert too_long(files, TEMPLATE_LINES) == {}
