"""What an alert is about, how it may end, and when calls have failed. No Django, no database.

An alarm at the chair is about a value or an effect in a session; a cry is an answer or a fall in
mood that somebody must speak with the patient about; the others are work to do this week. Which
outcomes are offered is a design default: an alert ends in the words of its own kind, so that
"back in range" never closes a cry for help.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["chair", "cry", "missed", "watch"]
LEVELS = ("low", "medium", "high")  # rising
ASKED_BEFORE_DOSE = "suicidal_thoughts_before_dose"  # raised at the start gate, before a session

# What is raised at a chair, about a value, an effect or a dose. Whatever else is not work for this
# week is a cry: a code that nobody listed here gets the more careful treatment.
CHAIR_ENDINGS = ("_high", "_low", "_rise")
CHAIR_CODES = frozenset({"device_rest_short", "dose_above_plan", "weight_changed_much"})
EFFECTS = "effect_"
IN_ERROR = "entered_in_error"
OUTCOMES: dict[Kind, tuple[str, ...]] = {
    "chair": ("seen_at_chair", "back_in_range", "followed_up", "emergency_called", IN_ERROR),
    "cry": ("spoke_safe", "spoke_plan", "emergency_called", "welfare_check", IN_ERROR),
    "missed": ("followed_up", "not_needed", IN_ERROR),
    "watch": ("followed_up", "not_needed", IN_ERROR),
}
# After so many calls in a row that reached nobody, somebody is sent to look.
FAILED_CALLS = 2


@dataclass(frozen=True)
class Call:
    """One logged call: whether somebody was reached. `result` is a CALL_RESULTS code or ""."""

    result: str


def kind_of(code: str) -> Kind:
    """What an alert with this code is about."""
    if code == "check_in_missed":
        return "missed"
    if code == "watch_due":
        return "watch"
    is_chair = code in CHAIR_CODES or code.endswith(CHAIR_ENDINGS) or code.startswith(EFFECTS)
    return "chair" if is_chair else "cry"


def outcomes_for(code: str, level: str) -> tuple[str, ...]:
    """The outcomes that may close an alert, in the order offered.

    A cry that is not high may also end by a follow-up: a fall in mood, talked over at a visit.
    """
    offered = OUTCOMES[kind_of(code)]
    if kind_of(code) == "cry" and level != "high":
        return (*offered[:-1], "followed_up", IN_ERROR)
    return offered


def failed_calls(calls: Iterable[Call]) -> int:
    """How many of the last calls, in order of time, reached nobody, one after the other.

    A message left is no person reached. A call noted without a result counts for neither.
    """
    failed = 0
    for call in calls:
        if call.result == "reached":
            failed = 0
        elif call.result:
            failed += 1
    return failed


def needs_welfare_check(code: str, calls: Iterable[Call]) -> bool:
    """Whether somebody should be sent to look: a cry, and two calls in a row reached nobody."""
    return kind_of(code) == "cry" and failed_calls(calls) >= FAILED_CALLS
