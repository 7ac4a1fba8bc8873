"""The rows behind an analysis: the sessions that the filter asks for, and what they were asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from reports import derived, frames
from reports.columns import read_columns
from reports.dashboards.filters import AGE_BANDS, OutcomeFilter
from reports.dashboards.outcome_groups import dose_bands, first_of_each, session_bands
from sessions_app.instruments_of import versions_alike
from sessions_app.models import CheckInRequest, TreatmentSession

if TYPE_CHECKING:
    import pandas as pd

    from reports.relief_report import Observed
    from reports.response_rule import ResponseRule
    from sessions_app.models.checkins import ScoreQuerySet

OLDEST = 200  # years; nobody is older


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


def requests_of(clinic_id: UUID, sessions: pd.Series[str]) -> dict[str, int]:
    """Check-ins of these sessions whose window has closed: how many were asked and answered.

    One query, which gives a row a session.
    """
    closed = CheckInRequest.objects.filter(
        clinic_id=clinic_id,
        session__isnull=False,
        cancelled_at=None,
        closes_at__lte=timezone.now(),
    ).order_by()
    of_each = closed.annotate(of=Cast("session_id", CharField(max_length=36))).values("of")
    rows = read_columns(
        of_each.annotate(asked=Count("pk"), answered=Count("check_in")),
        {"of": "key", "asked": "int", "answered": "int"},
        through_adbc=len(sessions) > derived.MANY,
    )
    # SQLite keeps an id without its hyphens.
    own = rows[_plain(rows["of"]).isin(_plain(sessions))]
    return {"asked": int(own["asked"].sum()), "answered": int(own["answered"].sum())}


def _plain(ids: pd.Series[str]) -> pd.Series[str]:
    return ids.astype("str").str.replace("-", "", regex=False)
