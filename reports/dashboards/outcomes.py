"""Outcomes of a clinic's sessions: one object for the page, the JSON and the CSV."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.utils import timezone

from reports.dashboards import intervals_ahead
from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcome_groups import groups_of
from reports.dashboards.outcome_selection import Selection, selected
from sessions_app.models import Clinic, RecordVersion, Staff, TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

if TYPE_CHECKING:
    import pandas as pd

# A check-in can become overdue without any change of a record.
KEPT_SECONDS = 900
HOURS_PER_DAY = 24
# What is written down of an analysis that is computed ahead; the rest follows from its filter.
KEPT_AHEAD = ("numbers", "drugs_by_route", "left_out", "check_ins", "imported_sessions")


@dataclass(frozen=True)
class Outcomes:
    """One analysis. `numbers` is `outcome_numbers.numbers_of`, times in hours.

    `parameters`: every parameter of the ResponseRule. `left_out`: sessions that are no
    treatment, by reason. `check_ins`: asked, answered, and quality counts; empty when the whole
    selection is below `minimum` patients, like `numbers`. `imported_sessions`: how many of the
    sessions were recorded elsewhere; None below the minimum. `data_as_of`: when the record was
    read. `is_ahead`: computed ahead, by the nightly command.
    """

    filter: OutcomeFilter
    parameters: dict[str, Any]
    numbers: dict[str, Any]
    drugs_by_route: dict[str, list[str]]
    left_out: dict[str, int]
    check_ins: dict[str, int]
    imported_sessions: int | None
    recall_days: int
    minimum: int
    data_as_of: datetime
    fingerprint: str
    is_ahead: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there are enough patients to show anything."""
        return not self.numbers["suppressed"]

    @property
    def onset_given_out(self) -> dict[str, Any]:
        """The onset for JSON and CSV, times in hours: withheld for an instrument that looks back.

        Its answers reach back before the dose, so hours and days would be made up; the page says
        it in weeks.
        """
        onset: dict[str, Any] = self.numbers["onset"]
        if self.recall_days:
            return {"suppressed": True, "reason": "looks_back", "recall_days": self.recall_days}
        return onset

    def as_json(self) -> dict[str, Any]:
        """The whole object in the types that JSON has."""
        return {
            "filter": self.filter.values(),
            "data_as_of": self.data_as_of.isoformat(),
            "minimum_patients": self.minimum,
            "parameters": self.parameters,
            "recall_days": self.recall_days,
            **self.numbers,
            **({"onset": self.onset_given_out} if self.is_shown else {}),
            "check_ins": self.check_ins,
            "left_out": self.left_out,
            "imported_sessions": self.imported_sessions,
        }


def outcomes(user: Staff, chosen: OutcomeFilter) -> Outcomes:
    """The analysis of the person's own clinic. Repeated looks at unchanged data compute nothing.

    A large one comes from what was computed ahead, unless a `fresh` one is asked for; else it is
    computed once in a quarter of an hour, whatever changes. It says as of when.
    """
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    own = "" if chosen.own is None else chosen.own.version
    asked = f"{user.clinic_id}|{chosen.analysis().query()}|{own}|{minimum}"
    large: Outcomes | None = cache.get(_key(f"{asked}|large"))
    if large is None and not chosen.fresh:
        large = kept_ahead(user.clinic, chosen)
    if large is not None:
        return replace(large, filter=chosen)
    version = RecordVersion.objects.filter(patient__clinic_id=user.clinic_id).aggregate(
        sum=Sum("version")
    )["sum"]
    allowed = visible_to(user, TreatmentSession, Deed.SEE_OUTCOMES)
    key = _key(f"{asked}|{version or 0}")
    found: Outcomes | None = cache.get(key)
    if found is None:
        found = compute(allowed, user.clinic, chosen, key)
        is_large = found.numbers.get("sessions", 0) > intervals_ahead.MOST_SESSIONS
        cache.set(_key(f"{asked}|large") if is_large else key, found, KEPT_SECONDS)
    return replace(found, filter=chosen)


def _key(words: str) -> str:
    return f"outcomes-{sha256(words.encode()).hexdigest()}"


def compute(
    sessions: QuerySet[TreatmentSession],
    clinic: Clinic,
    chosen: OutcomeFilter,
    fingerprint: str,
    *,
    ahead: bool = False,
) -> Outcomes:
    """The analysis from the rows, six queries whatever their number.

    A large one has the intervals by resampling that were computed ahead; `ahead` computes them.
    """
    from reports.dashboards import outcome_numbers

    at, zone = timezone.now(), clinic.time_zone
    rule = chosen.rule()
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    found = selected(sessions, zone, clinic.pk, chosen, numbered=True)
    episodes, own = found.episodes, found.described()
    group = groups_of(own, chosen.compare)
    is_large = len(episodes) > intervals_ahead.MOST_SESSIONS
    replicates = outcome_numbers.REPLICATES
    if is_large:
        replicates = outcome_numbers.REPLICATES_AHEAD if ahead else 0
    numbers = outcome_numbers.numbers_of(
        episodes, found.known, group, minimum=minimum, replicates=replicates
    )
    shown = not numbers["suppressed"]
    if shown:
        numbers |= further_numbers(found, own, group, zone, minimum, replicates)
        if is_large and not ahead:
            intervals_ahead.put_intervals(clinic, chosen, numbers)
    given = own.groupby(["route", "drug"], observed=True).size().reset_index()
    drugs = given.groupby("route")["drug"].agg(lambda drug: sorted(set(drug))).to_dict()
    asked = found.asked(clinic.pk) if shown else {}
    return Outcomes(
        filter=chosen,
        parameters=rule.parameters(),
        numbers=numbers,
        drugs_by_route={str(route): list(names) for route, names in drugs.items()},
        left_out=asdict(found.left_out) if shown else {},
        check_ins={**asked, **found.quality} if shown else {},
        imported_sessions=int((own["origin"] == "import").sum()) if shown else None,
        recall_days=rule.recall_days,
        minimum=minimum,
        data_as_of=at,
        fingerprint=fingerprint,
    )


def further_numbers(
    found: Selection,
    own: pd.DataFrame,
    group: pd.Series[str],
    zone: str,
    minimum: int,
    replicates: int,
) -> dict[str, Any]:
    """Mood after a dose, relief by session and quarter, the trend, and the whole-course relief."""
    from reports.dashboards import outcome_numbers, outcome_trends

    episodes, rule = found.episodes, found.rule
    changes = found.changes()
    if not changes.index.equals(own.index):
        changes = changes.loc[changes.index.intersection(own.index)]
    changes = changes.assign(patient_id=own.loc[changes.index, "patient_id"])
    day = own["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)
    return {
        "mood": outcome_trends.mood_block(
            changes, group.loc[changes.index], minimum, rule.recall_days * HOURS_PER_DAY
        ),
        "by_session": outcome_trends.by_session(episodes, group, minimum, replicates),
        "by_quarter": outcome_trends.by_quarter(
            episodes,
            outcome_trends.quarters(day),
            minimum,
            replicates,
            looks_back=rule.recall_days > 0,
        ),
        "trend": outcome_trends.trend_block(episodes, minimum),
        "whole_course": outcome_numbers.whole_course_block(
            found.through(), found.everything, episodes, minimum, replicates
        ),
    }


def compute_ahead(clinic: Clinic, chosen: OutcomeFilter) -> bool:
    """Keeps a large analysis for the pages; whether it is a large one."""
    sessions = TreatmentSession.objects.filter(clinic=clinic)
    found = compute(sessions, clinic, chosen, "", ahead=True)
    if not found.is_shown or found.numbers["sessions"] <= intervals_ahead.MOST_SESSIONS:
        return False
    analysis = {name: getattr(found, name) for name in KEPT_AHEAD}
    intervals_ahead.keep(clinic, chosen, found.data_as_of, analysis)
    return True


def kept_ahead(clinic: Clinic, chosen: OutcomeFilter) -> Outcomes | None:
    """The analysis that `compute_ahead` kept; None if nobody did, or too long ago."""
    kept = intervals_ahead.kept_today(clinic, chosen)
    if kept is None:
        return None
    rule = chosen.rule()
    return Outcomes(
        filter=chosen,
        parameters=rule.parameters(),
        recall_days=rule.recall_days,
        minimum=settings.MINIMUM_PATIENTS_DRAWN,
        data_as_of=kept.computed_at,
        fingerprint=_key(f"{kept.clinic_id}|{kept.query}|{kept.rule}|{kept.computed_at}"),
        is_ahead=True,
        **{name: kept.values[name] for name in KEPT_AHEAD},
    )
