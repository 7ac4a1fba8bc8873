"""Two things that hold for every response: nothing is stored, and times are the clinic's."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]


class NoStore:
    """No browser and no proxy keeps a page; hashed static files are whitenoise's business."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class ClinicZone:
    """Staff read and type times in their clinic's zone; rows stay in UTC."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clinic = getattr(request.user, "clinic", None)
        with timezone.override(clinic.time_zone if clinic else "UTC"):
            return self.get_response(request)
