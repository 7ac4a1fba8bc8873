"""The session table of a patient's page: one line a session, with what was seen in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from reports import frames
from sessions_app.clock import elapsed_min
from sessions_app.models import SideEffect, TreatmentSession
from sessions_app.rules.effects import GRADES


@dataclass(frozen=True)
class EffectLine:
    """One side effect with its worst grade; `minutes` None: not resolved in the record."""

    code: str
    other_text: str
    worst_grade: str
    minutes: int | None


@dataclass(frozen=True)
class SessionLine:
    """One session. `number` is None for one that is no treatment, and `end` then says why.

    `peak` is systolic and diastolic mmHg of the reading with the highest systolic, `before` those
    of the last reading before the dose. The episode's
    times are hours: onset in (onset_lo, onset_hi], relief in (relief_lo, relief_hi].
    """

    row: TreatmentSession
    number: int | None
    at: datetime
    dose_mg: Decimal | None
    peak: tuple[int, int | None] | None
    before: tuple[int, int | None] | None
    effects: tuple[EffectLine, ...]
    end: str
    is_running: bool
    episode: Mapping[str, Any] | None

    @property
    def status(self) -> str:
        """The status of its episode; "" without one."""
        return str(self.episode["status"]) if self.episode else ""


def worst_grade(effects: Sequence[EffectLine]) -> str:
    """The worst grade of any of them."""
    return max((effect.worst_grade for effect in effects), key=GRADES.index)


def lines_of(
    sessions: Iterable[TreatmentSession], episodes: Sequence[Mapping[str, Any]]
) -> list[SessionLine]:
    """Lines in order of time. The sessions carry what `sessions_of` loads."""
    of_session = {episode["session_id"]: episode for episode in episodes}
    lines = [_line(session, of_session.get(str(session.pk))) for session in sessions]
    return sorted(lines, key=lambda line: (line.at, str(line.row.pk)))


def _line(session: Any, episode: Mapping[str, Any] | None) -> SessionLine:
    signed = session.standing_sign_offs
    return SessionLine(
        row=session,
        number=None if episode is None else int(episode["session_no"]),
        at=session.dose_started_at or session.opened_at,
        dose_mg=frames.dose_mg(session),
        peak=_peak(session),
        before=_before(session),
        effects=tuple(_effect(row) for row in session.standing_effects),
        end=signed[-1].end if signed else "",
        is_running=not session.is_imported and not signed,
        episode=episode,
    )


def _peak(session: Any) -> tuple[int, int | None] | None:
    measured = [row for row in session.standing_readings if row.systolic is not None]
    if not measured:
        return None
    highest = max(measured, key=lambda row: (row.systolic, row.diastolic or 0))
    return highest.systolic, highest.diastolic


def _before(session: Any) -> tuple[int, int | None] | None:
    start = session.dose_started_at
    if start is None:
        return None
    measured = [
        row
        for row in session.standing_readings
        if row.systolic is not None and row.taken_at <= start
    ]
    if not measured:
        return None
    last = max(measured, key=lambda row: (row.taken_at, row.pk))
    return last.systolic, last.diastolic


def _effect(row: SideEffect) -> EffectLine:
    changes: list[Any] = row.standing_changes  # type: ignore[attr-defined]
    grades = [row.grade, *(change.grade for change in changes if change.grade)]
    ends = [change.taken_at for change in changes if change.kind == "resolved"]
    return EffectLine(
        code=row.code,
        other_text=row.other_text,
        worst_grade=max(grades, key=GRADES.index),
        minutes=round(elapsed_min(row.taken_at, ends[0])) if ends else None,
    )
