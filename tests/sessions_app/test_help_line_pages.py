"""Help lines: a patient sees a number only after somebody here called it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import HelpLine, Staff
from tests.conftest import START
from tests.posting import post, said

pytestmark = pytest.mark.usefixtures("at_chair")


LINE = {
    "kind": "crisis",
    "language": "en",
    "label": "Crisis line of the city",
    "number": "0800 000",
    "hours": "day and night",
    "position": "1",
}


@pytest.fixture
def line(as_lena: Client) -> HelpLine:
    assert post(as_lena, "clinic:help_line_add", LINE).status_code == 302
    return HelpLine.objects.get()


def test_a_line_is_untested_until_somebody_called_it(
    as_lena: Client, line: HelpLine, lena: Staff
) -> None:
    assert line.tested_at is None
    assert "Not called yet" in said(as_lena.get(reverse("clinic:help_lines")))
    post(as_lena, "clinic:help_line_tested", {"number": "0800 000"}, line.pk)
    line.refresh_from_db()
    assert (line.tested_at, line.tested_by) == (START + timedelta(minutes=15), lena)


def test_a_new_number_must_be_called_again_and_a_new_label_need_not(
    as_lena: Client, line: HelpLine
) -> None:
    post(as_lena, "clinic:help_line_tested", {"number": "0800 000"}, line.pk)
    post(as_lena, "clinic:help_line_edit", LINE | {"label": "City line"}, line.pk)
    line.refresh_from_db()
    assert line.tested_at is not None
    post(as_lena, "clinic:help_line_edit", LINE | {"number": "0800 111"}, line.pk)
    line.refresh_from_db()
    assert line.tested_at is None
    assert line.history.count() == 4


def test_a_stamp_for_a_number_that_was_changed_meanwhile_is_refused(
    as_lena: Client, line: HelpLine
) -> None:
    url = reverse("clinic:help_line_tested", args=[line.pk])
    body = {"number": "0800 999", "write_key": str(uuid4())}
    assert "0800 000 now, not 0800 999" in said(as_lena.post(url, body, follow=True))
    line.refresh_from_db()
    assert line.tested_at is None


def test_a_retired_line_is_gone_from_the_list_and_kept_in_the_table(
    as_lena: Client, line: HelpLine
) -> None:
    assert "Retire" in said(as_lena.get(reverse("clinic:help_line_retire", args=[line.pk])))
    post(as_lena, "clinic:help_line_retire", {}, line.pk)
    line.refresh_from_db()
    assert line.retired_at is not None
    assert as_lena.get(reverse("clinic:help_line_edit", args=[line.pk])).status_code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": ""}, "Number is missing"),
        ({"hours": " "}, "Hours is missing"),
        ({"label": "x" * 81}, "at most 80"),
        ({"kind": "friend"}, "not one of"),
    ],
)
def test_a_wrong_line_is_refused(as_lena: Client, change: dict[str, str], message: str) -> None:
    answer = post(as_lena, "clinic:help_line_add", LINE | change)
    assert answer.status_code == 422
    assert message in said(answer)
    assert not HelpLine.objects.exists()
