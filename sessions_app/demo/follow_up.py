"""Who is on call in the invented clinics, and what long treatment was watched for there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sessions_app.actions.rota import add_shifts
from sessions_app.actions.watch import record_watch_check
from sessions_app.demo.clinics import Team
from sessions_app.models import OnCallShift, Patient
from sessions_app.rules.long_term_watch import ITEMS

ROTA_WEEKS = 3  # of the four that the page shows: the last one has gaps to fill
LOOK_EVERY_DAYS = 84
NEVER_LOOKED, LEFT_OVERDUE = 7, 3  # index modulo 20
SCORED = 3  # every so many patients have scores at the baseline


def fill_rota(team: Team, now: datetime) -> None:
    """Afterwards somebody is on call in each hour when the clinic is closed, for three weeks.

    A rota that a visitor or an earlier run left stays as it is.
    """
    if OnCallShift.objects.filter(clinic=team.clinic, ends_at__gt=now).exists():
        return
    people = (team.physician, team.nurse, team.second, team.nurse)
    for number, (start, end) in enumerate(_closed(team, now)):
        add_shifts(
            by=team.lead,
            staff=people[number % len(people)],
            starts_at=start,
            ends_at=end,
            weeks=ROTA_WEEKS,
            clock=lambda: now,
        )


def _closed(team: Team, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The seven days from today on: from closing to opening, the weekend in one."""
    clinic = team.clinic
    zone = ZoneInfo(clinic.time_zone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=number) for number in range(-3, 12)]
    opened = [day for day in days if str(day.isoweekday()) in clinic.open_days]
    for day, following in zip(opened, opened[1:], strict=False):
        start = datetime.combine(day, clinic.closes_at, zone)
        end = datetime.combine(following, clinic.opens_at, zone)
        if now < end <= now + timedelta(days=7):
            yield start, end


def look_at(
    team: Team, patient: Patient, index: int, came: datetime, days: Sequence[date], seed: str
) -> None:
    """Afterwards the patient's baseline stands, and a look every twelve weeks of treatment.

    One in twenty was never looked at, and one in twenty not again at liver and memory.
    """
    rng = random.Random(f"{seed} looks")
    if index % 20 == NEVER_LOOKED:
        return
    _look(team, patient, came + timedelta(hours=1), rng, scored=index % SCORED == 0)
    items = ("bladder", "craving") if index % 20 == LEFT_OVERDUE else tuple(ITEMS)
    day = came.date() + timedelta(days=LOOK_EVERY_DAYS)
    while day <= days[-1]:
        at = datetime.combine(day, time(15, 30), came.tzinfo)
        _look(team, patient, at, rng, items=items)
        day += timedelta(days=LOOK_EVERY_DAYS)


def _look(
    team: Team,
    patient: Patient,
    at: datetime,
    rng: random.Random,
    *,
    items: Iterable[str] = ITEMS,
    scored: bool = False,
) -> None:
    scores = {"bladder": rng.choice((0, 1, 2, 2, 3, 5)), "craving": rng.choice((0, 0, 0, 5, 10))}
    words = {
        "bladder": "No pain, no blood; urinalysis clear",
        "cognition": f"MoCA {rng.randint(26, 30)} of 30",
        "craving": "No wish for it between the visits",
        "liver": "ALT, AST and GGT within their limits",
    }
    for item in items:
        score = Decimal(scores[item]) if scored and item in scores else None
        record_watch_check(
            by=team.nurse,
            patient=patient,
            item=item,
            result=words[item],
            score=score,
            write_key=None,
            clock=lambda: at,
        )
