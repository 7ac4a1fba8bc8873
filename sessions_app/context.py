"""What every page's header needs: places, alarms, and how this tablet is used.

Everything is worked out only if the template asks for it: a fragment asks for none of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from sessions_app.access import log_in, tablet
from sessions_app.chairside.alarms import Alarm, alerts_for, strip
from sessions_app.models import Alert, Staff
from sessions_app.permissions import may, visible_to
from sessions_app.roles import Deed, Role


class NavItem(NamedTuple):
    """A place. One that is not `is_main` stands in the menu under the person's name only."""

    label: Promise
    url: str
    active: bool
    badge: int
    is_main: bool


PLACES: tuple[tuple[Promise, str, Deed], ...] = (
    (_("Chairs"), "care:chairs", Deed.SEE_CHAIRS),
    (_("Today's list"), "care:today", Deed.SEE_PATIENTS),
    (_("Alerts"), "alerts:list", Deed.SEE_ALERTS),
    (_("Check-in links"), "care:checkin_links", Deed.HANDLE_CHECK_INS),
    (_("Patients"), "review:patients", Deed.SEE_PATIENTS),
    (_("Outcomes"), "review:outcomes", Deed.SEE_OUTCOMES),
    (_("Research export"), "review:research", Deed.EXPORT_RESEARCH),
    (_("Safety"), "review:safety", Deed.SEE_SAFETY),
    (_("Clinic"), "clinic:home", Deed.MANAGE_CLINIC),
)
# At the chairs the bar is short, so that the alarms and the clock have their room.
NURSES_BAR = ("care:chairs", "care:today", "care:checkin_links")
HOMES = {
    Role.NURSE: "care:chairs",
    Role.PHYSICIAN: "alerts:list",
    Role.LEAD: "clinic:home",
    Role.RESEARCHER: "review:outcomes",
}
LINE_WORDS: dict[str, tuple[Promise, tuple[Promise, ...]]] = {
    "theme": (_("Colours"), (_("As the system"), _("Light"), _("Dark"))),
    "hand": (_("Hand that writes"), (_("Right"), _("Left"))),
    "sound": (_("Sound when an alarm is new"), (_("Off"), _("On"))),
    "names": (_("On the chair board"), (_("Initials"), _("Names"))),
    "keys": (_("Keys such as 1, V and S"), (_("On"), _("Off"))),
}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The header's content; nearly nothing for somebody who is not signed in."""
    user = getattr(request, "user", None)
    chosen = tablet.of(request)
    if not isinstance(user, Staff):
        return {"nav_items": [], "tablet": chosen}
    sees = may(user, Deed.SEE_ALERTS)
    return {
        "nav_items": SimpleLazyObject(lambda: _places(request, user)),
        "tablet": chosen,
        "idle_ms": int(settings.IDLE_LOCKS_AFTER.total_seconds() * 1000),
        "is_locked": SimpleLazyObject(lambda: log_in.is_locked(request.session)),
        "tablet_lines": SimpleLazyObject(lambda: tablet_lines(chosen)),
        "may_see_alarms": sees,
        "may_run_sessions": may(user, Deed.RUN_SESSION),
        "alarms": SimpleLazyObject(lambda: _alarms(user)) if sees else [],
    }


def _places(request: HttpRequest, user: Staff) -> list[NavItem]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    items = []
    for label, name, deed in PLACES:
        if may(user, deed):
            badge = _open_alerts(user) if name == "alerts:list" else 0
            is_main = user.role != Role.NURSE or name in NURSES_BAR
            active = here == name or (name == "alerts:list" and here.startswith("alerts:"))
            items.append(NavItem(label, reverse(name), active, badge, is_main))
    return items


def _alarms(user: Staff) -> list[Alarm]:
    return strip(alerts_for(user.clinic_id), timezone.now())


def tablet_lines(chosen: tablet.Tablet) -> list[dict[str, Any]]:
    """The choices of the menu with their words."""
    return [
        {
            "name": name,
            "label": label,
            "choices": [
                {"value": value, "label": word, "is_chosen": value == getattr(chosen, name)}
                for value, word in zip(tablet.CHOICES[name], words, strict=True)
            ],
        }
        for name, (label, words) in LINE_WORDS.items()
    ]


def _open_alerts(user: Staff) -> int:
    return visible_to(user, Alert).open().count()  # type: ignore[attr-defined]
