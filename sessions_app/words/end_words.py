"""What people read for the codes of `ends.py`: reasons of an end, and of an overruled check."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import SignOff

REASON_WORDS: dict[str, Promise] = {
    "declined": _("The patient did not want it"),
    "unwell": _("Unwell today"),
    "vital_signs": _("Blood pressure or another sign"),
    "no_escort": _("No one to take them home"),
    "ate_or_drank": _("Ate or drank too late"),
    "mental_state": _("State of mind"),
    "no_vein": _("No vein found, or equipment failed"),
    "other": _("Another reason"),
}
OVERRIDE_WORDS: dict[str, Promise] = {
    "usual_for_them": _("Usual for this patient"),
    "other_measure": _("Measured in another way"),
    "other_support": _("Other support is arranged"),
    "watched_elsewhere": _("Watched on elsewhere"),
    "other": _("Another reason"),
}


def reason_words(sign_off: SignOff) -> str:
    """The end's reason as it stands in the record: the choice, then the words; may be empty."""
    chosen = "" if sign_off.reason_code == "other" else sign_off.reason_code
    parts = [str(REASON_WORDS.get(chosen, "")), sign_off.reason]
    return ". ".join(part for part in parts if part)
