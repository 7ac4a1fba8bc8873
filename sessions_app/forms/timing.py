"""When something was so: the page door of `retime_effect`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import KeyedForm, TakenAtField
from sessions_app.forms.session import local_text, reason_field
from sessions_app.models import SideEffect, SideEffectChange


class TimeForm(KeyedForm):
    """The right time of an entry, and why the first one was not."""

    taken_at = TakenAtField(required=True, label=_("When was it so?"), help_text=_("Like 11:42."))
    reason = reason_field(label=_("Why is it changed?"), initial=_("It began at another time."))

    @classmethod
    def of(cls, entry: SideEffect | SideEffectChange) -> TimeForm:
        """The form with the entry's own time in it."""
        return cls(initial={"taken_at": local_text(entry.taken_at)})

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `retime_effect`."""
        return dict(self.cleaned_data)
