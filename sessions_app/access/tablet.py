"""What one tablet remembers of how it is used: a cookie, so that the first paint is right.

Nothing here is about a person or a patient; a value that is not on the list counts as not set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.http import HttpRequest, HttpResponse

COOKIE = "tablet"
A_YEAR_S = 365 * 24 * 60 * 60
CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "hand": ("right", "left"),
    "sound": ("off", "on"),
    "names": ("off", "on"),
    "keys": ("on", "off"),
}


@dataclass(frozen=True)
class Tablet:
    """The first choice of each list is the default.

    `sound`: two tones when an alarm is new. `names`: the board shows names in place of initials.
    `keys`: single keys open chairs.
    """

    theme: str = "system"
    hand: str = "right"
    sound: str = "off"
    names: str = "off"
    keys: str = "on"


def of(request: HttpRequest) -> Tablet:
    """The choices of the tablet that asks."""
    parts = (part.partition(":") for part in request.COOKIES.get(COOKIE, "").split("|"))
    return chosen({name: value for name, _colon, value in parts})


def chosen(values: Mapping[str, str]) -> Tablet:
    """The choices named in `values`; the default where a value is missing or unknown."""
    known = {name: values[name] for name, allowed in CHOICES.items() if values.get(name) in allowed}
    return Tablet(**known)


def remember(response: HttpResponse, tablet: Tablet, *, secure: bool) -> None:
    """Afterwards the tablet sends these choices with every request."""
    text = "|".join(f"{field.name}:{getattr(tablet, field.name)}" for field in fields(tablet))
    response.set_cookie(
        COOKIE, text, max_age=A_YEAR_S, secure=secure, httponly=True, samesite="Lax"
    )
