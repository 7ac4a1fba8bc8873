"""What every page's header needs: the places that the person's role may go to."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Alert, Staff
from sessions_app.permissions import may, visible_to
from sessions_app.roles import Deed, Role


class NavItem(NamedTuple):
    label: Promise
    url: str
    active: bool
    badge: int


PLACES: tuple[tuple[Promise, str, Deed], ...] = (
    (_("Chairs"), "care:chairs", Deed.SEE_CHAIRS),
    (_("Today's list"), "care:today", Deed.SEE_PATIENTS),
    (_("Alerts"), "alerts:list", Deed.SEE_ALERTS),
    (_("Check-ins"), "care:checkin_links", Deed.HANDLE_CHECK_INS),
    (_("Patients"), "review:patients", Deed.SEE_PATIENTS),
    (_("Outcomes"), "review:outcomes", Deed.SEE_OUTCOMES),
    (_("Clinic"), "clinic:home", Deed.MANAGE_CLINIC),
)
HOMES = {
    Role.NURSE: "care:chairs",
    Role.PHYSICIAN: "alerts:list",
    Role.LEAD: "clinic:home",
    Role.RESEARCHER: "review:outcomes",
}


def navigation(request: HttpRequest) -> dict[str, list[NavItem]]:
    """`nav_items` for the header; empty for somebody who is not signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, Staff):
        return {"nav_items": []}
    here = request.resolver_match.view_name if request.resolver_match else ""
    items = []
    for label, name, deed in PLACES:
        if may(user, deed):
            badge = _open_alerts(user) if name == "alerts:list" else 0
            items.append(NavItem(label, reverse(name), here == name, badge))
    return {"nav_items": items}


def _open_alerts(user: Staff) -> int:
    return visible_to(user, Alert).open().count()  # type: ignore[attr-defined]
