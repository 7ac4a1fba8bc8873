"""What an alert says, in one place for the inbox, the board and the session: code → title."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Alert
from sessions_app.rules.alert_rules import kind_of
from sessions_app.words.check_in_words import after_words
from sessions_app.words.effect_words import EFFECT_WORDS
from sessions_app.words.watch_words import item_words

TITLES: dict[str, Promise] = {
    "systolic_high": _("Systolic blood pressure high"),
    "systolic_low": _("Systolic blood pressure low"),
    "systolic_rise": _("Systolic blood pressure risen"),
    "diastolic_high": _("Diastolic blood pressure high"),
    "diastolic_low": _("Diastolic blood pressure low"),
    "diastolic_rise": _("Diastolic blood pressure risen"),
    "mean_arterial_high": _("Mean arterial pressure high"),
    "mean_arterial_low": _("Mean arterial pressure low"),
    "heart_rate_high": _("Pulse high"),
    "heart_rate_low": _("Pulse low"),
    "spo2_low": _("Oxygen saturation low"),
    "respiratory_rate_high": _("Breathing fast"),
    "respiratory_rate_low": _("Breathing slow"),
    "temperature_c_high": _("Temperature high"),
    "temperature_c_low": _("Temperature low"),
    "etco2_high": _("EtCO₂ high"),
    "etco2_low": _("EtCO₂ low"),
    "moaas_low": _("Not fully awake"),
    "effect_serious": _("Serious event"),
    "effect_escalates": _("Side effect that needs a look"),
    "effect_severe": _("Severe side effect"),
    "device_rest_short": _("Less than 5 min rest between devices"),
    "dose_above_plan": _("More given than planned"),
    "weight_changed_much": _("Weight much changed since the last session"),
    "suicidal_thoughts_before_dose": _("Thoughts of suicide, asked before the dose"),
    "suicide_item": _("Thoughts of death or self-harm, PHQ-9 item 9"),
    "suicide_answer": _("An answer about thoughts of suicide"),
    "suicide_screen": _("Suicide screen: high, or not finished"),
    "red_flag": _("An answer that needs a look today"),
    "thoughts": _("Thoughts of suicide"),
    "mood_fall": _("Mood has fallen much"),
    "check_in_missed": _("Check-in not answered"),
    "watch_due": _("Long-term check is due"),
}
THOUGHTS: dict[str, Promise] = {
    "1": _("Thoughts of suicide, passing"),
    "2": _("Thoughts of suicide, has thought about how"),
    "3": _("Thoughts of suicide, might act on them"),
    "4": _("Thoughts of suicide, would rather not say"),
}
UNITS: dict[str, str] = {
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "mean_arterial": "mmHg",
    "heart_rate": "/min",
    "spo2": "%",
    "respiratory_rate": "/min",
    "temperature_c": "°C",
    "etco2": "mmHg",
    "dose": "mg",
    "weight": "kg",
}


def alert_title(alert: Alert) -> str:
    """The title with the value that raised it: "Systolic blood pressure high: 184 mmHg"."""
    if alert.code == "thoughts" and alert.value in THOUGHTS:
        return str(THOUGHTS[alert.value])
    if alert.code == "mood_fall" and alert.value:
        return _mood_fall(alert)
    title = str(TITLES.get(alert.code, alert.code))
    value = alert_value(alert)
    return f"{title}: {value}" if value else title


def _mood_fall(alert: Alert) -> str:
    """The mood now, and the answer before it, which stands in the alert's limit."""
    if not alert.limit:
        return _now("Mood %(now)s, much lower than the last answer") % {"now": alert.value}
    return _now("Mood %(now)s, was %(before)s") % {"now": alert.value, "before": alert.limit}


def alert_value(alert: Alert) -> str:
    """The value as people read it, with its unit; empty when the title says it all."""
    if not alert.value or kind_of(alert.code) == "cry":
        return ""  # the number of an answer tells nothing without its question
    if alert.code.startswith("effect_"):
        words = EFFECT_WORDS.get(alert.value)
        return str(words) if words else alert.value
    if alert.code == "check_in_missed":
        return after_words(alert.value)
    if alert.code == "watch_due":
        return item_words(alert.value)
    unit = UNITS.get(alert.code.rsplit("_", 1)[0], UNITS.get(alert.code.split("_")[0], ""))
    value = f"{alert.value}\u00a0{unit}" if unit else alert.value
    return f"+{value}" if alert.code.endswith("_rise") else value


def alert_limit(alert: Alert) -> str:
    """The limit that was passed, in words; empty where there is none."""
    if alert.code == "mood_fall":
        return ""  # the title says both
    return _now("limit %(limit)s") % {"limit": alert.limit} if alert.limit else ""
