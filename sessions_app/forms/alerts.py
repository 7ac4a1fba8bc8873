"""The forms of an alert: take, hand over, log a call, close."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app import roles
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import Alert, AlertEvent, Staff
from sessions_app.roles import Deed

NOTE_LENGTH = 300


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
    note = forms.CharField(
        max_length=NOTE_LENGTH,
        label=_("Who was called, and what came of it"),
        help_text=_("For example: no answer, tried again in 10 minutes."),
    )


class CloseForm(KeyedForm):
    """How it ended. "Entered in error" needs words."""

    prefix = "close"
    outcome = forms.ChoiceField(
        choices=AlertEvent.OUTCOMES,
        widget=forms.RadioSelect,
        label=_("Outcome"),
        error_messages={"required": _("Choose how it ended.")},
    )
    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        label=_("Note"),
        help_text=_("Needed for “entered in error”."),
    )
