"""The words of refusals about scores and questionnaires: what is wrong, and the next step."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INSTRUMENT_REFUSALS: dict[str, tuple[Promise, Promise]] = {
    "off_scale": (
        _("%(field)s must be a number from %(limit)s. You entered %(value)s."),
        _("Check the number and enter it again."),
    ),
    "not_whole": (
        _("%(field)s must be a whole number from %(limit)s. You entered %(value)s."),
        _("Check the number and enter it again."),
    ),
    "too_fine": (
        _("%(field)s can have two decimals. You entered %(value)s."),
        _("Round it, then save."),
    ),
    "not_yet": (
        _("%(field)s must not be later than now (%(limit)s). You entered %(value)s."),
        _("Correct the time."),
    ),
    "no_such_item": (
        _("This questionnaire has no question %(value)s. It has %(limit)s."),
        _("Check which questionnaire it is."),
    ),
    "total_or_items": (
        _("Both the score and the items were entered."),
        _("Enter the score alone, or the items alone: their score is then worked out."),
    ),
    "items_open": (
        _("Too many items are empty, so there is no score (items %(value)s)."),
        _("Fill them in. An empty item is never counted as zero."),
    ),
    "corrected_by_items": (
        _("This score was entered by its items."),
        _("Correct the items: the score is worked out from them."),
    ),
    "score_replaced": (
        _("This score was already corrected."),
        _("Reload the page to see what stands now."),
    ),
    "not_entered_by_staff": (
        _("Only a score that staff entered can be corrected here."),
        _("Enter a new score, and say in a note what is wrong with this one."),
    ),
}
