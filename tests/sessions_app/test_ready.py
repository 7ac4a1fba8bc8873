"""A query whose text was made once says what the ORM would say, for whatever values come later."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import CharField, UUIDField
from django.test.utils import CaptureQueriesContext

from sessions_app.models import HelpLine, Patient
from sessions_app.ready import Given, Ready
from tests.conftest import START

pytestmark = pytest.mark.django_db

NAMED = Ready(
    lambda: Patient.objects.select_related("clinic").filter(pk=Given(0, UUIDField())).order_by()[:1]
)
LABELS = Ready(
    lambda: (
        HelpLine.objects.filter(
            clinic=Given(1, UUIDField()), kind=Given(0, CharField()), retired_at=None
        )
        .order_by("label")
        .values_list("label", "tested_at")
    )
)


def test_whole_rows_come_with_the_rows_that_they_name(maya: Patient) -> None:
    for _again in range(2):
        with CaptureQueriesContext(connection) as asked:
            found = NAMED.first(maya.pk)
            assert found is not None
            clinic = found.clinic
        assert len(asked) == 1
        expected = Patient.objects.get(pk=maya.pk)
        for field in Patient._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(expected, field.attname), field.name
        assert (clinic.pk, clinic.opens_at) == (maya.clinic.pk, expected.clinic.opens_at)


def test_a_key_may_come_as_text_and_an_unknown_one_finds_nothing(maya: Patient) -> None:
    assert NAMED.first(str(maya.pk)) == maya
    assert NAMED.first(uuid4()) is None


def test_each_value_goes_to_its_own_place_and_is_asked_anew(maya: Patient) -> None:
    for label, hours in (("B", 0), ("A", 1)):
        HelpLine.objects.create(
            clinic=maya.clinic,
            kind="crisis",
            label=label,
            number="000",
            hours="always",
            tested_at=START + timedelta(hours=hours),
        )
    known = [("A", START + timedelta(hours=1)), ("B", START)]
    assert LABELS.rows("crisis", maya.clinic_id) == known
    assert LABELS.rows("clinic", maya.clinic_id) == []
    HelpLine.objects.filter(label="A").update(retired_at=START)
    assert LABELS.rows("crisis", maya.clinic_id) == known[1:]
