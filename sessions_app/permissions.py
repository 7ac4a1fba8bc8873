"""Which rows a person may see. Load and permission are one call; a stranger's row answers 404."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import Http404

from sessions_app import roles
from sessions_app.models import Staff
from sessions_app.roles import Deed

Row = TypeVar("Row", bound=Model)


def may(user: Staff | AnonymousUser, deed: Deed) -> bool:
    """Whether this person, signed in and not gone, may do `deed`."""
    return isinstance(user, Staff) and user.is_active and roles.may(user.role, deed)


def visible_to(user: Staff, model: type[Row], deed: Deed = Deed.SEE_PATIENTS) -> QuerySet[Row]:
    """The rows of `model` in the person's own clinic; none at all without the right to `deed`."""
    rows: QuerySet[Row] = model._default_manager.all()
    if not may(user, deed):
        return rows.none()
    return rows.filter(clinic_id=user.clinic_id)


def load(
    model: type[Row],
    user: Staff,
    pk: object,
    deed: Deed = Deed.SEE_PATIENTS,
    *,
    related: tuple[str, ...] = (),
    **more: Any,
) -> Row:
    """The row, or Http404: the same for a missing one, another clinic's and a forbidden one.

    `related` names the rows it belongs to that are wanted in the same query.
    """
    try:
        rows = visible_to(user, model, deed)
        return (rows.select_related(*related) if related else rows).get(pk=pk, **more)
    except ObjectDoesNotExist:
        raise Http404 from None
