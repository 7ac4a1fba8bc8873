"""One error shape (problem+json, RFC 9457) and one kind of paging for the whole API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.refusals import already_saved, explain


class Pages(LimitOffsetPagination):
    """At most 500 rows a page."""

    default_limit = 100
    max_limit = 500


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as {type, title, status, errors: [{field, code, limit, value,
    message, next}]}.
    """
    if isinstance(exc, RuleBroken):
        return _problem(422, "A rule was broken", [_rule(error) for error in exc.errors])
    if isinstance(exc, AlreadySaved):
        words = already_saved(exc.row)
        return _problem(409, str(words.message), [_error("write_key", "already_saved", *words)])
    response = drf_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.ValidationError):
        return _problem(422, "The request has errors", list(_flat(exc.detail, exc.get_codes())))
    if isinstance(exc, (Http404, exceptions.NotFound)):
        return _problem(404, "Not found", [])
    if isinstance(exc, (PermissionDenied, exceptions.PermissionDenied)):
        return _problem(403, "Not allowed", [])
    title = str(getattr(exc, "detail", "Error"))
    return _problem(response.status_code, title, [], headers=dict(response.items()))


def _problem(
    code: int, title: str, errors: list[dict[str, Any]], headers: dict[str, str] | None = None
) -> Response:
    body = {"type": "about:blank", "title": title, "status": code, "errors": errors}
    kept = {key: value for key, value in (headers or {}).items() if key in KEPT_HEADERS}
    return Response(body, status=code, headers=kept, content_type="application/problem+json")


KEPT_HEADERS = {"WWW-Authenticate", "Retry-After", "Allow"}
PROBLEM_STATUSES = (status.HTTP_409_CONFLICT, status.HTTP_422_UNPROCESSABLE_ENTITY)


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
        yield _error(field, str(codes), detail, "")
