"""The words of the refusals about the rota, the steps of an alert and the long-term watch."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Pair = tuple[Promise, Promise]

ROTA_REFUSALS: dict[str, Pair] = {
    "shift_in_the_past": (
        _("This shift ended before now (%(limit)s)."),
        _("Correct its day or its times."),
    ),
    "shift_too_long": (
        _("One shift lasts at most %(limit)s days."),
        _("Enter two, one after the other."),
    ),
    "shift_over": (
        _("This shift ended at %(limit)s."),
        _("What has passed stays as it was."),
    ),
    "on_call_already": (
        _("%(value)s is on call then already (from %(limit)s)."),
        _("Change the times, or cancel the other shift first."),
    ),
    "cannot_be_on_call": (
        _("%(value)s cannot act on alerts, so nobody must call there."),
        _("Choose a nurse, a physician or the lead who works here."),
    ),
    "weeks_range": (
        _("A shift repeats for %(limit)s weeks. You entered %(value)s."),
        _("Check the number and enter it again."),
    ),
    "steps_not_in_order": (
        _("%(field)s has to come after %(limit)s minutes. You entered %(value)s."),
        _("Let each step come later than the one before it."),
    ),
    "check_not_in_past": (
        _("%(value)s is later than now."),
        _("Enter when somebody looked."),
    ),
    "check_too_old": (
        _("%(value)s is more than %(limit)s years ago."),
        _("Check the year."),
    ),
    "look_struck": (
        _("This look was already struck by %(value)s at %(limit)s."),
        _("Record a new look where one is missing."),
    ),
    "score_without_scale": (
        _("%(value)s has no score here."),
        _("Write the result in words."),
    ),
}
