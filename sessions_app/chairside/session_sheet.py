"""The read model of one session's pages: what its rows say, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from sessions_app.actions.signoff import VOID_WITHIN
from sessions_app.chairside.alarm_state import found_by
from sessions_app.chairside.alarms import alert_text
from sessions_app.chairside.board import watch_minutes
from sessions_app.chairside.dose_given import infusion_end, standing_events
from sessions_app.chairside.dose_sheet import DosePanel, dose_panel
from sessions_app.chairside.session_state import (
    Baseline,
    baseline,
    change_from_baseline,
    current_grade,
    next_due,
    number_of,
    resolved_at,
    standing_changes,
    standing_sign_off,
)
from sessions_app.clock import clinic_day, elapsed_min
from sessions_app.models import (
    Alert,
    SideEffect,
    SideEffectChange,
    SignOff,
    Staff,
    TreatmentSession,
    VitalReading,
    new_key,
)
from sessions_app.rules import dosing
from sessions_app.rules.alert_rules import LEVELS
from sessions_app.templatetags.words import (
    bp,
    clock,
    drug_name,
    elapsed,
    initials,
    kg,
    mg,
    mg_per_kg,
)
from sessions_app.words.effect_words import GRADE_WORDS, effect_words


@dataclass(frozen=True)
class ReadingRow:
    """One reading with its changes from the baseline; `strike` where somebody struck it."""

    reading: VitalReading
    minute: float | None
    changes: dict[str, str]
    strike: Any
    alerts: list[Alert]


@dataclass(frozen=True)
class EffectLine:
    """One side effect as it stands: its grade now, since when, until when."""

    effect: SideEffect
    name: str
    grade: str
    minutes: int
    resolved_at: datetime | None
    resolution: SideEffectChange | None
    strike: Any
    changes: list[SideEffectChange]
    key: UUID

    @property
    def is_serious(self) -> bool:
        """It was called serious when it began or by a change that stands."""
        return self.effect.is_serious or any(c.is_serious for c in standing_changes(self.effect))


@dataclass(frozen=True)
class Question:
    """A saved value past an alert limit that nobody has confirmed yet."""

    reading: VitalReading
    alerts: list[Alert]
    level: str
    found: list[str]


class Sheet:
    """All that a session's page shows at `now`. Each part is read when it is first asked for:
    what answers a saved reading draws a few of them only.
    """

    def __init__(self, session: TreatmentSession, now: datetime) -> None:
        self.session = session
        self.now = now

    @cached_property
    def band(self) -> dict[str, Any]:
        return band(self.session, self.now)

    @cached_property
    def dose(self) -> DosePanel:
        return dose_panel(self.session, self.now)

    @cached_property
    def readings(self) -> list[ReadingRow]:
        return reading_rows(self.session)

    @cached_property
    def readings_count(self) -> int:
        """How many rows `readings` has, struck ones too."""
        return self.session.readings.count()

    @cached_property
    def effects(self) -> list[EffectLine]:
        return effect_lines(self.session, self.now)

    @cached_property
    def open_alerts(self) -> list[Alert]:
        """Every alert of the session that is open, newest first."""
        rows = Alert.objects.open().filter(session=self.session)
        return list(rows.select_related("reading", "effect").order_by("-raised_at"))

    @cached_property
    def questions(self) -> list[Question]:
        return _questions(self.open_alerts)

    @cached_property
    def alerts(self) -> list[Alert]:
        """The open alerts that are no question, or not any more."""
        return [alert for alert in self.open_alerts if not alert.reading_id or _owner(alert)]

    @cached_property
    def sign_off(self) -> SignOff | None:
        return standing_sign_off(self.session)

    @cached_property
    def amendments(self) -> list[Any]:
        return list(self.session.amendments.select_related("amended_by"))

    @cached_property
    def none_observed(self) -> list[Any]:
        """The answers that there was no side effect, struck ones too."""
        rows = self.session.none_observed.select_related("recorded_by", "strike__struck_by")
        return list(rows)

    @property
    def is_open(self) -> bool:
        """The session takes entries."""
        return self.sign_off is None and not self.session.is_imported

    @property
    def open_effects(self) -> list[EffectLine]:
        """Side effects that last."""
        return [e for e in self.effects if e.resolved_at is None and e.strike is None]

    @property
    def closed_effects(self) -> list[EffectLine]:
        """Side effects that are over, or struck."""
        return [e for e in self.effects if e.resolved_at is not None or e.strike is not None]

    @property
    def has_effects(self) -> bool:
        """One stands: then "none observed" cannot be said."""
        return any(e.strike is None for e in self.effects)

    @property
    def alert_lines(self) -> list[tuple[Alert, str]]:
        """The open alerts that are no question any more, in words: one line for each value, with
        the alert that asks most.
        """
        lines: dict[Any, Alert] = {}
        for alert in self.alerts:
            asked = lines.setdefault(found_by(alert), alert)
            if _asks(alert) > _asks(asked):
                lines[found_by(alert)] = alert
        return [(alert, alert_text(alert)) for alert in lines.values()]


def _asks(alert: Any) -> tuple[bool, int]:
    return not alert.is_seen, LEVELS.index(alert.level)


def _owner(alert: Alert) -> Any:
    return getattr(alert, "owner_id", None)


def _questions(alerts: list[Alert]) -> list[Question]:
    found: dict[Any, list[Alert]] = {}
    for alert in alerts:
        if alert.reading is not None and not _owner(alert):
            found.setdefault(alert.reading, []).append(alert)
    return [
        Question(
            reading,
            rows,
            "high" if any(a.level == "high" for a in rows) else "medium",
            list(dict.fromkeys(alert_text(alert) for alert in rows)),
        )
        for reading, rows in found.items()
    ]


def reading_rows(session: TreatmentSession) -> list[ReadingRow]:
    """Every reading, struck ones too, newest first."""
    before = baseline(session)
    t0 = session.dose_started_at
    rows = session.readings.select_related("recorded_by", "strike__struck_by", "replaces")
    return [
        ReadingRow(
            reading,
            None if t0 is None else elapsed_min(t0, reading.taken_at),
            _changes(reading, before),
            getattr(reading, "strike", None),
            list(reading.alerts.all()),
        )
        for reading in rows.prefetch_related("alerts").order_by("-taken_at", "-id")
    ]


def _changes(reading: VitalReading, before: Baseline) -> dict[str, str]:
    changes = change_from_baseline(reading, before)
    return {sign: f"{by:+}".replace("-", "−") for sign, by in changes.items() if by}


def effect_lines(session: TreatmentSession, now: datetime) -> list[EffectLine]:
    """Every side effect, struck ones too, by onset."""
    changes = SideEffectChange.objects.standing().order_by("taken_at", "id")
    rows = session.effects.select_related("recorded_by", "strike__struck_by").prefetch_related(
        "changes__recorded_by",
        "changes__strike__struck_by",
        Prefetch("changes", changes, to_attr="loaded_changes"),
    )
    lines = []
    for effect in rows:
        end = resolved_at(effect)
        lines.append(
            EffectLine(
                effect,
                effect_words(effect.code, effect.other_text),
                str(GRADE_WORDS.get(current_grade(effect), effect.grade)),
                int(elapsed_min(effect.taken_at, end or now)),
                end,
                next((c for c in standing_changes(effect) if c.kind == "resolved"), None),
                getattr(effect, "strike", None),
                list(effect.changes.all()),
                new_key(),
            )
        )
    return lines


def band(session: TreatmentSession, now: datetime) -> dict[str, Any]:
    """Who, what, how much, how long, as `_identity_band.html` reads it."""
    patient, t0 = session.patient, session.dose_started_at
    before = baseline(session)
    facts: dict[str, Any] = {
        "chair": session.chair.name if session.chair else None,
        "initials": patient.initials,
        "patient_number": patient.number,
        "birth_date": patient.birth_date,
        "age": patient.age_on(clinic_day(now, session.clinic.time_zone)),
        "allergies": patient.allergies or _("not asked"),
        "escort": initials(*patient.escort_name.split(maxsplit=1)) if patient.escort_name else "",
        "baseline": bp(before["systolic"], before["diastolic"]) if before["systolic"] else "",
        "drug_html": drug_name(session.drug),
        "route": session.get_route_display(),
        "dose": mg(session.documented_dose_mg if session.is_imported else session.planned_mg),
        "plan_text": _plan_text(session),
        "session_no": number_of(session),
    }
    if session.is_imported:
        return {**facts, "note": _("imported")}
    if t0 is None:
        return {**facts, "note": _("no dose yet")}
    sign_off = standing_sign_off(session)
    until = sign_off.signed_at if sign_off else now
    return {
        **facts,
        "elapsed_text": elapsed(elapsed_min(t0, until)),
        "next_due_text": _due_text(session, now, sign_off is not None),
    }


def _due_text(session: TreatmentSession, now: datetime, is_signed: bool) -> str:
    since = _("since %(clock)s") % {"clock": clock(session.dose_started_at)}
    due = None if is_signed else next_due(session, now)
    if due is None:
        needed = watch_minutes(session)
        if is_signed or needed is None:
            return since
        return f"{since} · {_('%(needed)s min needed') % {'needed': needed}}"
    if due.in_min <= -1:
        late = _("reading %(count)s min overdue") % {"count": int(-due.in_min)}
        return f"{since} · {late}"
    if due.in_min < 0.5:
        return f"{since} · {_('reading due now')}"
    soon = _("next reading in %(count)s min") % {"count": round(due.in_min)}
    return f"{since} · {soon}"


def _plan_text(session: TreatmentSession) -> str:
    if session.is_imported:
        return ""
    order, weight = session.prescription, session.weight_kg
    if order is None:
        return ""
    if order.devices is not None:
        return _("%(count)s devices of %(mg)s") % {
            "count": order.devices,
            "mg": mg(dosing.DEVICE_MG),
        }
    text = f"{mg_per_kg(order.mg_per_kg)} × {kg(weight)}"
    if session.infusion_minutes:
        over = _("over %(count)s min") % {"count": session.infusion_minutes}
        return f"{text}, {over}"
    return text


def can_void(sign_off: SignOff | None, user: Staff, now: datetime) -> bool:
    """Whether this person may still take the signature back."""
    return (
        sign_off is not None
        and sign_off.signed_by_id == user.pk
        and now - sign_off.signed_at <= VOID_WITHIN
    )


def infusion_times(session: TreatmentSession) -> tuple[datetime | None, datetime | None]:
    """When the dose began and, for an infusion, when it was stopped."""
    return session.dose_started_at, infusion_end(standing_events(session))
