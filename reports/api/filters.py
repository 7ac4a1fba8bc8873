"""The filters of the pages at the API's door: what can be asked for, and what is wrong with it."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError

from reports.forms.fields import FilterForm


def parameters(form: type[FilterForm]) -> list[OpenApiParameter]:
    """Every field of the filter as a parameter that may be left out."""
    return [OpenApiParameter(name, OpenApiTypes.STR, required=False) for name in form.names()]


def wrong(form: FilterForm) -> ValidationError:
    """The form's errors by field, with their codes."""
    return ValidationError(
        {
            field: [
                ErrorDetail(message, error.code or "invalid")
                for error in errors
                for message in error.messages
            ]
            for field, errors in form.errors.as_data().items()
        }
    )
