"""The words of a questionnaire: one sourced file per language, beside this file in texts/.

A translation is shipped only with the source of an official text. This file reads what is there
and says what is not.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).with_name("texts")
KEPT = 128  # codes whose languages a process remembers: the folder never changes under it


@dataclass(frozen=True)
class InstrumentText:
    """The words in one language.

    `items`: question by item code. `options`: (answer, words) in the order shown; `item_options`
    holds those of an item that has its own. `difficulty` and its options: the unscored closing
    question, empty where there is none. `low_anchor` and `high_anchor`: the worded ends of a 0 to
    10 scale, else empty; `item_anchors` holds the two ends of an item that has its own.
    """

    code: str
    language: str
    stem: str
    items: dict[str, str]
    options: tuple[tuple[int, str], ...]
    difficulty: str
    difficulty_options: tuple[tuple[int, str], ...]
    low_anchor: str
    high_anchor: str
    source: str
    licence: str
    item_options: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    item_anchors: dict[str, tuple[str, str]] = field(default_factory=dict)

    def question(self, item: str) -> str:
        """The words of one item, the closing question included."""
        return self.items.get(item, self.difficulty)

    def options_of(self, item: str) -> tuple[tuple[int, str], ...]:
        """The answers of one item with their words, in the order shown."""
        if item not in self.items:
            return self.difficulty_options
        return self.item_options.get(item, self.options)

    def anchors_of(self, item: str) -> tuple[str, str]:
        """The worded ends of one item's numbers, both empty where the answers are words."""
        return self.item_anchors.get(item, (self.low_anchor, self.high_anchor))


@lru_cache(KEPT)
def languages(code: str) -> tuple[str, ...]:
    """The languages in which a sourced text of this instrument ships, in alphabetical order."""
    return tuple(sorted(path.name.split(".")[1] for path in TEXTS.glob(f"{code}.*.toml")))


@cache
def text(code: str, language: str) -> InstrumentText:
    """The words in `language`; "en-gb" reads "en" if it has no file of its own.

    LookupError when no sourced text exists: the caller chooses another from `languages`.
    """
    known = languages(code)
    wanted = language.lower().replace("_", "-")
    for candidate in (wanted, wanted.split("-")[0]):
        if candidate in known:
            return _read(code, candidate)
    raise LookupError(f"no sourced text of {code} in {language}; there is {', '.join(known)}")


def _read(code: str, language: str) -> InstrumentText:
    raw: dict[str, Any] = tomllib.loads(
        (TEXTS / f"{code}.{language}.toml").read_text(encoding="utf-8")
    )
    return text_from(code, language, raw)


def text_from(code: str, language: str, raw: dict[str, Any]) -> InstrumentText:
    """The text that a file of texts/, or a clinic's own definition, holds for one language."""
    return InstrumentText(
        code=code,
        language=language,
        stem=raw.get("stem", ""),
        items=dict(raw["items"]),
        options=_options(raw.get("options", {})),
        difficulty=raw.get("difficulty", ""),
        difficulty_options=_options(raw.get("difficulty_options", {})),
        low_anchor=raw.get("low_anchor", ""),
        high_anchor=raw.get("high_anchor", ""),
        source=raw["source"],
        licence=raw["licence"],
        item_options={
            item: _options(options) for item, options in raw.get("item_options", {}).items()
        },
        item_anchors={
            item: (ends["low"], ends["high"]) for item, ends in raw.get("item_anchors", {}).items()
        },
    )


def _options(raw: dict[str, str]) -> tuple[tuple[int, str], ...]:
    """In the order of the answers: a JSON store may give the keys back in another one."""
    return tuple(sorted((int(value), words) for value, words in raw.items()))
