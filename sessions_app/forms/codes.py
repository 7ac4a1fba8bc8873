"""The form of a typed code."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """Eight characters. Nothing is checked here: every wrong code gets the same answer."""

    code = forms.CharField(
        label=_("Your code"),
        max_length=40,
        help_text=_("8 letters and numbers. Big or small letters, it makes no difference."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code",
            }
        ),
        error_messages={
            "required": _("Type your code."),
            "max_length": _("This code does not work."),
        },
    )
