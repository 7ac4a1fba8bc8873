"""What every API view does: who may, whose zone, right shape, own clinic's rows only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from sessions_app import audit
from sessions_app.errors import refuse
from sessions_app.models import Staff
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed
from sessions_app.views.gate import OWNER_HEADER

Row = TypeVar("Row", bound=Model)


class Instant(serializers.DateTimeField):
    """A moment. Written in UTC; read only with its offset, because a bare time is a guess."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "no_offset": _("Write the time with its offset, such as 2026-03-02T10:00:00+01:00.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        return super().enforce_timezone(value)


class Shape(serializers.Serializer[Any]):
    """What may be sent. A field that is not named here is refused, never quietly dropped:
    a value under a misspelt name would be lost, and a server's own field is nobody's to send.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                words = _("This field is not known here.")
                raise ValidationError({str(name): [words] for name in unknown}, "unknown_field")
        return super().to_internal_value(data)


class WriteShape(Shape):
    """Every write carries a key made by the client: sent twice, it is done once."""

    write_key = serializers.UUIDField()


class ApiView(APIView):
    """`deeds` says by method what a role must be allowed to do; no deed, no way in."""

    deeds: ClassVar[dict[str, Deed]] = {}
    pagination_class: Any = api_settings.DEFAULT_PAGINATION_CLASS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A token's request is in its clinic's zone too: refusals print times. An entry that
        waited on a device goes out under the log-in of who typed it, here as at the pages.
        """
        super().initial(request, *args, **kwargs)
        owner = request.headers.get(OWNER_HEADER)
        if owner and str(request.user.pk) != owner:
            raise NotAuthenticated
        timezone.activate(request.user.clinic.time_zone)

    def checked(self, shape: type[Shape], *, partial: bool = False) -> dict[str, Any]:
        """The request's body in the right shape, or 422."""
        try:
            return dict(_kept(shape, partial).run_validation(self.request.data))
        except ValidationError:
            body = shape(data=self.request.data, partial=partial)
            body.is_valid(raise_exception=True)  # the same error, in DRF's own words
            raise

    def query(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The address's parameters in the right shape, or 422. Unknown ones mean nothing."""
        asked = shape(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def page(self, rows: QuerySet[Any], shape: type[serializers.Serializer[Any]]) -> Response:
        """One page of `rows`."""
        pages = self.pagination_class()
        found = pages.paginate_queryset(rows, self.request, view=self)
        out: Any = shape(found, many=True)
        return pages.get_paginated_response(out.data)

    def audited_list(
        self, rows: QuerySet[Any], shape: type[serializers.Serializer[Any]]
    ) -> Response:
        """One page of a list, and the one audit line that somebody looked at it."""
        audit.record(audit.Tag.LIST_LOOK, by=self.request.user)
        return self.page(rows, shape)


@lru_cache
def _kept(
    shape: type[serializers.Serializer[Any]], partial: bool = False
) -> serializers.Serializer[Any]:
    """A shape made once. It holds no request and no row: making its fields anew for each would
    cost more than using them.
    """
    return shape(partial=partial)


def shown(row: Any, shape: type[serializers.Serializer[Any]]) -> Response:
    return Response(_kept(shape).to_representation(row))


def created(row: Any, shape: type[serializers.Serializer[Any]]) -> Response:
    """201, the first time and every time the same write is sent again."""
    return Response(_kept(shape).to_representation(row), status=status.HTTP_201_CREATED)


def choose(
    model: type[Row],
    user: Staff,
    pk: UUID | None,
    field: str,
    deed: Deed = Deed.SEE_PATIENTS,
    **more: Any,
) -> Row:
    """The row that a body names, or RuleBroken: alike for a missing one and another clinic's."""
    row = visible_to(user, model, deed).filter(pk=pk, **more).first()
    if row is None:
        raise refuse(field, "unknown_choice", value=pk)
    return row


class NoSuchAddress(APIView):
    """Every address below /api/ that is none: a problem like any other, never a page."""

    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
