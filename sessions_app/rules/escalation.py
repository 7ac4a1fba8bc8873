"""After how long the next person is called about an alert. No Django, no database.

A high alert climbs a ladder, in rounds. Minutes count from when the round was armed:

    first     0   the front desk, and who owns the alert; nobody owns it: everybody on call
    repeat    5   the same again
    on_call  10   everybody on call
    lead     20   the clinic's leads

* Somebody took it, was handed it, stood at the chair, or logged a call: the ladder's clock stands
  still for 15 minutes, then it goes on, until the alert is closed.
* Whoever it was handed to is called at once, besides the rounds.
* A call that nobody answered ends the round; the next one is armed 10 minutes after the call.
* A whole round passed and the alert is still open: the next one is armed by itself 10 minutes of
  the ladder's clock after the last step, at most twice, and again when somebody took it after
  that. A ladder that just ended would leave a cry for help lying; one that never ended would
  teach people to switch it off.
* An alarm at a chair is the nurse's who stands there, and every staff screen shows it: its ladder
  has only the steps on_call and lead, or only lead when it is medium.

A medium alert goes to the front desk when the clinic is open, at once or else when it opens, and
to the lead when nobody did anything about it in 120 minutes of opening time. A low one calls
nobody. All of it is a design default; a clinic's own minutes replace it, with their version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

StepName = Literal["first", "repeat", "on_call", "lead", "handed_over"]
Span = tuple[datetime, datetime]

# So often the ladder is armed by itself after a round that nobody ended.
ROUNDS_BY_ITSELF = 2


@dataclass(frozen=True)
class Escalation:
    """The minutes of a ladder, and where they come from. Columns of EscalationVersion."""

    version: str = "escalation-1"
    source: str = "design-default"
    repeat_min: int = 5
    on_call_min: int = 10
    lead_min: int = 20
    quiet_after_taken_min: int = 15
    rearm_no_answer_min: int = 10
    medium_lead_min: int = 120


SHIPPED = Escalation()


@dataclass(frozen=True)
class Happened:
    """Something done about the alert: an AlertEvent's kind, instant and result of a call."""

    kind: str
    at: datetime
    call_result: str = ""


@dataclass(frozen=True)
class Step:
    """Whom to call, in which round, and when."""

    name: StepName
    round: int
    due_at: datetime


def ladder(
    level: str,
    raised_at: datetime,
    events: Iterable[Happened],
    settings: Escalation = SHIPPED,
    *,
    at_chair: bool = False,
    open_spans: Sequence[Span] = (),
) -> list[Step]:
    """Every step of the alert, past and to come, by due time, if nothing more is done about it.

    `events` in any order; those already there never move a step that was due before them.
    `open_spans`: when the clinic is open from `raised_at` on, in order; for a medium alert.
    """
    done = sorted(events, key=lambda event: event.at)
    if level == "high":
        steps = [*_high(raised_at, done, settings, at_chair), *_handed_over(done)]
    elif level == "medium":
        steps = _medium(raised_at, done, settings, open_spans)
        # At a chair the desk has nothing to add: the nurse stands there.
        steps = [step for step in steps if step.name == "lead" or not at_chair]
    else:
        steps = []
    closed_at = next((event.at for event in done if event.kind == "closed"), None)
    kept = [step for step in steps if closed_at is None or step.due_at < closed_at]
    return sorted(kept, key=lambda step: step.due_at)


def due_steps(steps: Iterable[Step], at: datetime) -> list[Step]:
    """What must have been called by `at`: of each step the newest that is due.

    After a standstill of the server an older round is not made up for: the newer one calls the
    same people.
    """
    newest: dict[StepName, Step] = {}
    for step in steps:
        if step.due_at <= at:
            newest[step.name] = step
    return sorted(newest.values(), key=lambda step: step.due_at)


def next_step(steps: Iterable[Step], at: datetime) -> Step | None:
    """What happens next if nobody does anything; None: nobody else is called."""
    return next((step for step in steps if step.due_at > at), None)


def quiet_until(events: Iterable[Happened], settings: Escalation, at: datetime) -> datetime | None:
    """Until when nobody is called because somebody has it in hand; None: no such pause at `at`."""
    ends = [end for start, end in _pauses(events, settings) if start <= at < end]
    return max(ends, default=None)


def _high(
    raised_at: datetime, events: Sequence[Happened], settings: Escalation, at_chair: bool
) -> list[Step]:
    offsets: list[tuple[StepName, int]] = [
        ("first", 0),
        ("repeat", settings.repeat_min),
        ("on_call", settings.on_call_min),
        ("lead", settings.lead_min),
    ]
    offsets = offsets[2:] if at_chair else offsets
    steps: list[Step] = []
    armed, since = raised_at, raised_at
    unanswered = [event.at for event in events if _is_unanswered(event)]
    for until in [*unanswered, None]:
        # Only what was done after the last unanswered call: the new round is its answer.
        pauses = _pauses((event for event in events if event.at >= since), settings)
        number = steps[-1].round + 1 if steps else 0
        for start, passed in _rounds(armed, pauses, settings):
            dues = [
                (name, _running(start, passed + timedelta(minutes=minutes), pauses))
                for name, minutes in offsets
            ]
            kept = [Step(name, number, due) for name, due in dues if until is None or due < until]
            steps += kept
            number += bool(kept)
        if until is not None:
            armed, since = until + timedelta(minutes=settings.rearm_no_answer_min), until
    return steps


def _rounds(
    armed: datetime, pauses: Sequence[Span], settings: Escalation
) -> Iterator[tuple[datetime, timedelta]]:
    """When each round is armed: an instant, and how long the ladder's clock ran since then.

    Somebody who took it after the last round, and did not close it, arms it once more.
    """
    lead = timedelta(minutes=settings.lead_min)
    again = lead + timedelta(minutes=settings.rearm_no_answer_min)
    while True:
        for by_itself in range(1 + ROUNDS_BY_ITSELF):
            yield armed, again * by_itself
        ended = _running(armed, again * ROUNDS_BY_ITSELF + lead, pauses)
        taken_after = next((start for start, _end in pauses if start >= ended), None)
        if taken_after is None:
            return
        armed = taken_after


def _handed_over(events: Sequence[Happened]) -> list[Step]:
    """Who gets it hears of it at once: the pause that begins then must not be one of silence."""
    handed = [event.at for event in events if event.kind == "handed_over"]
    return [Step("handed_over", number, at) for number, at in enumerate(handed)]


def _medium(
    raised_at: datetime, events: Sequence[Happened], settings: Escalation, spans: Sequence[Span]
) -> list[Step]:
    steps: list[Step] = []
    left = timedelta(minutes=settings.medium_lead_min)
    for opens, closes in spans:
        start = max(opens, raised_at)
        if start >= closes:
            continue
        if not steps:
            steps.append(Step("first", 0, start))
        if start + left < closes:
            steps.append(Step("lead", 0, start + left))
            break
        left -= closes - start
    # The lead hears of what nobody took; whatever was done first is somebody's.
    done = min((event.at for event in events), default=None)
    return [step for step in steps if step.name == "first" or done is None or step.due_at < done]


def _is_unanswered(event: Happened) -> bool:
    return event.kind == "called" and event.call_result == "no_answer"


def _pauses(events: Iterable[Happened], settings: Escalation) -> list[Span]:
    """When the ladder's clock stands still, in order, overlapping ones joined."""
    quiet = timedelta(minutes=settings.quiet_after_taken_min)
    pauses: list[Span] = []
    for event in sorted(events, key=lambda each: each.at):
        if event.kind == "closed" or _is_unanswered(event):
            continue
        start, end = event.at, event.at + quiet
        if pauses and start <= pauses[-1][1]:
            start, end = pauses[-1][0], max(end, pauses.pop()[1])
        pauses.append((start, end))
    return pauses


def _running(armed: datetime, after: timedelta, pauses: Sequence[Span]) -> datetime:
    """The instant at which the ladder's clock, begun at `armed`, has run for `after`."""
    at = armed
    for start, end in pauses:
        if end <= at:
            continue
        runs = max(start - at, timedelta(0))
        # A step that falls on the very start of a pause is due before it, unless it begins there.
        if after <= runs and runs > timedelta(0):
            return at + after
        after -= runs
        at = end
    return at + after
