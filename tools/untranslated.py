"""Find the words of the pages that do not go through gettext.

A person reads the text of a template and its spoken attributes, and in Python the sentences that a
program writes. Only words count: symbols, numbers, units and names are the same in each language.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SPOKEN = ("title", "alt", "placeholder", "aria-label")
BUTTONS = ("submit", "button", "reset")
UNREAD = ("style", "script")

# Names of products, of files and of fields that stand the same in each language, and the units.
NAMES = frozenset({"Afterglow", "PIN", "PNG", "SVG", "SpO₂"})
UNITS = frozenset({"mg", "kg", "mL", "mmHg", "min"})

COMMENT = re.compile(r"{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
CLASSES = re.compile(r"{%\s*block\s+\w+_class\s*%}.*?{%\s*endblock\b.*?%}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
DRAWING = re.compile(r"data:image/svg\+xml,%3Csvg .*?%3C/svg%3E")
ENTITY = re.compile(r"&#?\w+;")
WORD = re.compile(r"[^\W\d_]{2,}")
# What a tag prints as it stands: {{ x|default:"No words" }}, {% include ... with title="Words" %}.
DEFAULT = re.compile(r"""\|(?:default|default_if_none|yesno):["']([^"']*)["']""")
ARGUMENT = re.compile(r"""\b(?:title|text|label|note|unit|\w+_text|\w+_label)=["']([^"']*)["']""")

GETTEXT = re.compile(r"^(_|_now|n?p?gettext(_lazy)?)$")
PROSE = re.compile(r"[^\W\d_]{2,}[,.:;!?]? [^\W\d_]")
SAID_BY = frozenset({"label", "help_text", "verbose_name", "violation_error_message", "title"})
# Where the words stand among what is passed: messages.success(request, words).
MESSAGES = {"success": 1, "info": 1, "warning": 1, "error": 1, "ValidationError": 0}
# Exceptions of the program, read in a log by whoever mends it.
LOGGED = re.compile(r"^(log|logger|\w*(Error|Exception|ImproperlyConfigured|__init__))$")

# Sentences for a program: fonts, headers, a warning to be silenced.
FOR_PROGRAMS = frozenset(
    {
        "DejaVu Sans",
        "Glyph .* missing from font",
        "system-ui, sans-serif",
        'attachment; filename="my-answers.csv"',
        'attachment; filename="outcomes.csv"',
        'attachment; filename="safety.csv"',
        'attachment; filename="',
        "python manage.py relief sessions.csv check_ins.csv --instrument mood_0_10",
        'inline; filename="',
        "text/csv; charset=utf-8",
    }
)
# What is not read by the people of a clinic, or is the same in each language.
IN_ENGLISH = {
    "config": "the start of the server and its description of the API, for who runs it",
    "reports/management": "a terminal's usage lines; the report itself is translated",
    "reports/survival": "warnings of an estimate to its caller",
    "sessions_app/management": "the terminal of who runs the server",
    "sessions_app/demo": "invented people and what they wrote",
    "sessions_app/api/serializers": "the description of the API, for engineers",
    "sessions_app/instruments": "citations of sources, names of licences",
    "sessions_app/rules/limits.py": "citations of sources",
    "sessions_app/rules/long_term_watch.py": "citations of sources",
    "sessions_app/rules/protocols.py": "citations of sources",
    "sessions_app/rules/guard_rails.py": "citations of sources",
    "sessions_app/rules/dosing.py": "citations of sources",
    "sessions_app/rules/eligibility.py": "citations of sources",
    "sessions_app/rules/dissociation.py": "citations of sources",
    "sessions_app/rules/effects.py": "terms of a coded vocabulary",
    "sessions_app/chairside/statements.py": "SQL",
    "sessions_app/triggers.py": "SQL",
    "sessions_app/migrations": "kept as they were written",
    "reports/exports/typesetting.py": "what the typesetter says about a missing letter",
    "reports/derived.py": "SQL",
    "reports/migrations": "kept as they were written",
    "reports/exports/csv.py": "a file for programs: every column and code is English",
    "reports/exports/safety_csv.py": "a file for programs: every column and code is English",
    "reports/registry/layout.py": "the meaning of columns inside a file for programs",
}


@dataclass(frozen=True)
class Bare:
    """Words at a line that reach a person as they stand."""

    line: int
    words: str


def is_words(text: str) -> bool:
    """Whether the text holds a word that another language would write otherwise. A drawing that
    stands in the page as its own address has none.
    """
    read = ENTITY.sub("", DRAWING.sub("", text))
    return any(word not in NAMES | UNITS for word in WORD.findall(read))


def _blank(match: re.Match[str]) -> str:
    """As many lines as before and nothing to read."""
    return "\n" * match.group().count("\n")


class _Page(HTMLParser):
    """Collects the text and the spoken attributes of a template without its tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.bare: list[Bare] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        of = dict(attrs)
        spoken = [of.get(name) for name in SPOKEN]
        if tag == "input" and of.get("type") in BUTTONS:
            spoken.append(of.get("value"))
        for words in spoken:
            self._keep(words or "")

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self._keep(data)

    def _keep(self, words: str) -> None:
        if is_words(words):
            self.bare.append(Bare(self.getpos()[0], " ".join(words.split())))


def in_template(source: str) -> list[Bare]:
    """The bare words of a template, each with its line."""
    read = CLASSES.sub(_blank, BLOCK.sub(_blank, COMMENT.sub(_blank, source)))
    printed = [
        Bare(read.count("\n", 0, match.start()) + 1, match[1])
        for tag in TAG.finditer(read)
        for match in [*DEFAULT.finditer(read, *tag.span()), *ARGUMENT.finditer(read, *tag.span())]
        if is_words(match[1]) and not re.fullmatch(r"[a-z0-9_-]+", match[1])
    ]
    page = _Page()
    page.feed(TAG.sub(_blank, read))
    page.close()
    return page.bare + printed


def in_python(source: str) -> list[Bare]:
    """The bare sentences of a module, each with its line.

    A sentence is two words with a space between them, anywhere but in a docstring, an exception of
    the program or a `__str__`; for a label, a choice or a message one word is enough. Text that is
    put together before gettext sees it (an f-string, a sum) cannot be translated and counts too.
    """
    return list(_read(ast.parse(source)))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _read(node: ast.AST) -> Iterator[Bare]:
    if isinstance(node, ast.Call) and GETTEXT.match(_name(node.func)):
        for told in node.args[: 2 if "nget" in _name(node.func) else 1]:
            if not (isinstance(told, ast.Constant) and isinstance(told.value, str)):
                yield Bare(node.lineno, ast.unparse(told))
        return
    if isinstance(node, ast.FunctionDef) and node.name in ("__str__", "__repr__"):
        return
    if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _is_logged(node.func)):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _is_prose(node.value):
            yield Bare(node.lineno, node.value)
        return
    yield from _single_words(node)
    for part in ast.iter_child_nodes(node):
        yield from _read(part)


def _is_logged(called: ast.expr) -> bool:
    of = called.value if isinstance(called, ast.Attribute) else None
    name = _name(called)
    return name != "ValidationError" and bool(
        LOGGED.match(name) or (of is not None and LOGGED.match(_name(of)))
    )


def _is_prose(text: str) -> bool:
    is_markup = text.lstrip().startswith("<")
    return bool(PROSE.search(text)) and not is_markup and text not in FOR_PROGRAMS


def _single_words(node: ast.AST) -> Iterator[Bare]:
    """One bare word where a person reads it: a label, a message, the second half of a choice."""
    said: list[ast.expr] = []
    if isinstance(node, ast.Call):
        said = [word.value for word in node.keywords if word.arg in SAID_BY]
        place = MESSAGES.get(_name(node.func), len(node.args))
        said += node.args[place : place + 1]
    if isinstance(node, ast.keyword) and node.arg == "choices":
        pairs = [pair for pair in ast.walk(node.value) if isinstance(pair, ast.Tuple)]
        # A choice that only repeats its code is shown to nobody.
        said = [pair.elts[1] for pair in pairs if len({ast.dump(part) for part in pair.elts}) == 2]
    for told in said:
        value = told.value if isinstance(told, ast.Constant) else None
        if isinstance(value, str) and is_words(value) and not PROSE.search(value):
            yield Bare(told.lineno, value)


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def modules() -> list[Path]:
    """The modules whose words people of a clinic read."""
    found = [file for app in ("sessions_app", "reports") for file in (ROOT / app).rglob("*.py")]
    return sorted(file for file in found if not _is_in_english(file))


def _is_in_english(file: Path) -> bool:
    return any(file.is_relative_to(ROOT / place) for place in IN_ENGLISH)


def untranslated() -> list[str]:
    """One `file:line: words` for each bare text of the pages."""
    found = [(file, bare) for file in templates() for bare in in_template(file.read_text("utf-8"))]
    found += [(file, bare) for file in modules() for bare in in_python(file.read_text("utf-8"))]
    return [f"{file.relative_to(ROOT)}:{bare.line}: {bare.words}" for file, bare in found]


def main() -> int:
    found = untranslated()
    print("\n".join(found) or "Every text of the pages goes through gettext.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
