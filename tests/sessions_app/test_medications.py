"""Other medicines given during a session: what is kept, refused, corrected and shown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.corrections import correct_medication, strike_entry
from sessions_app.actions.medications import Medicine, record_medication
from sessions_app.chairside.session_entries import entry_rows
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import AuditEvent, MedicationGiven, Staff, TreatmentSession, new_key
from sessions_app.rules import medications
from sessions_app.words.medication_words import (
    MEDICATION_ROUTE_WORDS,
    MEDICATION_WORDS,
    UNIT_WORDS,
    amount_words,
    medication_line,
)
from tests.api_client import Api, errors_of
from tests.conftest import START
from tests.sessions_app.chairside_people import ONDANSETRON, at, codes, dose, sign

pytestmark = pytest.mark.django_db
LABETALOL = {
    "drug": "labetalol",
    "amount": "10",
    "unit": "mg",
    "route": "iv",
    "reason": "184/112",
    "ordered_by": "Dr Asha Patel",
}


def give(session: TreatmentSession, by: Staff, minute: float = 12, **facts: Any) -> MedicationGiven:
    given = {"medicine": ONDANSETRON, **facts}
    return record_medication(by=by, session=session, write_key=None, clock=at(minute), **given)


def test_a_medicine_is_kept_with_dose_route_time_reason_and_who_ordered_it(
    session: TreatmentSession, nia: Staff
) -> None:
    row = give(session, nia)
    assert medication_line(row) == "Ondansetron 4\u00a0mg into a vein"
    assert (row.reason, row.ordered_by, row.taken_at) == (
        "nausea",
        "Dr Asha Patel",
        START + timedelta(minutes=12),
    )
    line = AuditEvent.objects.get(tag="medication:record")
    assert (line.by, line.row) == (nia, f"medicationgiven:{row.pk}")


def test_every_code_has_its_words() -> None:
    assert set(MEDICATION_WORDS) == set(medications.MEDICATIONS)
    assert set(UNIT_WORDS) == set(medications.UNITS)
    assert set(MEDICATION_ROUTE_WORDS) == set(medications.ROUTES)
    assert list(medications.MEDICATIONS) == sorted(medications.MEDICATIONS), "by letter only"


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        ("4.000", "mg", "4\u00a0mg"),
        ("0.500", "mg", "0.5\u00a0mg"),
        ("250", "mcg", "250\u00a0mcg"),
        ("1000", "ml", "1,000\u00a0mL"),
        ("2", "puffs", "2\u00a0puffs"),
    ],
)
def test_an_amount_has_no_trailing_zero_and_its_unit_beside_it(
    amount: str, unit: str, text: str
) -> None:
    assert amount_words(Decimal(amount), unit) == text


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"drug": ""}, "drug", "required"),
    ({"drug": "hemlock"}, "drug", "unknown_choice"),
    ({"drug": "other"}, "other_text", "required"),
    ({"amount": ""}, "amount", "required"),
    ({"amount": "0"}, "amount", "implausible_low"),
    ({"amount": "-4"}, "amount", "implausible_low"),
    ({"unit": ""}, "unit", "required"),
    ({"unit": "cc"}, "unit", "unknown_choice"),
    ({"route": ""}, "route", "required"),
    ({"route": "nose"}, "route", "unknown_choice"),
    ({"reason": " "}, "reason", "required"),
    ({"ordered_by": ""}, "ordered_by", "required"),
    ({"reason": "x" * 201}, "reason", "too_long"),
]


@pytest.mark.parametrize(("change", "field", "code"), WRONG)
def test_what_is_missing_or_unknown_is_refused_by_the_deed(
    session: TreatmentSession, nia: Staff, change: dict[str, Any], field: str, code: str
) -> None:
    facts: dict[str, Any] = {**LABETALOL, **change}
    facts["amount"] = Decimal(facts["amount"]) if facts["amount"] else None
    with pytest.raises(RuleBroken) as refused:
        give(session, nia, medicine=Medicine(**facts))
    assert codes(refused.value) == {(field, code)}
    assert not MedicationGiven.objects.exists()


@pytest.mark.parametrize(("change", "field", "code"), WRONG)
def test_what_is_missing_or_unknown_is_refused_at_both_doors(
    as_nia: Client, nia: Staff, session: TreatmentSession, change: Any, field: str, code: str
) -> None:
    body = {"write_key": str(new_key()), **LABETALOL, **change}
    page = as_nia.post(f"/s/{session.pk}/medications/", body)
    api = Api(nia).post(f"sessions/{session.pk}/medications/", **LABETALOL | change)
    assert (page.status_code, api.status_code) == (422, 422)
    assert field in errors_of(api)
    assert f'id="medication_{field}_error"' in page.content.decode()
    assert not MedicationGiven.objects.exists()


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_medicine_in_words_is_kept_at_both_doors(
    as_nia: Client, nia: Staff, session: TreatmentSession, door: str
) -> None:
    body = LABETALOL | {"drug": "other", "other_text": "droperidol", "amount": "0.625"}
    if door == "page":
        body["write_key"] = str(new_key())
        assert as_nia.post(f"/s/{session.pk}/medications/", body).status_code == 302
    else:
        assert Api(nia).post(f"sessions/{session.pk}/medications/", **body).status_code == 201
    row = MedicationGiven.objects.get()
    assert (medication_line(row), row.amount) == (
        "droperidol 0.625\u00a0mg into a vein",
        Decimal("0.625"),
    )


def test_the_same_key_is_one_medicine_and_another_body_is_refused(
    session: TreatmentSession, nia: Staff
) -> None:
    key = new_key()
    send = {"by": nia, "session": session, "write_key": key, "clock": at(12)}
    first = record_medication(medicine=ONDANSETRON, **send)
    assert record_medication(medicine=ONDANSETRON, **send) == first
    with pytest.raises(AlreadySaved):
        record_medication(medicine=Medicine(**{**vars(ONDANSETRON), "amount": Decimal(8)}), **send)
    assert MedicationGiven.objects.count() == 1


def test_a_struck_medicine_stays_to_be_seen_and_counts_no_more(
    as_nia: Client, session: TreatmentSession, nia: Staff
) -> None:
    row = give(session, nia)
    page = as_nia.get(f"/s/{session.pk}/strike/medication/{row.pk}/").content.decode()
    assert "Ondansetron 4\u00a0mg into a vein, nausea, ordered by Dr Asha Patel" in page
    body = {"write_key": str(new_key()), "reason": "given to chair 2"}
    answer = as_nia.post(f"/s/{session.pk}/strike/medication/{row.pk}/", body)
    assert answer.status_code == 302
    assert not session.medications.standing().exists()
    (entry,) = [entry for entry in entry_rows(session) if entry.entry == row]
    assert (entry.what, entry.strike.reason) == ("Medicine", "given to chair 2")
    table = as_nia.get(f"/s/{session.pk}/table/").content.decode()
    assert "<s>Ondansetron" in table
    with pytest.raises(RuleBroken) as again:
        strike_entry(by=nia, entry=row, reason="again", write_key=None)
    assert codes(again.value) == {("session", "already_struck")}


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_corrected_medicine_names_what_it_replaces_and_keeps_its_time(
    as_nia: Client, nia: Staff, session: TreatmentSession, door: str
) -> None:
    row = give(session, nia, medicine=Medicine(**LABETALOL | {"amount": Decimal(100)}))
    right = LABETALOL | {"correction": "typed a zero too many"}
    if door == "page":
        address = f"/s/{session.pk}/medications/{row.pk}/correct/"
        assert 'value="100"' in as_nia.get(address).content.decode()
        body = {"write_key": str(new_key()), "taken_at": "2026-03-02 10:12", **right}
        assert as_nia.post(address, body).status_code == 302
    else:
        answer = Api(nia).post(f"medications/{row.pk}/corrections/", **right)
        assert answer.status_code == 201, answer.content
    new = session.medications.standing().get()
    assert (new.amount, new.replaces, new.taken_at) == (Decimal(10), row, row.taken_at)
    row.refresh_from_db()
    assert row.strike.reason == "typed a zero too many"


def test_a_correction_sent_twice_is_one(session: TreatmentSession, nia: Staff) -> None:
    row, key = give(session, nia), new_key()
    for _each in range(2):
        correct_medication(
            by=nia,
            medication=row,
            medicine=ONDANSETRON,
            reason="wrong minute",
            taken_at=START + timedelta(minutes=9),
            write_key=key,
            clock=at(20),
        )
    assert MedicationGiven.objects.count() == 2


def test_after_signing_only_what_was_given_before_is_kept_as_late(
    session: TreatmentSession, nia: Staff
) -> None:
    sign(session, nia, minute=60, end="transferred", reason="ill", **_more(session, nia))
    with pytest.raises(RuleBroken) as refused:
        give(session, nia, minute=61)
    assert codes(refused.value) == {("session", "session_signed")}
    late = give(session, nia, minute=70, taken_at=START + timedelta(minutes=30))
    assert late.is_late_entry


def _more(session: TreatmentSession, nia: Staff) -> dict[str, Any]:
    """The pump is stopped, and what this end asks."""

    dose(session, nia, 50, "stop")
    return {"transferred_to": "St. Anne's", "handover": "told the crew the dose"}


def test_the_page_lists_what_was_given_and_offers_the_next(
    as_nia: Client, session: TreatmentSession, nia: Staff
) -> None:
    give(session, nia)
    page = as_nia.get(f"/s/{session.pk}/").content.decode()
    assert "Ondansetron 4\u00a0mg into a vein, nausea, ordered by Dr Asha Patel" in page
    assert '<option value="Dr Asha Patel">' in page or "standing order" in page
    assert 'data-queue="medication"' in page


def test_another_clinics_medicine_is_not_found(
    as_nia: Client, otto: Staff, session: TreatmentSession, nia: Staff
) -> None:
    row = give(session, nia)
    stranger = Client()
    stranger.force_login(otto)
    for address in (
        f"/s/{session.pk}/medications/{row.pk}/correct/",
        f"/s/{session.pk}/strike/medication/{row.pk}/",
        f"/api/v1/sessions/{session.pk}/medications/",
    ):
        assert stranger.get(address).status_code == 404
