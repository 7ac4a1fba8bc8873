"""Which answers call a person: a red flag of a questionnaire, and a mood that fell much."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import CharField, DateTimeField, UUIDField

from sessions_app.actions.alerts import raise_alert
from sessions_app.instruments import Instrument
from sessions_app.instruments.base import Answers
from sessions_app.models import Alert, CheckIn, InstrumentScore
from sessions_app.ready import Given, Ready
from sessions_app.rules.alert_rules import LEVELS
from sessions_app.rules.check_in_windows import MOOD

MOOD_FALL = 4  # points below the last answer, by design
_LAST_SCORE = Ready(
    lambda: (
        InstrumentScore.objects.standing()
        .filter(
            patient_id=Given(0, UUIDField()),
            instrument=Given(1, CharField()),
            taken_at__lt=Given(2, DateTimeField()),
        )
        .exclude(check_in=Given(3, UUIDField()))
        .order_by("-taken_at", "-id")[:1]
    )
)


def alert_about(check_in: CheckIn, instrument: Instrument, given: Answers, *, at: datetime) -> None:
    """Afterwards somebody must look, if one of these answers says so.

    One alert for each reason and check-in, and another only when its level rises. Called inside
    the deed that keeps the answers.
    """
    for flag in instrument.red_flags(given):
        raised = Alert.objects.filter(check_in=check_in, code=flag.code)
        levels = raised.values_list("level", flat=True)
        if any(LEVELS.index(level) >= LEVELS.index(flag.level) for level in levels):
            continue
        _raise(check_in, flag.level, flag.code, str(given.get(flag.item, "")), "", at)
    if instrument.code == MOOD:
        _mood_fall(check_in, given[instrument.items[0].code], at)


def alert_about_total(
    check_in: CheckIn, instrument: Instrument, total: int | Decimal, *, at: datetime
) -> None:
    """Afterwards somebody must look, if the total says so by itself. Called inside a deed."""
    for flag in instrument.score_flags(total):
        _raise(check_in, flag.level, flag.code, "", "", at)


def _mood_fall(check_in: CheckIn, mood: int | None, at: datetime) -> None:
    """The alert's value is the mood now, its limit the patient's last one."""
    if mood is None:
        return
    last = _LAST_SCORE.first(check_in.patient_id, MOOD, check_in.started_at, check_in.pk)
    if last is None or last.score is None or last.score - mood < MOOD_FALL:
        return
    if not Alert.objects.filter(check_in=check_in, code="mood_fall").exists():
        _raise(check_in, "medium", "mood_fall", str(mood), f"{last.score:.0f}", at)


def _raise(check_in: CheckIn, level: str, code: str, value: str, limit: str, at: datetime) -> None:
    raise_alert(
        clinic_id=check_in.clinic_id,
        patient_id=check_in.patient_id,
        session=check_in.request.session if check_in.request else None,
        check_in=check_in,
        level=level,
        code=code,
        value=value,
        limit=limit,
        at=at,
    )
