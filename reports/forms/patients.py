"""The search of the list of patients."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PatientSearch(forms.Form):
    """Part of a name or of a patient number."""

    q = forms.CharField(required=False, max_length=80, label=_("Name or patient number"))
