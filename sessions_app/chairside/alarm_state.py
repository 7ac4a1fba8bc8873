"""When an alarm about a value is answered: by a later value of the same sign that calls nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sessions_app.chairside.session_state import standing_readings
from sessions_app.models import Alert, VitalReading

# An alert on any of these is answered by the next blood pressure.
PRESSURES = ("systolic", "diastolic", "mean_arterial")


def sign_of(alert: Alert) -> str:
    """The sign that a later reading must bring back: one pressure answers for all of them."""
    sign = alert.code.rpartition("_")[0]
    return "systolic" if sign in PRESSURES else sign


def found_by(alert: Alert) -> tuple[Any, str]:
    """What several alerts have in common when one value raised them: the reading and its sign."""
    return (alert.reading_id, sign_of(alert)) if alert.reading_id else (alert.pk, alert.code)


def answered_by(alert: Alert, readings: Iterable[VitalReading], alarming: set[Any]) -> bool:
    """Whether a later reading has the sign back in range.

    `alarming` holds the (reading's key, sign) pairs that alerts were raised on.
    """
    if alert.reading is None:
        return False
    sign = sign_of(alert)
    later = [
        row
        for row in readings
        if row.taken_at > alert.reading.taken_at and getattr(row, sign, None) is not None
    ]
    return bool(later) and (later[-1].pk, sign) not in alarming


def is_back_in_range(alert: Alert) -> bool:
    """Whether the newest value of the alert's sign, taken after it, called nobody."""
    if alert.session is None:
        return False
    rows = Alert.objects.filter(session=alert.session, reading__isnull=False)
    alarming = {(row.reading_id, sign_of(row)) for row in rows}
    return answered_by(alert, standing_readings(alert.session), alarming)
