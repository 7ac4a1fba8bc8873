"""The rows behind an analysis: the sessions that the filter asks for, and what they were asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
NONE_ASKED = {"asked": 0, "answered": 0}


@dataclass(frozen=True)
class Selection:
    """The rows behind one analysis, for its numbers and for the files that carry them.

    `sessions` and `facts` hold every treatment of the clinic, `everything` the episodes of all
    treatments, `known` sessions and facts in the order of these, `episodes` those asked for, which
    keep their index. `kept`: where they come from columns that are kept.
    """

    sessions: pd.DataFrame
    facts: pd.DataFrame
    everything: pd.DataFrame
    known: pd.DataFrame
    episodes: pd.DataFrame
    quality: dict[str, int]
    left_out: frames.LeftOut
    rule: ResponseRule
    scores: ScoreQuerySet
    kept: derived.Kept | derived.KeptNumbered | None

    @cached_property
    def check_ins(self) -> pd.DataFrame:
        """Every score of the instrument; one query at the first look."""
        return frames.check_ins_frame(self.scores)

    def changes(self) -> pd.DataFrame:
        """Points by which severity fell, as `changes_after` has them, by index of `known`."""
        import pandas as pd

        from reports.mood_change import changes_after

        if self.kept is not None:
            return self.kept.changes
        found = changes_after(self.sessions, self.check_ins, self.rule)
        return found.set_axis(pd.Index(self.known["session_id"]).get_indexer(found["session_id"]))

    def through(self) -> Observed | None:
        """Relief under the whole course, as `whole_course_relief` has it."""
        from reports.treatment_policy import whole_course_relief

        if self.kept is not None:
            return self.kept.through
        return whole_course_relief(self.sessions, self.check_ins, self.rule)

    def described(self) -> pd.DataFrame:
        """The sessions of the episodes with their facts and session_no; the same index."""
        own = self.known
        if len(self.episodes) < len(own):
            own = own.loc[self.episodes.index]
        return own.assign(session_no=self.episodes["session_no"])

    def asked(self, clinic_id: UUID) -> dict[str, int]:
        """Check-ins of these sessions whose window has closed: how many were asked and answered.

        One query, two of a large selection, and one more for the names of the sessions where these
        have not been read.
        """
        rows = requests_of(clinic_id, is_large=len(self.episodes) > derived.MANY)
        if not len(rows):
            return dict(NONE_ASKED)
        own = self.known.loc[self.episodes.index]
        is_named = "session_id" in own
        return answered_of(
            rows, own["session_id"] if is_named else derived.session_names(own["id"])
        )

    def numbered(self) -> Selection:
        """The same with numbers for patients, in the order of their ids, and codes for words.

        Numbers are compared and counted much sooner than texts. Ids of sessions stay in `known`.
        """
        import pandas as pd

        patient, _ = pd.factorize(self.everything["patient_id"])
        words = {
            name: self.everything[name].astype("category")
            for name in ("status", "relief_reason", "route")
        }
        everything = self.everything.assign(patient_id=patient, **words)
        everything = everything.drop(columns="session_id")
        of_sessions = {
            name: self.known[name].astype("category") for name in frames.FACT_COLUMNS[1:]
        }
        known = self.known.assign(patient_id=patient, route=words["route"], **of_sessions)
        episodes = everything.loc[self.episodes.index]
        made = replace(self, everything=everything, known=known, episodes=episodes)
        if "check_ins" in vars(self):
            vars(made)["check_ins"] = self.check_ins
        return made


def selected(
    sessions: QuerySet[TreatmentSession],
    zone: str,
    clinic_id: UUID,
    chosen: OutcomeFilter,
    *,
    numbered: bool = False,
) -> Selection:
    """The rows of the analysis, a fixed number of queries; one more with an age.

    By the definitions that ship with an instrument they come from kept columns; what a patient's
    record has gained since these were made is made first. `numbered`: see there, and without
    whatever no estimate reads.
    """
    from reports.episodes import derive_counted

    rule = chosen.rule()
    rows = frames.scores_of(clinic_id, rule.instrument)
    kept = None
    if chosen.own is not None:
        rows = rows.filter(instrument_version__in=versions_alike(clinic_id, chosen.own))
    elif derived.is_kept(rule):
        derived.refresh(clinic_id, rule)
        if numbered:
            return _selected_numbered(sessions, zone, clinic_id, chosen, rows)
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
    if kept is None:
        known = everything[["session_id"]].merge(frame, on="session_id", how="left")
        known = known.merge(facts, on="session_id", how="left")
    else:
        known = frame.join(facts[list(frames.FACT_COLUMNS[1:])])
    if chosen.age:
        births = frames.birth_dates(sessions)  # type: ignore[arg-type]
        known = known.merge(births, on="patient_id", how="left")
    episodes = _chosen(everything, known, chosen, zone)
    found = Selection(
        frame, facts, everything, known, episodes, noticed, left_out, rule, rows, kept
    )
    if kept is None:
        vars(found)["check_ins"] = scores
    return found.numbered() if numbered else found


def _selected_numbered(
    sessions: QuerySet[TreatmentSession],
    zone: str,
    clinic_id: UUID,
    chosen: OutcomeFilter,
    scores: ScoreQuerySet,
) -> Selection:
    """From kept columns, read as numbers. `sessions`, `facts` and `known` are one frame."""
    kept = derived.kept_numbered(clinic_id, chosen.rule())
    known = kept.sessions
    if chosen.age:
        births = frames.birth_dates(sessions).set_index("patient_id")["birth_date"]  # type: ignore[arg-type]
        of_each = births.reindex(kept.patients).to_numpy(object)
        known = known.assign(birth_date=of_each[known["patient_id"]])
    episodes = _chosen(kept.episodes, known, chosen, zone)
    return Selection(
        *(known, known, kept.episodes, known, episodes),
        *(kept.quality, kept.left_out, chosen.rule(), scores, kept),
    )


def _chosen(
    everything: pd.DataFrame, known: pd.DataFrame, chosen: OutcomeFilter, zone: str
) -> pd.DataFrame:
    """The episodes that the filter asks for, with their index; `known` has the same."""
    wanted = is_wanted(known, chosen, zone)
    episodes = everything if wanted.all() else everything[wanted]
    if chosen.sessions:
        episodes = episodes[session_bands(episodes["session_no"]) == chosen.sessions]
    return first_of_each(episodes) if chosen.first_only else episodes


def is_wanted(rows: pd.DataFrame, chosen: OutcomeFilter, zone: str) -> pd.Series[bool]:
    """Which rows the filter asks for, but for the session number. Days are clinic days.

    `rows` holds birth_date, a date or None, if the filter has an age.
    """
    import pandas as pd

    keep = pd.Series(True, rows.index)
    if chosen.date_from or chosen.date_to or chosen.age:
        local = rows["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)
        day = local.dt.normalize()
    if chosen.date_from is not None:
        keep &= day >= pd.Timestamp(chosen.date_from)
    if chosen.date_to is not None:
        keep &= day <= pd.Timestamp(chosen.date_to)
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
    return keep


def ages(born: pd.Series[Any], day: pd.Series[Any]) -> pd.Series[Any]:
    """Completed years of life on each day; NaN where the birth date is not known."""
    import pandas as pd

    birth, at = pd.to_datetime(born), pd.to_datetime(day)
    early = at.dt.month * 100 + at.dt.day < birth.dt.month * 100 + birth.dt.day
    return at.dt.year - birth.dt.year - early


def requests_of(clinic_id: UUID, *, is_large: bool) -> pd.DataFrame:
    """A row a session: `of`, its id, how many were asked and answered. One query, two if large."""
    closed = CheckInRequest.objects.filter(
        clinic_id=clinic_id,
        session__isnull=False,
        cancelled_at=None,
        closes_at__lte=timezone.now(),
    ).order_by()
    of_each = closed.annotate(of=Cast("session_id", CharField(max_length=36))).values("of")
    return read_columns(
        of_each.annotate(asked=Count("pk"), answered=Count("check_in")),
        {"of": "key", "asked": "int", "answered": "int"},
        through_adbc=is_large and closed[derived.MANY : derived.MANY + 1].exists(),
    )


def answered_of(rows: pd.DataFrame, sessions: pd.Series[str]) -> dict[str, int]:
    """How many of these rows, as `requests_of` has them, were asked and answered, of `sessions`."""
    wanted = set(_plain(sessions))
    own = rows[[one in wanted for one in _plain(rows["of"])]]
    return {"asked": int(own["asked"].sum()), "answered": int(own["answered"].sum())}


def _plain(ids: pd.Series[str]) -> list[str]:
    """SQLite keeps an id without its hyphens."""
    return [one.replace("-", "") for one in ids.to_numpy(object)]
