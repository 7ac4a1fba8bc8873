"""A patient's scores as staff read them: what stands, in words, and what may be corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sessions_app.actions.scores import may_be_corrected
from sessions_app.instruments import Instrument
from sessions_app.instruments_of import lookup_of
from sessions_app.models import InstrumentScore, Patient, TreatmentSession
from sessions_app.rules.recall import looks_back_before
from sessions_app.words.check_in_words import words_of_score


@dataclass(frozen=True)
class ScoreLine:
    """One score that stands. `looks_back`: the dose before which its questions reach back."""

    score: InstrumentScore
    words: str
    looks_back: datetime | None
    was_corrected: bool
    may_correct: bool


def score_lines(patient: Patient) -> list[ScoreLine]:
    """Every score that stands, newest first."""
    rows = InstrumentScore.objects.filter(patient=patient).standing()
    rows = rows.select_related("check_in__entered_by", "replaced_by").order_by("-taken_at", "-id")
    doses, scales = doses_of(patient), lookup_of(patient.clinic_id)
    return [_line(row, scales(row.instrument, row.instrument_version), doses) for row in rows]


def doses_of(patient: Patient) -> list[datetime]:
    """When the patient's doses began."""
    sessions = TreatmentSession.objects.really_theirs().filter(patient=patient)
    starts = sessions.exclude(dose_started_at=None).values_list("dose_started_at", flat=True)
    return [start for start in starts if start is not None]


def _line(score: InstrumentScore, scale: Instrument | None, doses: list[datetime]) -> ScoreLine:
    recall = scale.recall_days if scale else 0
    return ScoreLine(
        score=score,
        words=words_of_score(score, scale),
        looks_back=looks_back_before(score.taken_at, recall, doses),
        was_corrected=score.replaces_id is not None,
        may_correct=may_be_corrected(score),
    )
