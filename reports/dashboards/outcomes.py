"""Outcomes of a clinic's sessions: one object for the page, the JSON and the CSV."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.utils import timezone

from reports import derived, frames
from reports.dashboards import intervals_ahead
from reports.dashboards.filters import AGE_BANDS, OutcomeFilter
from reports.dashboards.outcome_groups import (
    dose_bands,
    first_of_each,
    groups_of,
    session_bands,
)
from sessions_app.instruments_of import versions_alike
from sessions_app.models import CheckInRequest, Clinic, RecordVersion, Staff, TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

if TYPE_CHECKING:
    import pandas as pd

    from reports.relief_report import Observed
    from reports.response_rule import ResponseRule
    from sessions_app.models.checkins import ScoreQuerySet

# A check-in can become overdue without any change of a record.
KEPT_SECONDS = 900
HOURS_PER_DAY = 24
OLDEST = 200  # years; nobody is older


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
    """The analysis of the person's own clinic. Repeated looks at unchanged data compute nothing.

    A large one is computed once in a quarter of an hour, whatever changes; it says as of when.
    """
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    own = "" if chosen.own is None else chosen.own.version
    asked = f"{user.clinic_id}|{chosen.query()}|{own}|{minimum}"
    large: Outcomes | None = cache.get(_key(f"{asked}|large"))
    if large is not None:
        return large
    version = RecordVersion.objects.filter(patient__clinic_id=user.clinic_id).aggregate(
        sum=Sum("version")
    )["sum"]
    allowed = visible_to(user, TreatmentSession, Deed.SEE_OUTCOMES)
    key = _key(f"{asked}|{version or 0}")
    found: Outcomes | None = cache.get(key)
    if found is None:
        found = compute(allowed, user.clinic.time_zone, user.clinic_id, chosen, key)
        is_large = found.numbers.get("sessions", 0) > intervals_ahead.MOST_SESSIONS
        cache.set(_key(f"{asked}|large") if is_large else key, found, KEPT_SECONDS)
    return found


def _key(words: str) -> str:
    return f"outcomes-{sha256(words.encode()).hexdigest()}"


@dataclass(frozen=True)
class Selection:
    """The rows behind one analysis, for its numbers and for the files that carry them.

    `sessions` and `facts` hold every treatment of the clinic, `everything` the episodes of all
    treatments, `episodes` those asked for. `kept`: where they come from columns that are kept.
    """

    sessions: pd.DataFrame
    facts: pd.DataFrame
    everything: pd.DataFrame
    episodes: pd.DataFrame
    quality: dict[str, int]
    left_out: frames.LeftOut
    rule: ResponseRule
    scores: ScoreQuerySet
    kept: derived.Kept | None

    @cached_property
    def check_ins(self) -> pd.DataFrame:
        """Every score of the instrument; one query at the first look."""
        return frames.check_ins_frame(self.scores)

    def changes(self) -> pd.DataFrame:
        """Points by which severity fell, as `changes_after` has them."""
        from reports.mood_change import changes_after

        if self.kept is not None:
            return self.kept.changes
        return changes_after(self.sessions, self.check_ins, self.rule)

    def through(self) -> Observed | None:
        """Relief under the whole course, as `whole_course_relief` has it."""
        from reports.treatment_policy import whole_course_relief

        if self.kept is not None:
            return self.kept.through
        return whole_course_relief(self.sessions, self.check_ins, self.rule)

    def described(self) -> pd.DataFrame:
        """The episodes with session_start and the facts of their sessions; the same index."""
        starts = self.sessions[["session_id", "session_start"]]
        rows = self.episodes.merge(self.facts, on="session_id", how="left")
        rows = rows.merge(starts, on="session_id", how="left")
        return rows.set_axis(self.episodes.index)


def selected(
    sessions: QuerySet[TreatmentSession], zone: str, clinic_id: UUID, chosen: OutcomeFilter
) -> Selection:
    """The rows of the analysis, a fixed number of queries; one more with an age.

    By the definitions that ship with an instrument they come from kept columns; what a patient's
    record has gained since these were made is made first.
    """
    from reports.episodes import derive_counted

    rule = chosen.rule()
    rows = frames.scores_of(clinic_id, rule.instrument)
    kept = None
    if chosen.own is not None:
        rows = rows.filter(instrument_version__in=versions_alike(clinic_id, chosen.own))
    elif derived.is_kept(rule):
        derived.refresh(clinic_id, rule)
        kept = derived.kept(clinic_id, rule)
    # From every session of the clinic first: the next dose ends a follow-up and the first one
    # sets the baseline, whether or not the filter asks for them.
    if kept is None:
        frame, left_out = frames.counted_sessions(sessions)  # type: ignore[arg-type]
        facts = frames.session_facts(sessions)  # type: ignore[arg-type]
        scores = frames.check_ins_frame(rows)
        everything, quality = derive_counted(frame, scores, rule)
        noticed = vars(quality)
    else:
        frame, facts, everything = kept.sessions, kept.facts, kept.episodes
        left_out, noticed = kept.left_out, kept.quality
    rows_of = frame.merge(facts, on="session_id")
    if chosen.age:
        births = frames.birth_dates(sessions)  # type: ignore[arg-type]
        rows_of = rows_of.merge(births, on="patient_id", how="left")
    wanted = select(rows_of, chosen, zone)["session_id"]
    episodes = everything[everything["session_id"].isin(wanted)]
    if chosen.sessions:
        episodes = episodes[session_bands(episodes["session_no"]) == chosen.sessions]
    if chosen.first_only:
        episodes = first_of_each(episodes)
    found = Selection(frame, facts, everything, episodes, noticed, left_out, rule, rows, kept)
    if kept is None:
        vars(found)["check_ins"] = scores
    return found


def compute(
    sessions: QuerySet[TreatmentSession],
    zone: str,
    clinic_id: UUID,
    chosen: OutcomeFilter,
    fingerprint: str,
    *,
    ahead: bool = False,
) -> Outcomes:
    """The analysis from the rows, six queries whatever their number.

    A large one has the intervals by resampling that were computed ahead; `ahead` computes them.
    """
    from reports.dashboards import outcome_numbers

    rule = chosen.rule()
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    found = selected(sessions, zone, clinic_id, chosen)
    episodes, own = found.episodes, found.described()
    group = groups_of(own, chosen.compare)
    is_large = len(episodes) > intervals_ahead.MOST_SESSIONS
    replicates = 0 if is_large and not ahead else outcome_numbers.REPLICATES
    numbers = outcome_numbers.numbers_of(
        episodes, found.sessions, group, minimum=minimum, replicates=replicates
    )
    shown = not numbers["suppressed"]
    if shown:
        numbers |= further_numbers(found, own, group, zone, minimum, replicates)
        if is_large and ahead:
            intervals_ahead.keep_intervals(clinic_id, chosen, numbers)
        elif is_large:
            numbers["replicates"] = outcome_numbers.REPLICATES
            intervals_ahead.put_intervals(clinic_id, chosen, numbers)
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
    people = own[["session_id", "patient_id"]].assign(group=group)
    changes = people.merge(found.changes(), on="session_id", how="inner")
    day = own["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.date
    return {
        "mood": outcome_trends.mood_block(
            changes, changes["group"], minimum, rule.recall_days * HOURS_PER_DAY
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
    """Keeps the intervals of a large analysis for the pages; whether it is a large one."""
    sessions = TreatmentSession.objects.filter(clinic=clinic)
    found = compute(sessions, clinic.time_zone, clinic.pk, chosen, "", ahead=True)
    return found.is_shown and found.numbers["sessions"] > intervals_ahead.MOST_SESSIONS


def select(rows: pd.DataFrame, chosen: OutcomeFilter, zone: str) -> pd.DataFrame:
    """The rows that the filter asks for, but for the session number. Days are clinic days.

    `rows` holds birth_date, a date or None, if the filter has an age.
    """
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
    if chosen.dose:
        keep &= dose_bands(rows) == chosen.dose
    if chosen.age:
        low, high = AGE_BANDS[chosen.age]
        years = ages(rows["birth_date"], day)
        keep &= (years >= low) & (years <= (OLDEST if high is None else high))
    return rows[keep]


def ages(born: pd.Series[Any], day: pd.Series[Any]) -> pd.Series[Any]:
    """Completed years of life on each day; NaN where the birth date is not known."""
    import pandas as pd

    birth, at = pd.to_datetime(born), pd.to_datetime(day)
    early = at.dt.month * 100 + at.dt.day < birth.dt.month * 100 + birth.dt.day
    return at.dt.year - birth.dt.year - early


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
