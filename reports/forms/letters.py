"""To whom a letter about a patient goes."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

MOST_LINES = 8


class LetterForm(forms.Form):
    """Name and address of the doctor as the letter has them, or nothing; they are not kept."""

    to = forms.CharField(
        required=False,
        max_length=400,
        label=_("To"),
        help_text=_(
            "Name and address, one line each. They are printed and not kept. "
            "Left blank, the letter has room to write them by hand."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )

    def clean_to(self) -> list[str]:
        """The lines without blank ones. Raises ValidationError for more than fit on the letter."""
        lines = [line.strip() for line in self.cleaned_data["to"].splitlines()]
        written = [line for line in lines if line]
        if len(written) > MOST_LINES:
            raise forms.ValidationError(
                _now("Write at most %(n)d lines.") % {"n": MOST_LINES}, code="max_lines"
            )
        return written
