"""Where a patient stands in the long-term watch: what is due, the last results, what was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.models import (
    DoseEvent,
    InstrumentScore,
    Patient,
    Prescription,
    Staff,
    TreatmentSession,
    WatchCheck,
    WatchStrike,
)
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules.long_term_watch import ITEMS, Standing, Watch, standing

ITEM_OF_SCALE = {item.scale: item.code for item in ITEMS.values() if item.scale}


@dataclass(frozen=True)
class Look:
    """Somebody looked at an item, or a questionnaire about it was scored. `result` is in words,
    "" when there is only a score; `by` is None when the patient's answers made the score.

    `score` is what stands now: a correction's, None when it was taken back; of a struck look the
    last one that there was. `check_id` is None for a score that came without a look.
    """

    item: str
    at: datetime
    result: str
    score: Decimal | None
    by: Staff | None
    check_id: UUID | None = None
    strike: WatchStrike | None = None

    @property
    def stands(self) -> bool:
        """Whether it says when the item is due: nobody struck it, and something was found."""
        return self.strike is None and (self.score is not None or self.result != "")


@dataclass(frozen=True)
class Line:
    """One watched item: where it is, the last look that stands, whether it is due now."""

    standing: Standing
    last: Look | None
    is_due: bool

    @property
    def item(self) -> str:
        return self.standing.watch.item


@dataclass(frozen=True)
class Given:
    """What a patient was given of one drug. `mg` sums what is known; `unknown` counts the doses
    without a recorded amount, which are in no sum.
    """

    drug: str
    doses: int
    mg: Decimal
    unknown: int


@dataclass(frozen=True)
class PatientWatch:
    """`route` is that of the last dose, or of the prescription before the first one; "" when there
    is neither, and then nothing is watched yet.
    """

    route: str
    lines: tuple[Line, ...]
    looks: tuple[Look, ...]
    given: tuple[Given, ...]

    @property
    def doses(self) -> int:
        return sum(each.doses for each in self.given)

    @property
    def due(self) -> list[Line]:
        return [line for line in self.lines if line.is_due]


def watch_of(patient: Patient, at: datetime) -> PatientWatch:
    """The patient's watch at an instant, by what the clinic's protocol of the route asks today."""
    events = DoseEvent.objects.standing().order_by("taken_at", "recorded_at", "id")
    with_events = Prefetch("dose_events", events, to_attr="loaded_dose_events")
    sessions = list(_dosed(patient, at).prefetch_related(with_events))
    route, looks = _watched_route(patient, sessions), _looks_of(patient, at)
    lines = _lines(patient, route, sessions, looks, at)
    return PatientWatch(route, lines, tuple(looks), tuple(_given(sessions)))


def watched_lines(patient: Patient, at: datetime) -> tuple[tuple[Line, ...], datetime | None]:
    """The lines alone, and when the last dose was given."""
    sessions = list(_dosed(patient, at))
    route = _watched_route(patient, sessions)
    lines = _lines(patient, route, sessions, _looks_of(patient, at), at)
    return lines, sessions[-1].dose_started_at if sessions else None


def _lines(
    patient: Patient,
    route: str,
    sessions: Iterable[TreatmentSession],
    looks: Sequence[Look],
    at: datetime,
) -> tuple[Line, ...]:
    """What the protocol of the route asks today; none without a route."""
    watches = protocol_in_force(patient.clinic_id, route).watches if route else ()
    doses = [dose for session in sessions if (dose := session.dose_started_at) is not None]
    return tuple(_line(watch, doses, looks, at) for watch in watches)


def _line(watch: Watch, doses: Sequence[datetime], looks: Iterable[Look], at: datetime) -> Line:
    """One item among its looks, newest first."""
    last = next((look for look in looks if look.item == watch.item and look.stands), None)
    stands = standing(watch, doses, last.at if last else None)
    return Line(stands, last, stands.is_due(at))


def _watched_route(patient: Patient, sessions: Sequence[TreatmentSession]) -> str:
    """The route of the last of these doses, else of the newest prescription, else ""."""
    if sessions:
        return sessions[-1].route
    orders = Prescription.objects.filter(course__patient=patient).order_by("-prescribed_at", "-id")
    return orders.values_list("route", flat=True).first() or ""


def _looks_of(patient: Patient, at: datetime) -> list[Look]:
    """Every look up to `at`, newest first, struck ones too. A score that was entered with a check
    stands there, with its corrections.
    """
    scores = {row.pk: row for row in _scores(patient)}
    later = {row.replaces_id: row.pk for row in scores.values() if row.replaces_id is not None}
    looks, told = [], set(later)
    checks = WatchCheck.objects.filter(patient=patient, checked_at__lte=at)
    for check in checks.select_related("recorded_by", "strike__struck_by"):
        chain = list(_chain(check.score_id, later))
        looks.append(_look(check, [scores[pk].score for pk in chain]))
        told |= set(chain)
    looks += [
        Look(ITEM_OF_SCALE[row.instrument], row.taken_at, "", row.score, row.check_in.entered_by)
        for row in scores.values()
        if row.pk not in told and row.score is not None and row.taken_at <= at
    ]
    return sorted(looks, key=lambda look: look.at, reverse=True)


def _look(check: WatchCheck, values: Sequence[Decimal | None]) -> Look:
    """A check with its score: `values` are that score and what replaced it, in order."""
    strike: WatchStrike | None = getattr(check, "strike", None)
    if strike is not None:
        values = [value for value in values if value is not None]
    score = values[-1] if values else None
    by, at = check.recorded_by, check.checked_at
    return Look(check.item, at, check.result, score, by, check.pk, strike)


def _chain(first: UUID | None, later: Mapping[UUID, UUID]) -> Iterator[UUID]:
    """A score and what replaced it, one after the other."""
    while first is not None:
        yield first
        first = later.get(first)


def _scores(patient: Patient) -> Iterable[InstrumentScore]:
    """Every score that counts as a look, replaced ones too."""
    rows = InstrumentScore.objects.filter(patient=patient, instrument__in=ITEM_OF_SCALE)
    return rows.select_related("check_in__entered_by")


def _dosed(patient: Patient, at: datetime) -> QuerySet[TreatmentSession]:
    """The sessions with a dose up to `at`, by time."""
    rows = TreatmentSession.objects.really_theirs()
    return rows.filter(patient=patient, dose_started_at__lte=at).order_by("dose_started_at", "id")


def _given(sessions: Iterable[TreatmentSession]) -> list[Given]:
    found: dict[str, list[Decimal | None]] = {}
    for session in sessions:
        found.setdefault(session.drug, []).append(dose_given_mg(session))
    return [
        Given(
            drug,
            len(amounts),
            sum((mg for mg in amounts if mg is not None), Decimal(0)),
            amounts.count(None),
        )
        for drug, amounts in found.items()
    ]
