"""When a patient is asked after a dose, and what: the shipped schedule and its windows.

Times count from the start of the dose. All of it is a default and not advice; a clinic's own
protocol replaces it, with its version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

INDICATIONS = ("depression", "chronic_pain")
WEEKS_AHEAD = 12
QUESTIONNAIRE_EVERY_DAYS = 14  # the recall period of both
QUESTIONNAIRES = ("phq9", "gad7")
MOOD = "mood_0_10"
COMPARED = "compared_before"
PAIN = "pain_0_10"
STILL_BOTHERING = "still_bothering"
THOUGHTS = "thoughts"
# One question each, asked every time, in this order; the longer questionnaires come after them.
DAILY = (MOOD, COMPARED, PAIN, STILL_BOTHERING, THOUGHTS)
# What only one indication is asked; pain is added where a window does not name it.
ONLY_FOR = {STILL_BOTHERING: "depression", "peg": "chronic_pain"}
LATER_HALF_WIDTH = timedelta(days=1, hours=12)
HOURS_A_DAY = 24
# After a window closed. The phone keeps its cookie that long: its answers from within the window
# are still taken, and it still shows the person's own progress.
PHONE_STAYS = timedelta(days=7)
LATEST_SAME_DAY_HOURS = 12


@dataclass(frozen=True)
class Window:
    """When one check-in is asked for. Times count from the start of the dose; negative is before.

    Open from `opens` up to, not including, `closes`. `instruments` are codes in the order asked,
    for every indication; `for_indication` picks those of one.
    """

    slot: str
    due: timedelta
    opens: timedelta
    closes: timedelta
    instruments: tuple[str, ...]

    def is_open(self, since_dose: timedelta) -> bool:
        """Whether an answer given this long after the dose belongs to this window."""
        return self.opens <= since_dose < self.closes


def slot_of(due_hours: int) -> str:
    """The name of a window by its due time: "2h", "24h", and from two whole days on "3d"."""
    days, rest = divmod(due_hours, HOURS_A_DAY)
    return f"{days}d" if days >= 2 and not rest else f"{due_hours}h"


def is_same_day(slot: str) -> bool:
    """Whether a window of this name is due before the night after the dose."""
    hours = slot.removesuffix("h")
    return hours != slot and hours.isdecimal() and int(hours) <= LATEST_SAME_DAY_HOURS


def window(
    due_hours: int, opens_hours: int, closes_hours: int, instruments: tuple[str, ...]
) -> Window:
    """A window after the dose, named by when it is due."""
    due, opens, closes = (timedelta(hours=h) for h in (due_hours, opens_hours, closes_hours))
    return Window(slot_of(due_hours), due, opens, closes, instruments)


def whole_hours(span: timedelta) -> int:
    """The span in hours, a broken hour left out."""
    return span // timedelta(hours=1)


def _weekly(day: int) -> Window:
    due = timedelta(days=day)
    fortnightly = QUESTIONNAIRES if day % QUESTIONNAIRE_EVERY_DAYS == 0 else ()
    asked = (MOOD, COMPARED, THOUGHTS, "peg", *fortnightly)
    return Window(f"{day}d", due, due - LATER_HALF_WIDTH, due + LATER_HALF_WIDTH, asked)


# On arrival, before the dose; the slot is filled in the waiting room of the next session.
PRE_WINDOW = Window(
    "pre", timedelta(minutes=-30), timedelta(hours=-12), timedelta(0), (MOOD, *QUESTIONNAIRES)
)

# Later than one week each window is 3 days wide and 7 days apart, so none can overlap.
CHECK_IN_WINDOWS: tuple[Window, ...] = (
    window(2, 1, 6, (MOOD, COMPARED, STILL_BOTHERING, THOUGHTS)),
    window(24, 18, 36, (MOOD, COMPARED, STILL_BOTHERING, THOUGHTS)),
    window(72, 60, 96, (MOOD, COMPARED, THOUGHTS)),
    window(168, 144, 192, (MOOD, COMPARED, THOUGHTS, "peg")),
    *(_weekly(7 * week) for week in range(2, WEEKS_AHEAD + 1)),
)


def for_indication(asked: Window, indication: str) -> Window:
    """The window with the instruments of one indication; an unknown indication: ValueError.

    Pain is asked of everybody who is treated for it, as soon after mood as the window allows.
    """
    if indication not in INDICATIONS:
        raise ValueError(f"no protocol for {indication}")
    codes = [code for code in asked.instruments if ONLY_FOR.get(code, indication) == indication]
    if indication == "chronic_pain" and PAIN not in codes:
        codes.insert(2 if COMPARED in codes[:2] else 1, PAIN)
    return replace(asked, instruments=tuple(codes))


def pre_dose_instruments(
    indication: str, since_questionnaires: timedelta | None = None
) -> tuple[str, ...]:
    """What to ask on arrival. PHQ-9 and GAD-7 look back two weeks, so not again within them.

    `since_questionnaires`: time since they were last answered, None for never.
    """
    asked = for_indication(PRE_WINDOW, indication).instruments
    if since_questionnaires is None:
        return asked
    if since_questionnaires >= timedelta(days=QUESTIONNAIRE_EVERY_DAYS):
        return asked
    return tuple(code for code in asked if code not in QUESTIONNAIRES)
