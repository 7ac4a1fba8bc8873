"""Renew the catalogue of translations from the code, and compile it: `make messages`.

The .po file of a language then holds exactly the texts of the code, in the order of the places
where they stand; a text that is new has no translation yet and is shown in English until it has
one. The .mo file beside it is what the server reads. Neither needs the tools of GNU gettext.
"""

from __future__ import annotations

import argparse
import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.utils.translation.template import templatize

from tools.untranslated import GETTEXT, ROOT, modules, templates

LANGUAGES = {"es": ("Spanish", "nplurals=2; plural=(n != 1);")}
MAGIC = 0x950412DE
CALL = re.compile(r"\b(_|n?p?gettext)\(")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
SENTENCE_END = re.compile(r"(?<=[.!?:]) ")
LINE_LENGTH = 96

Key = tuple[str, str]  # context, text


@dataclass(frozen=True)
class Entry:
    """One text of the code. `said` is its translation: one, or singular and plural; "" is none."""

    context: str
    text: str
    plural: str
    said: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def key(self) -> Key:
        return self.context, self.text

    @property
    def is_said(self) -> bool:
        return all(self.said)


def catalogue(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def collected() -> list[Entry]:
    """Every text of the templates and of the modules that people of a clinic read, once."""
    found: dict[Key, Entry] = {}
    for file in (*templates(), *modules()):
        place = file.relative_to(ROOT).as_posix()
        source = file.read_text(encoding="utf-8")
        texts = of_template(source, place) if file.suffix == ".html" else of_python(source)
        for context, text, plural in texts:
            old = found.get((context, text))
            if old is None:
                said = ("", "") if plural else ("",)
                found[context, text] = Entry(context, text, plural, said, (place,))
            elif place not in old.places:
                found[context, text] = replace(
                    old,
                    places=(*old.places, place),
                    plural=old.plural or plural,
                    said=old.said if old.plural or not plural else ("", ""),
                )
    return list(found.values())


def of_template(source: str, place: str = "a template") -> Iterator[tuple[str, str, str]]:
    """(context, text, plural) of each translated text of a template."""
    code = templatize(source, origin=place)
    for match in CALL.finditer(code):
        call = _call(code[match.start() :])
        if call is not None:
            yield from _texts(call, match[1])


def of_python(source: str) -> Iterator[tuple[str, str, str]]:
    """(context, text, plural) of each translated text of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if GETTEXT.match(name):
                yield from _texts(node, name)


def _call(code: str) -> ast.Call | None:
    """The call at the start of `code`, up to the bracket that ends it."""
    for end in (match.end() for match in re.finditer(r"\)", code)):
        try:
            read = ast.parse(code[:end].strip(), mode="eval").body
        except SyntaxError:
            continue
        return read if isinstance(read, ast.Call) else None
    return None


def _texts(call: ast.Call, name: str) -> Iterator[tuple[str, str, str]]:
    told = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    context = told.pop(0) if "pget" in name and told else ""
    if told:
        yield context, told[0], told[1] if "nget" in name and len(told) > 1 else ""


def read(text: str) -> dict[Key, Entry]:
    """The entries of a .po file without its head."""
    entries: dict[Key, Entry] = {}
    for block in re.split(r"\n\s*\n", text):
        parts: dict[str, str] = {}
        places: list[str] = []
        field = ""
        for line in block.splitlines():
            if line.startswith("#:"):
                places += line[2:].split()
            elif line and not line.startswith("#"):
                start = re.match(r"(msg\w+(?:\[\d\])?)\s", line)
                field = start[1] if start else field
                quoted = "".join(QUOTED.findall(line))
                parts[field] = parts.get(field, "") + "".join(
                    ast.literal_eval(one) for one in QUOTED.findall(quoted)
                )
        if parts.get("msgid"):
            plural = parts.get("msgid_plural", "")
            names = ("msgstr[0]", "msgstr[1]") if plural else ("msgstr",)
            said = tuple(parts.get(name, "") for name in names)
            entry = Entry(parts.get("msgctxt", ""), parts["msgid"], plural, said, tuple(places))
            entries[entry.key] = entry
    return entries


def renewed(old: dict[Key, Entry], found: list[Entry]) -> list[Entry]:
    """The texts of the code with the translations that are there already."""
    entries = []
    for entry in found:
        known = old.get(entry.key)
        if known is not None and len(known.said) == len(entry.said):
            entry = replace(entry, said=known.said)
        entries.append(entry)
    return sorted(entries, key=lambda one: one.places[0])


def head(language: str) -> str:
    name, plurals = LANGUAGES[language]
    return (
        f"Project-Id-Version: Afterglow\nLanguage: {language}\nLanguage-Team: {name}\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        f"Content-Transfer-Encoding: 8bit\nPlural-Forms: {plurals}\n"
    )


def written(language: str, entries: list[Entry]) -> str:
    """The text of the .po file."""
    blocks = [f'msgid ""\n{_field("msgstr", head(language))}']
    for entry in entries:
        lines = [f"#: {place}" for place in entry.places]
        if entry.context:
            lines.append(_field("msgctxt", entry.context))
        lines.append(_field("msgid", entry.text))
        if entry.plural:
            lines.append(_field("msgid_plural", entry.plural))
        for number, said in enumerate(entry.said):
            lines.append(_field(f"msgstr[{number}]" if entry.plural else "msgstr", said))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _field(name: str, text: str) -> str:
    pieces = re.split(r"(?<=\n)", text) if "\n" in text else [text]
    if len(text) + len(name) > LINE_LENGTH and "\n" not in text:
        pieces = SENTENCE_END.split(text)
        pieces = [f"{one} " for one in pieces[:-1]] + pieces[-1:]
    pieces = [one for one in pieces if one] or [""]
    quoted = [f'"{_escaped(one)}"' for one in pieces]
    return f"{name} {quoted[0]}" if len(quoted) == 1 else "\n".join([f'{name} ""', *quoted])


def _escaped(text: str) -> str:
    for char, sign in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(char, sign)
    return text


def compiled(language: str, entries: list[Entry]) -> bytes:
    """The .mo file of what is translated (format of the GNU gettext manual, without a hash)."""
    texts = {b"": head(language).encode()}
    for entry in entries:
        if entry.is_said:
            key = f"{entry.context}\x04{entry.text}" if entry.context else entry.text
            key = f"{key}\x00{entry.plural}" if entry.plural else key
            texts[key.encode()] = "\x00".join(entry.said).encode()
    keys = sorted(texts)
    at = 28 + 16 * len(keys)
    tables, body = [], b""
    for strings in (keys, [texts[key] for key in keys]):
        for one in strings:
            tables.append(struct.pack("<2I", len(one), at + len(body)))
            body += one + b"\x00"
    top = struct.pack("<7I", MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, at)
    return top + b"".join(tables) + body


def in_step(language: str) -> tuple[str, bytes]:
    """What the two files of a language should hold now."""
    file = catalogue(language)
    old = read(file.read_text(encoding="utf-8")) if file.exists() else {}
    entries = renewed(old, collected())
    return written(language, entries), compiled(language, entries)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 when out of step")
    only_check = parser.parse_args(arguments).check
    wrong = 0
    for language in LANGUAGES:
        file = catalogue(language)
        text, code = in_step(language)
        machine = file.with_suffix(".mo")
        if only_check:
            is_right = file.exists() and file.read_text(encoding="utf-8") == text
            wrong += not (is_right and machine.exists() and machine.read_bytes() == code)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        machine.write_bytes(code)
        entries = read(text).values()
        said = sum(entry.is_said for entry in entries)
        print(f"{language}: {said} of {len(entries)} texts are translated")
    if wrong:
        print("The catalogues are out of step with the code. Run make messages.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
