"""One question as its page shows it: words, answers, and which answers lead to help at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.checkins.check_in_steps import Step
from sessions_app.forms.check_ins import is_number
from sessions_app.instruments import thoughts

Urgency = str  # "act", "how" or "passing", see `urgency_of`


@dataclass(frozen=True)
class Choice:
    """One answer. `urgency` is empty where the answer needs no help."""

    value: int
    words: str
    urgency: Urgency


@dataclass(frozen=True)
class Question:
    """What one page asks. `low` and `high` are the worded ends of a row of numbers."""

    number: int
    of: int
    title: str
    hint: str
    language: str
    is_number: bool
    low: str
    high: str
    choices: tuple[Choice, ...]
    chosen: str | None


def urgency_of(step: Step, answer: int | None) -> Urgency:
    """How the help page speaks after this answer; "" where nobody need be called.

    "act": might act now. "how": has thought about how. "passing": anything else that a person
    must hear of today.
    """
    flags = step.flags(answer)
    if not flags:
        return ""
    if step.instrument.code == thoughts.THOUGHTS.code:
        return {thoughts.HOW: "how", thoughts.MIGHT_ACT: "act"}.get(answer or 0, "passing")
    return "act" if any(flag.level == "high" for flag in flags) else "passing"


def question_on(step: Step, chosen: object = None) -> Question:
    """The question of one page, and what stands chosen in it: an answer, or what was posted."""
    words, item = step.words, step.item.code
    low, high = words.anchors_of(item)
    numbers = is_number(step)
    return Question(
        number=step.number,
        of=step.of,
        title=step.title,
        hint=_hint(step, numbers),
        language=words.language,
        is_number=numbers,
        low=_end(step.item.minimum, low) if numbers else "",
        high=_end(step.item.maximum, high) if numbers else "",
        choices=tuple(
            Choice(value, text, urgency_of(step, value)) for value, text in words.options_of(item)
        ),
        chosen=None if chosen in (None, "") else str(chosen),
    )


def later_questions(steps: Iterable[tuple[Step, str]]) -> str:
    """The pages that follow, with their addresses, as JSON: a phone without a signal asks them."""
    return json.dumps([_plain(question_on(step), url) for step, url in steps], ensure_ascii=False)


def _plain(question: Question, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "at": question.number,
        "step": _("%(number)s of %(of)s") % {"number": question.number, "of": question.of},
        "title": question.title,
        "hint": question.hint,
        "lang": question.language,
        "numbers": question.is_number,
        "low": question.low,
        "high": question.high,
        "choices": [[one.value, one.words, one.urgency] for one in question.choices],
    }


def _hint(step: Step, numbers: bool) -> str:
    """The stem of a questionnaire, said before each of its items; else how to answer."""
    stem = step.words.stem if step.item.code in step.words.items else ""
    if stem:
        return stem
    return _("There is no right answer. Tap the number that fits best.") if numbers else ""


def _end(number: int, words: str) -> str:
    return _("%(number)s = %(words)s") % {"number": number, "words": words} if words else ""
