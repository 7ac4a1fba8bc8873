"""The words of a message, in the reader's language. Nothing clinical in any of them, no name of a
patient and no name of a treatment: whoever else reads the screen learns nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from sessions_app.models import Message


class Words(NamedTuple):
    """`subject` is for an e-mail; a text message has only its `text`."""

    subject: str
    text: str


def words_of(message: Message, token: str = "") -> Words:
    """What is sent. `token` opens the check-in of a link or a reminder."""
    patient = message.patient
    language = patient.language if patient else message.clinic.language
    with translation.override(language):
        if message.kind == "escalation":
            return _call(message)
        if message.kind == "reminder":
            return _reminder(token)
        return _link(token)


def address_of(path: str) -> str:
    """A path of ours as an address that works from outside."""
    return f"{settings.PUBLIC_URL}{path}"


def _call(message: Message) -> Words:
    assert message.alert is not None
    address = {"address": address_of(reverse("alerts:one", args=[message.alert.pk]))}
    if message.alert.level == "high":
        text = _("Afterglow: a high alert is waiting. Open %(address)s") % address
    else:
        text = _("Afterglow: an alert is waiting. Open %(address)s") % address
    return Words(_("An alert is waiting"), text)


def _link(token: str) -> Words:
    text = _("Your check-in is here: %(address)s No more messages? %(stop)s")
    return Words(_("Your check-in"), text % _addresses(token))


def _reminder(token: str) -> Words:
    text = _("A short check-in is ready for you: %(address)s No more messages? %(stop)s")
    return Words(_("Your check-in"), text % _addresses(token))


def _addresses(token: str) -> dict[str, str]:
    """The check-in's page, and the one that stops all messages."""
    return {
        "address": address_of(reverse("me:open", args=[token])),
        "stop": address_of(reverse("me:stop_open", args=[token])),
    }
