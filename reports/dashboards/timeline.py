"""One patient's course: what each session did, the questionnaires, what was missed, the alerts.

One object for the page and the JSON. The estimates are those of `course_report` on this patient
alone; every claim in words is the weakest one that is true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from reports import frames
from reports.dashboards.filters import DEFAULT_INSTRUMENTS, relief_name
from reports.dashboards.headline import Claim, headline, recent_relief
from reports.dashboards.session_lines import SessionLine, lines_of
from reports.response_rule import ResponseRule
from sessions_app.instruments import Instrument
from sessions_app.instruments_of import lookup_of
from sessions_app.models import (
    Alert,
    AlertEvent,
    CheckInRequest,
    InstrumentScore,
    Patient,
    Prescription,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
)
from sessions_app.permissions import visible_to
from sessions_app.protocol_of import alert_limits_in_force
from sessions_app.roles import Deed
from sessions_app.rules.recall import looks_back_before

QUESTIONNAIRES = ("phq9", "gad7")
PAIN, MOOD = "pain_0_10", "mood_0_10"
SILENCE = timedelta(days=14)
Scales = Callable[[str, str], Instrument | None]


@dataclass(frozen=True)
class ScoreLine:
    """One score that stands. `band` is a code of its instrument, None without published bands.

    `looks_back`: the dose before which its questions reach back, None where they do not.
    """

    instrument: str
    taken_at: datetime
    value: Decimal
    band: str | None
    is_prorated: bool
    name: str = ""
    looks_back: datetime | None = None


@dataclass(frozen=True)
class Timeline:
    """Everything on one patient's page. Times in `report` are hours, instants are UTC.

    `report`: parameters, counts, episodes and median onset of `instrument`, this patient alone.
    `claim`: the headline; `recent`: relief of the last three sessions that had any. `missed`:
    requests whose window closed without an answer. `courses` and `order`: the newest first, and
    the prescription in force. `pressure_limit`: systolic mmHg that calls the prescriber now.
    """

    patient: Patient
    instrument: str
    rule: ResponseRule
    report: dict[str, Any]
    sessions: tuple[SessionLine, ...]
    claim: Claim
    recent: Claim | None
    scores: tuple[ScoreLine, ...]
    missed: tuple[CheckInRequest, ...]
    asked: int
    alerts: tuple[Alert, ...]
    courses: tuple[TreatmentCourse, ...]
    order: Prescription | None
    pressure_limit: float | None
    data_as_of: datetime

    @property
    def episodes(self) -> list[dict[str, Any]]:
        """One per session with a dose, in order."""
        episodes: list[dict[str, Any]] = self.report["episodes"]
        return episodes

    @property
    def questionnaires(self) -> tuple[ScoreLine, ...]:
        """PHQ-9 and GAD-7 and whatever else has a published score, newest first."""
        shown = [line for line in self.scores if line.instrument not in (MOOD, PAIN)]
        return tuple(reversed(shown))

    def scores_of(self, instrument: str) -> tuple[ScoreLine, ...]:
        """The scores of one instrument, oldest first."""
        return tuple(line for line in self.scores if line.instrument == instrument)

    @property
    def answered(self) -> int:
        """Requests with a closed window that were answered."""
        return self.asked - len(self.missed)

    @property
    def highest_pressure(self) -> SessionLine | None:
        """The session with the highest systolic pressure."""
        measured = [line for line in self.sessions if line.peak is not None]
        return max(measured, key=lambda line: line.peak or (0, 0), default=None)

    @property
    def in_chair(self) -> SessionLine | None:
        """The session that runs now."""
        return next((line for line in self.sessions if line.is_running), None)

    @property
    def silent_since(self) -> datetime | None:
        """The last answer, or the first dose before any, when it is two weeks old; else None."""
        answers = [line.taken_at for line in self.scores_of(self.instrument)]
        doses = [line.at for line in self.sessions if line.number is not None]
        moments = answers[-1:] or doses[-1:]
        return moments[0] if moments and self.data_as_of - moments[0] >= SILENCE else None

    @property
    def asked_in_vain(self) -> int:
        """Requests since the last answer whose window closed."""
        since = self.silent_since
        return sum(since is not None and row.due_at > since for row in self.missed)

    def as_json(self) -> dict[str, Any]:
        """What the API answers: the episodes with their definitions, and the present relief."""
        from reports.dashboards.present_relief import present_relief

        present = present_relief(self)
        return {
            "patient": str(self.patient.pk),
            "instrument": self.rule.instrument,
            "data_as_of": self.data_as_of.isoformat(),
            **{
                name: self.report[name]
                for name in ("parameters", "counts", "data_quality", "episodes")
            },
            "present_relief": None if present is None else present.as_json(),
        }


def timeline(user: Staff, patient: Patient) -> Timeline:
    """The page of a patient whom `user` may see; a constant number of queries."""
    from reports.relief_report import course_report

    now = timezone.now()
    sessions = list(sessions_of(user, patient))
    courses = tuple(patient.courses.order_by("-started_on", "-id"))
    instrument = DEFAULT_INSTRUMENTS[courses[0].indication] if courses else MOOD
    rule = ResponseRule.for_instrument(relief_name(instrument))
    frame, _left_out = frames.frame_of(sessions)
    standing = list(InstrumentScore.objects.filter(patient=patient).standing())
    scales = lookup_of(patient.clinic_id)
    doses = [row.dose_started_at for row in sessions if row.dose_started_at is not None]
    report = course_report(frame, frames.check_ins_frame_of(standing), rule)
    asked = list(
        CheckInRequest.objects.filter(patient=patient, cancelled_at=None, closes_at__lte=now)
        .select_related("check_in", "session")
        .order_by("due_at")
    )
    lines = lines_of(sessions, report["episodes"])
    return Timeline(
        patient=patient,
        instrument=instrument,
        rule=rule,
        report=report,
        sessions=tuple(reversed(lines)),
        claim=headline(report["episodes"]),
        recent=recent_relief(report["episodes"]),
        scores=tuple(score_line(score, scales, doses) for score in standing),
        missed=tuple(row for row in asked if not hasattr(row, "check_in")),
        asked=len(asked),
        alerts=tuple(alerts_of(patient)),
        courses=courses,
        order=order_in_force(patient),
        pressure_limit=systolic_limit(patient.clinic_id),
        data_as_of=now,
    )


def order_in_force(patient: Patient) -> Prescription | None:
    """The newest prescription that has not ended, with its course and its prescriber."""
    orders = Prescription.objects.filter(course__patient=patient, ended_at=None)
    rows = orders.select_related("course", "prescribed_by")
    return rows.order_by("-prescribed_at", "-id").first()


def systolic_limit(clinic_id: UUID) -> float | None:
    """The urgent systolic limit of the clinic, mmHg; None where the clinic has none."""
    urgent = [
        float(limit.threshold)
        for limit in alert_limits_in_force(clinic_id).limits
        if limit.sign == "systolic"
        and limit.level == "high"
        and limit.compare in (">", ">=")
        and not limit.rise
    ]
    return min(urgent, default=None)


def alerts_of(patient: Patient) -> QuerySet[Alert]:
    """Every alert of the patient with its state, newest first; `closings`: how it was closed."""
    closed = AlertEvent.objects.filter(kind="closed").select_related("by")
    rows = Alert.objects.filter(patient=patient).with_state()
    rows = rows.select_related("effect", "reading").order_by("-raised_at", "-id")
    return rows.prefetch_related(Prefetch("events", closed, to_attr="closings"))


def sessions_of(user: Staff, patient: Patient) -> Any:
    """The patient's sessions with all that a line of the table needs, struck entries left out."""
    changes = SideEffectChange.objects.standing().order_by("taken_at", "id")
    effects = SideEffect.objects.standing().prefetch_related(
        Prefetch("changes", changes, to_attr="standing_changes")
    )
    # By the patient alone: asked by clinic too, SQLite goes through every session of the clinic.
    seen = visible_to(user, Patient, Deed.SEE_TIMELINE).filter(pk=patient.pk)
    own: Any = TreatmentSession.objects.filter(patient__in=seen)
    return frames.with_dose_events(own.select_related("chair")).prefetch_related(
        Prefetch("readings", VitalReading.objects.standing(), to_attr="standing_readings"),
        Prefetch("effects", effects, to_attr="standing_effects"),
    )


def score_line(score: InstrumentScore, scales: Scales, doses: Sequence[datetime]) -> ScoreLine:
    """The score with its published band, and the dose before which it looks back."""
    known = scales(score.instrument, score.instrument_version)
    assert score.score is not None, "a score that stands has a value"
    on_scale = known is not None and known.score_min <= score.score <= known.score_max
    return ScoreLine(
        instrument=score.instrument,
        taken_at=score.taken_at,
        value=score.score,
        band=known.band(score.score) if known is not None and on_scale else None,
        is_prorated=score.is_prorated,
        name=known.name if known is not None else score.instrument,
        looks_back=looks_back_before(score.taken_at, known.recall_days, doses) if known else None,
    )
