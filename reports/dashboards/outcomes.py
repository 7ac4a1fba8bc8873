"""Outcomes of a clinic's sessions: one object for the page, the JSON and the CSV."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.utils import timezone

from reports import frames
from reports.dashboards.filters import SESSION_BANDS, OutcomeFilter
from sessions_app.instruments_of import versions_alike
from sessions_app.models import CheckInRequest, RecordVersion, Staff, TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

if TYPE_CHECKING:
    import pandas as pd

# A check-in can become overdue without any change of a record.
KEPT_SECONDS = 900


@dataclass(frozen=True)
class Outcomes:
    """One analysis. `numbers` is `outcome_numbers.numbers_of`, times in hours.

    `parameters`: every parameter of the ResponseRule. `left_out`: sessions that are no
    treatment, by reason. `check_ins`: asked, answered, and quality counts; empty when the whole
    selection is below `minimum` patients, like `numbers`. `imported_sessions`: how many of the
    sessions were recorded elsewhere; None below the minimum. `data_as_of`: when it was computed.
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
    """The analysis of the person's own clinic. Repeated looks at unchanged data compute nothing."""
    version = RecordVersion.objects.filter(patient__clinic_id=user.clinic_id).aggregate(
        sum=Sum("version")
    )["sum"]
    allowed = visible_to(user, TreatmentSession, Deed.SEE_OUTCOMES)
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    own = "" if chosen.own is None else chosen.own.version
    words = f"{user.clinic_id}|{chosen.query()}|{own}|{version or 0}|{minimum}"
    key = f"outcomes-{sha256(words.encode()).hexdigest()}"
    found: Outcomes | None = cache.get(key)
    if found is None:
        found = compute(allowed, user.clinic.time_zone, user.clinic_id, chosen, key)
        cache.set(key, found, KEPT_SECONDS)
    return found


@dataclass(frozen=True)
class Selection:
    """The rows behind one analysis, for its numbers and for the files that carry them.

    `sessions` and `facts` hold every treatment of the clinic, `check_ins` every score of the
    instrument, `episodes` those that the filter asks for.
    """

    sessions: pd.DataFrame
    facts: pd.DataFrame
    check_ins: pd.DataFrame
    episodes: pd.DataFrame
    quality: dict[str, int]
    left_out: frames.LeftOut


def selected(
    sessions: QuerySet[TreatmentSession], zone: str, clinic_id: UUID, chosen: OutcomeFilter
) -> Selection:
    """The rows of the analysis, five queries whatever their number."""
    from reports.dashboards.outcome_numbers import chosen_episodes

    rule = chosen.rule()
    frame, left_out = frames.counted_sessions(sessions)  # type: ignore[arg-type]
    facts = frames.session_facts(sessions)  # type: ignore[arg-type]
    rows = frames.scores_of(clinic_id, rule.instrument)
    if chosen.own is not None:
        rows = rows.filter(instrument_version__in=versions_alike(clinic_id, chosen.own))
    scores = frames.check_ins_frame(rows)
    wanted = select(frame.merge(facts, on="session_id"), chosen, zone)
    episodes, quality = chosen_episodes(frame, scores, rule, wanted["session_id"])
    low, high = SESSION_BANDS.get(chosen.sessions, (1, None))
    in_band = (episodes["session_no"] >= low) & (episodes["session_no"] <= (high or 10**9))
    return Selection(frame, facts, scores, episodes[in_band], quality, left_out)


def compute(
    sessions: QuerySet[TreatmentSession],
    zone: str,
    clinic_id: UUID,
    chosen: OutcomeFilter,
    fingerprint: str,
) -> Outcomes:
    """The analysis from the rows, six queries whatever their number."""
    from reports.dashboards.outcome_numbers import numbers_of

    rule = chosen.rule()
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    found = selected(sessions, zone, clinic_id, chosen)
    frame, facts, episodes = found.sessions, found.facts, found.episodes
    numbers = numbers_of(episodes, frame, minimum=minimum)
    shown = not numbers["suppressed"]
    own = facts[facts["session_id"].isin(episodes["session_id"])].merge(frame, on="session_id")
    drugs = own.groupby("route")["drug"].agg(lambda drug: sorted(set(drug))).to_dict()
    asked = requests_of(clinic_id, set(episodes["session_id"])) if shown else {}
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
        data_as_of=timezone.now(),
        fingerprint=fingerprint,
    )


def select(rows: pd.DataFrame, chosen: OutcomeFilter, zone: str) -> pd.DataFrame:
    """The rows that the filter asks for, but for the session number. Days are clinic days."""
    day = rows["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.date
    keep = rows["session_id"].notna()
    if chosen.date_from is not None:
        keep &= day >= chosen.date_from
    if chosen.date_to is not None:
        keep &= day <= chosen.date_to
    for column in ("indication", "drug", "route"):
        value = getattr(chosen, column)
        if value:
            keep &= rows[column] == value
    return rows[keep]


def requests_of(clinic_id: UUID, sessions: set[str]) -> dict[str, int]:
    """Check-ins of these sessions whose window has closed: how many were asked and answered."""
    closed = CheckInRequest.objects.filter(
        clinic_id=clinic_id,
        session__isnull=False,
        cancelled_at=None,
        closes_at__lte=timezone.now(),
    ).order_by()
    rows = closed.values_list("session_id", "check_in")
    answered = [check_in is not None for session, check_in in rows if str(session) in sessions]
    return {"asked": len(answered), "answered": sum(answered)}
