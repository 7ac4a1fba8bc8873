"""Forms of reaching a patient: a call about a missing check-in, and the buttons around it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import KeyedForm
from sessions_app.models import CheckInCall
from sessions_app.words.field_words import FIELDS


class CallForm(KeyedForm):
    """How a call went. The result is one tap; words are not needed."""

    result = forms.ChoiceField(
        label=FIELDS["result"],
        choices=CheckInCall.RESULTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the call went.")},
    )
    note = forms.CharField(
        label=FIELDS["note"],
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def entry(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class SendForm(KeyedForm):
    """One tap; `back` says which page it was tapped on."""

    back = forms.ChoiceField(
        choices=[("list", ""), ("discharge", "")], required=False, widget=forms.HiddenInput
    )
