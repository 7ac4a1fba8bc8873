"""Forms of one's own account: log in, change the password, set the PIN."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import KeyedForm
from sessions_app.models import Staff


def password_field(label: Any, autocomplete: str, **kwargs: Any) -> forms.CharField:
    missing = format_lazy(_("{field} is missing."), field=label)
    kwargs.setdefault("error_messages", {"required": missing})
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget, max_length=128, **kwargs)


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        error_messages={"required": _("Enter your user name.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = password_field(
        _("Password"), "current-password", error_messages={"required": _("Enter your password.")}
    )


class PasswordForm(KeyedForm):
    """The new password once, readable by a password manager; the current one as proof."""

    password = password_field(_("Current password"), "current-password")
    new_password = password_field(
        _("New password"),
        "new-password",
        help_text=_("At least 12 characters. A sentence of four or five words is good."),
    )
    repeated = password_field(_("New password again"), "new-password")

    def clean(self) -> None:
        super().clean()
        first, second = (self.cleaned_data.get(name) for name in ("new_password", "repeated"))
        if first and second and first != second:
            self.add_error("repeated", _("The two new passwords differ. Enter it twice alike."))


class PinForm(KeyedForm):
    password = password_field(_("Current password"), "current-password")
    pin = forms.CharField(
        label=_("New PIN"),
        help_text=_("4 to 6 digits. You sign entries with it at the chair."),
        max_length=20,
        error_messages={"required": _("The new PIN is missing.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class UnlockForm(KeyedForm):
    """Choose the name, then the PIN. Whoever was locked out stands first."""

    write_key = None  # type: ignore[assignment]  # Django drops the field: nothing is written
    person = forms.ModelChoiceField(
        label=_("Who are you?"),
        queryset=Staff.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose who you are.")},
    )
    pin = forms.CharField(
        label=_("PIN"),
        max_length=20,
        error_messages={"required": _("Enter your PIN.")},
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "class": "pin"}
        ),
    )

    def __init__(self, *args: Any, locked: Staff, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="unlock_%s", **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        people = Staff.objects.filter(clinic_id=locked.clinic_id, is_active=True)
        field.queryset = people.exclude(pin="")
        field.initial = locked.pk
