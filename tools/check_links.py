"""Check the documents: each file and heading that one links to, or file that one names, is there.

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
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w{][\w.{},*<>/-]*")
ENDINGS = (".py", ".md", ".html", ".css", ".js", ".toml", ".lock", ".sh")
CODE = ("config", "sessions_app", "reports", "templates", "static", "tests", "tools", "docs")
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


def names_a_file(span: str) -> bool:
    """Whether a code span is meant as a file or folder of the repository.

    It begins with one of its folders, or is a folder's name (`api/`), or has a source's ending. A
    data file (`sessions.csv`) is the reader's own, and an address (`/api/v1/`) is no file.
    """
    if not PATH.fullmatch(span):
        return False
    first, _, rest = span.partition("/")
    is_folder = "/" in span and not rest and "<" not in span
    return ("/" in span and first in CODE) or is_folder or span.endswith(ENDINGS)


def is_there(span: str, root: Path) -> bool:
    """Whether the repository has it. `{a,b}` names two, `<name>` and `*` any.

    A short name is looked for in every folder of the code.
    """
    several = re.search(r"{([^{}]*)}", span)
    if several:
        before, after = span[: several.start()], span[several.end() :]
        return all(is_there(f"{before}{one}{after}", root) for one in several[1].split(","))
    pattern = re.sub(r"<\w+>", "*", span).rstrip("/")
    return any(
        next(folder.glob(found), None) is not None
        for folder, found in [(root, pattern), *((root / app, f"**/{pattern}") for app in CODE)]
    )


def gone(document: Path, root: Path) -> list[str]:
    """One `file:line: what is wrong` for each file that a document names and is not there."""
    text = document.read_text(encoding="utf-8")
    prose = FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)
    return [
        f"{document.relative_to(root)}:{prose.count(chr(10), 0, match.start()) + 1}: "
        f"{match[1]} is not there"
        for match in SPAN.finditer(prose)
        if names_a_file(match[1]) and not is_there(match[1], root)
    ]


def main() -> int:
    checked = documents(ROOT)
    found = [[*problems(document, ROOT), *gone(document, ROOT)] for document in checked]
    broken = [line for lines in found for line in lines]
    print("\n".join(broken) or f"Every link in {len(checked)} documents leads somewhere.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
