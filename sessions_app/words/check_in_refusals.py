"""The words of refusals about check-ins, links and reminders: what is wrong, and the next step."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.words.instrument_refusals import INSTRUMENT_REFUSALS

CHECK_IN_REFUSALS: dict[str, tuple[Promise, Promise]] = {
    "check_in_cancelled": (
        _("This check-in was cancelled, because another treatment came first."),
        _("Use the check-in of the later treatment."),
    ),
    "check_in_not_open": (_("This check-in opens at %(limit)s."), _("Answer it from then on.")),
    "check_in_closed": (_("This check-in closed at %(limit)s."), _("Use the next one.")),
    "check_in_answered": (
        _("The patient has already answered this check-in."),
        _("Look at the answers on the patient's page."),
    ),
    "help_lines_untested": (
        _("There is no tested number to call yet in the patient's language (%(value)s)."),
        _("Ask the clinic lead to add and test-call an emergency or crisis line and the clinic."),
    ),
    "no_channel": (
        _("This patient has not chosen text messages or e-mails."),
        _("Ask, and save the choice on the patient's page. Or show the QR code."),
    ),
    "no_address": (
        _("%(field)s is missing or cannot be used, and reminders go there."),
        _("Fill it in, or choose no reminders."),
    ),
    "reminders_stopped": (
        _("The patient stopped all messages on %(limit)s."),
        _("Call instead. Start them again only if the patient asks for it."),
    ),
    "reminders_not_stopped": (
        _("Reminders are not stopped."),
        _("Choose how they are sent in the details."),
    ),
    "no_living_link": (
        _("No link of this check-in works any more."),
        _("Nothing needs to be ended."),
    ),
    **INSTRUMENT_REFUSALS,
}
