"""One error shape (problem+json, RFC 9457) and one kind of paging for the whole API."""

from __future__ import annotations

import http
import sys
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.words.refusals import already_saved, explain

PROBLEM = "application/problem+json"
API_PREFIX = "/api/"
KEPT_HEADERS = {"WWW-Authenticate", "Retry-After", "Allow"}
DISK_FULL = 507
NO_ROOM = ("disk is full", "no space left")  # SQLite's words and PostgreSQL's
WAIT = {"Retry-After": "1"}
TOO_MANY_TRIES = "too_many_tries"


class Pages(LimitOffsetPagination):
    """At most 500 rows a page."""

    default_limit = 100
    max_limit = 500
    furthest = 1_000_000_000  # beyond it a database cannot count

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), self.furthest)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as {type, title, status, errors: [{field, code, limit, value,
    message, next}]}.
    """
    if isinstance(exc, RuleBroken):
        return _broken_rules(exc)
    if isinstance(exc, AlreadySaved):
        words = already_saved(exc.row)
        return _problem(409, str(words.message), [_error("write_key", "already_saved", *words)])
    if isinstance(exc, OperationalError):
        status = fault_status(exc)
        title = _("The server is busy. Nothing was saved. Send it again with the same write_key.")
        if status == DISK_FULL:
            title = _("The server's disk is full. Nothing was saved. Tell whoever runs the server.")
        return _problem(status, title, [], WAIT)
    if isinstance(exc, RequestDataTooBig):
        return _problem(413, _("The request is too large"), [])
    if isinstance(exc, (SuspiciousOperation, RecursionError)):
        return _problem(400, _("The request cannot be read"), [])
    response = drf_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flat(exc.detail, exc.get_codes()))
        return _problem(422, _("The request has errors"), errors)
    headers = dict(response.items())
    if isinstance(exc, (Http404, exceptions.NotFound)):
        return _problem(404, _("Not found"), [])
    if isinstance(exc, (PermissionDenied, exceptions.PermissionDenied)):
        return _problem(403, _("Not allowed"), [])
    return _problem(response.status_code, str(getattr(exc, "detail", "")), [], headers)


def _broken_rules(exc: RuleBroken) -> Response:
    errors = [_rule(error) for error in exc.errors]
    waits = [int(error.limit) for error in exc.errors if error.code == TOO_MANY_TRIES]
    if waits:
        wait = {"Retry-After": str(max(waits) * 60)}
        return _problem(429, _("Too many wrong tries"), errors, wait)
    return _problem(422, _("A rule was broken"), errors)


def _body(code: int, title: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": code, "errors": errors}


def _problem(
    code: int, title: str, errors: list[dict[str, Any]], headers: dict[str, str] | None = None
) -> Response:
    kept = {key: value for key, value in (headers or {}).items() if key in KEPT_HEADERS}
    return Response(_body(code, title, errors), status=code, headers=kept, content_type=PROBLEM)


def _rule(error: Any) -> dict[str, Any]:
    words = explain(error)
    return _error(
        error.field, error.code, words.message, words.next, limit=error.limit, value=error.value
    )


def _error(
    field: str, code: str, message: Any, next_step: Any, limit: str = "", value: Any = None
) -> dict[str, Any]:
    return {
        "field": field,
        "code": code,
        "limit": limit,
        "value": None if value is None else str(value),
        "message": str(message),
        "next": str(next_step),
    }


def _flat(detail: Any, codes: Any, field: str = "") -> Any:
    if isinstance(detail, dict):
        for key in detail:
            yield from _flat(detail[key], codes[key], f"{field}.{key}" if field else str(key))
    elif isinstance(detail, list):
        for part, code in zip(detail, codes, strict=True):
            yield from _flat(part, code, field)
    else:
        yield _error(field, str(codes), detail, _("Correct it and send it again."))


# --- what goes wrong outside every view


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before any view was reached: a host that is not ours, a request too large to read."""
    if not request.path.startswith(API_PREFIX):
        return defaults.bad_request(request, exception)
    return _plain_problem(413 if isinstance(exception, RequestDataTooBig) else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the fault is in the log, and nothing of it in the answer. A database that is busy or
    full is no fault of ours: 503 or 507, and what to do.
    """
    fault = sys.exc_info()[1]
    status = fault_status(fault) if isinstance(fault, OperationalError) else 500
    headers = WAIT if status != 500 else {}
    if request.path.startswith(API_PREFIX):
        return _plain_problem(status, headers)
    if status == 500:
        return defaults.server_error(request)
    page = loader.get_template("503.html").render({"disk_is_full": status == DISK_FULL})
    return HttpResponse(page, status=status, headers=headers)


def fault_status(fault: OperationalError) -> int:
    """507 when there is no room left to write, else 503: a lock was held for longer than a request
    may wait, or the server of the database is away. Nothing of the request was kept.
    """
    said = str(fault).lower()
    return DISK_FULL if any(words in said for words in NO_ROOM) else 503


def _plain_problem(code: int, headers: dict[str, str] | None = None) -> HttpResponse:
    body = _body(code, http.HTTPStatus(code).phrase, [])
    return JsonResponse(body, status=code, content_type=PROBLEM, headers=headers)
