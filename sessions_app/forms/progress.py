"""Forms of one's own progress: the lock, and the PIN that staff set for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import KeyedForm, short_text


class LockForm(forms.Form):
    """The year of birth, or the PIN for who has one."""

    secret = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, has_pin: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["secret"]
        field.label = _("Your PIN") if has_pin else _("The year you were born")
        field.help_text = (
            _("Your clinic gave you this number.") if has_pin else _("Four numbers, like 1980.")
        )
        field.error_messages["required"] = (
            _("Type your PIN.") if has_pin else _("Type the year you were born.")
        )


class ProgressPinForm(KeyedForm):
    """The patient's own PIN; empty takes it away."""

    progress_pin = forms.CharField(
        label=_("PIN for their own progress"),
        required=False,
        max_length=20,
        help_text=_("4 to 6 digits that the patient chooses. Empty: the year of birth opens it."),
        widget=short_text("w-8", "numeric"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands beside the form of the patient's details, which has a key of its own.
        super().__init__(*args, auto_id="own_%s", **kwargs)
