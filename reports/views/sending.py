"""Answers that are files. A file's name ends up in folders and mails: it names nobody."""

from __future__ import annotations

from django.http import HttpResponse

from sessions_app.models import Patient

CSV = "text/csv; charset=utf-8"


def attached(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """A file that the browser saves under `name`; a text is sent as UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def shown_pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF that the browser shows, and saves under `name` when asked."""
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def number_in_name(patient: Patient) -> str:
    """The patient's number as a file's name may hold it."""
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in patient.number)
