"""The forms of an alert: take, hand over, log a call, close."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app import roles
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import Alert, AlertEvent, Staff
from sessions_app.roles import Deed
from sessions_app.rules.alert_rules import kind_of, outcomes_for

NOTE_LENGTH = 300
CALLED = (
    ("patient", _("Patient")),
    ("safety_contact", _("Safety contact")),
    ("other", _("Somebody else")),
)
CALL_RESULTS = (
    ("reached", _("Reached")),
    ("left_message", _("Left a message")),
    ("no_answer", _("No answer")),
)


class TakeForm(KeyedForm):
    """One button."""

    prefix = "take"


class HandOverForm(KeyedForm):
    """To whom, and what they should know."""

    prefix = "hand"
    owner = forms.ModelChoiceField(Staff.objects.none(), label=_("Hand over to"), empty_label="–")
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, label=_("What they should know"))

    def __init__(self, *args: Any, alert: Alert, by: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = [role for role in roles.Role if roles.may(role, Deed.HANDLE_ALERTS)]
        colleagues = Staff.objects.filter(clinic_id=alert.clinic_id, is_active=True, role__in=able)
        self.fields["owner"].queryset = colleagues.exclude(pk=by.pk)  # type: ignore[attr-defined]


class CallForm(KeyedForm):
    """Whom somebody called, and what came of it."""

    prefix = "call"
    called = forms.ChoiceField(
        choices=CALLED,
        widget=forms.RadioSelect,
        label=_("Who was called"),
        error_messages={"required": _("Choose who was called.")},
    )
    result = forms.ChoiceField(
        choices=CALL_RESULTS,
        widget=forms.RadioSelect,
        label=_("What came of it"),
        error_messages={"required": _("Choose what came of the call.")},
    )
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, label=_("Note"))

    def __init__(self, *args: Any, alert: Alert, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["called"].initial = "other" if kind_of(alert.code) == "chair" else "patient"


class CloseForm(KeyedForm):
    """How it ended, in the words of its kind. "Entered in error" needs words."""

    prefix = "close"
    outcome = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how it ended.")},
    )
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        label=_("Note"),
        help_text=_("Needed for “entered in error”."),
    )

    def __init__(self, *args: Any, alert: Alert, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(AlertEvent.OUTCOMES)
        outcome: Any = self.fields["outcome"]
        outcome.choices = [(one, words[one]) for one in outcomes_for(alert.code, alert.level)]
        is_high = alert.level == "high"
        outcome.label = _("Outcome, needed to close a high alert") if is_high else _("Outcome")
