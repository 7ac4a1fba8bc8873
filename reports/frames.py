"""Rows → frames: the ORM ends here. Nothing behind this file knows the database.

Columns and units, the same as in the files of the `relief` command:

sessions    patient_id, session_id (text), session_start (UTC, microseconds), route (code),
            dose_mg (float, mg given; NaN unknown), weight_kg (float, kg; NaN unknown)
check-ins   patient_id (text), taken_at (UTC, microseconds), instrument (name of the relief
            command, such as PHQ-9), score (Decimal, never blank)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Prefetch

from reports.frame_columns import CHECK_IN_COLUMNS, SESSION_COLUMNS
from sessions_app.chairside.dose_given import dose_given_mg, infusion_end
from sessions_app.instruments import REGISTRY
from sessions_app.models import DoseEvent, InstrumentScore, SignOff, TreatmentSession
from sessions_app.models.checkins import ScoreQuerySet
from sessions_app.models.people import BIRTH_DATE_UNKNOWN
from sessions_app.models.sessions import SessionQuerySet
from sessions_app.rules.ends import NOT_A_TREATMENT

if TYPE_CHECKING:
    import pandas as pd

FACT_COLUMNS = ("session_id", "drug", "indication", "origin")

RELIEF_NAMES = {code: instrument.relief_name for code, instrument in REGISTRY.items()}


@dataclass(frozen=True)
class LeftOut:
    """Sessions that are no treatment of this patient, by the reason they were left out."""

    no_dose: int = 0
    not_started: int = 0
    wrong_patient: int = 0


def sessions_frame(sessions: SessionQuerySet) -> pd.DataFrame:
    """One row per session with a dose, ordered by start; see frame_columns."""
    return counted_sessions(sessions)[0]


def counted_sessions(sessions: SessionQuerySet) -> tuple[pd.DataFrame, LeftOut]:
    """The frame of `sessions_frame`, and how many sessions it leaves out. Three queries."""
    return frame_of(with_dose_events(sessions))


def frame_of(sessions: Iterable[TreatmentSession]) -> tuple[pd.DataFrame, LeftOut]:
    """The same from sessions that `with_dose_events` has loaded."""
    rows: list[tuple[Any, ...]] = []
    why = {"no_dose": 0, "not_started": 0, "wrong_patient": 0}
    for session in sessions:
        reason = left_out_reason(session)
        if reason:
            why[reason] += 1
            continue
        rows.append(
            (
                str(session.patient_id),
                str(session.pk),
                session.dose_started_at,
                session.route,
                as_float(dose_mg(session)),
                as_float(session.weight_kg),
            )
        )
    frame = _frame(rows, SESSION_COLUMNS, "session_start")
    return frame.astype({"dose_mg": "float64", "weight_kg": "float64"}), LeftOut(**why)


def with_dose_events(sessions: SessionQuerySet) -> SessionQuerySet:
    """Adds `standing_dose_events` and `standing_sign_offs`, lists without struck or void rows."""
    return sessions.prefetch_related(
        Prefetch("dose_events", DoseEvent.objects.standing(), to_attr="standing_dose_events"),
        Prefetch("sign_offs", SignOff.objects.standing(), to_attr="standing_sign_offs"),
    ).order_by("dose_started_at", "id")


def left_out_reason(session: TreatmentSession) -> str:
    """Why a session of `with_dose_events` is no treatment of this patient; "" when it is one."""
    for sign_off in session.standing_sign_offs:  # type: ignore[attr-defined]
        if sign_off.end in NOT_A_TREATMENT:
            return str(sign_off.end)
    has_dose = session.is_imported or session.standing_dose_events  # type: ignore[attr-defined]
    return "" if session.dose_started_at is not None and has_dose else "no_dose"


def dose_mg(session: TreatmentSession) -> Decimal | None:
    """mg given in a session of `with_dose_events`; None while the pump still runs, and where the
    record allows no sum.
    """
    events: list[DoseEvent] = session.standing_dose_events  # type: ignore[attr-defined]
    if events and events[-1].amount_mg is None and infusion_end(events) is None:
        return None
    try:
        return dose_given_mg(session, events)
    except ValueError:  # a bag without its volume, or events that cannot have happened
        return None


def check_ins_frame(scores: ScoreQuerySet) -> pd.DataFrame:
    """One row per score that stands: replaced ones and prorated ones are never used. One query."""
    used = scores.standing().filter(is_prorated=False).order_by("taken_at", "id")
    found = used.values_list("patient_id", "taken_at", "instrument", "score")
    return _check_ins(found.iterator(chunk_size=10_000))


def check_ins_frame_of(scores: Iterable[InstrumentScore]) -> pd.DataFrame:
    """The same from scores that are loaded and stand; prorated ones are left out."""
    return _check_ins(
        (score.patient_id, score.taken_at, score.instrument, score.score)
        for score in scores
        if not score.is_prorated
    )


def _check_ins(found: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    rows = (
        (str(patient), taken_at, RELIEF_NAMES.get(code, code), score)
        for patient, taken_at, code, score in found
    )
    return _frame(rows, CHECK_IN_COLUMNS, "taken_at")


def session_facts(sessions: SessionQuerySet) -> pd.DataFrame:
    """What an analysis asks of a session and is not in the frame: FACT_COLUMNS, all text.

    `origin` is "live" or "import".
    """
    import pandas as pd

    found = sessions.order_by().values_list("pk", "drug", "course__indication", "origin")
    rows = [(str(pk), *facts) for pk, *facts in found]
    return pd.DataFrame(rows, columns=list(FACT_COLUMNS), dtype=object)


def birth_dates(sessions: SessionQuerySet) -> pd.DataFrame:
    """patient_id (text) and birth_date (a date, None where nobody has entered it) of each patient.

    One query.
    """
    import pandas as pd

    found = sessions.order_by().values_list("patient_id", "patient__birth_date").distinct()
    rows = [(str(patient), None if born == BIRTH_DATE_UNKNOWN else born) for patient, born in found]
    return pd.DataFrame(rows, columns=["patient_id", "birth_date"], dtype=object)


def scores_of(clinic_id: UUID, relief_name: str) -> ScoreQuerySet:
    """The scores of one instrument at one clinic, imported ones that kept the name included."""
    return InstrumentScore.objects.filter(clinic_id=clinic_id, instrument__in=codes_of(relief_name))


def codes_of(relief_name: str) -> list[str]:
    """The names under which scores of this instrument are kept."""
    return [relief_name, *(code for code, name in RELIEF_NAMES.items() if name == relief_name)]


def as_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _frame(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...], time: str) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
    frame[time] = pd.to_datetime(frame[time], utc=True).dt.as_unit("us")
    return frame
