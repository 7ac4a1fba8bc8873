"""What holds for every answer: nothing is stored or guessed at, and times are the clinic's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]


class EveryAnswer:
    """No browser and no proxy keeps an answer; hashed static files are whitenoise's business.

    The other headers are Django's own, given here too to what is refused before Django gives them.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in (
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", settings.X_FRAME_OPTIONS),
            ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
            ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        ):
            response.headers.setdefault(name, value)
        return response


class ClinicZone:
    """Staff read and type times in their clinic's zone; rows stay in UTC."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clinic = getattr(request.user, "clinic", None)
        with timezone.override(clinic.time_zone if clinic else "UTC"):
            return self.get_response(request)
