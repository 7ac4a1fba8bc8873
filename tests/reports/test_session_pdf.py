"""The session's record as a PDF: tagged, whole, and made of text alone."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from reports.exports import session_pdf as export
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.effects import change_side_effect, record_side_effect
from sessions_app.actions.medications import Medicine, record_medication
from sessions_app.actions.signoff import Overruled, amend_session, confirm_check, void_sign_off
from sessions_app.chairside.session_record import Record, overruled_words, session_record
from sessions_app.models import AuditEvent, SessionCheck, Staff, TreatmentSession
from tests.conftest import START
from tests.reports.pdf_tags import tagged
from tests.sessions_app.chairside_people import at, make_ready, sign, vitals

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
MARKUP = "#strong[x] *b* _i_ $y$ <label> @ref `raw` // not a comment"


@pytest.fixture
def signed(session: TreatmentSession, nia: Staff, time_machine: Any) -> TreatmentSession:
    """Everything that a record can hold, with a void, an override and an amendment."""
    make_ready(session, nia)
    wrong = vitals(session, nia, 20, systolic=240, diastolic=93, spo2=95)
    strike_entry(by=nia, entry=wrong, reason="cuff slipped", write_key=None, clock=at(21))
    felt = record_side_effect(
        by=nia, session=session, code="nausea", grade="mild", write_key=None, clock=at(30)
    )
    change_side_effect(by=nia, effect=felt, kind="resolved", write_key=None, clock=at(50))
    ondansetron = Medicine(
        drug="ondansetron",
        amount=Decimal("4"),
        unit="mg",
        route="iv",
        reason=MARKUP,
        ordered_by="Dr Asha Patel",
    )
    record_medication(by=nia, session=session, medicine=ondansetron, write_key=None, clock=at(31))
    vitals(session, nia, 98, systolic=132, diastolic=84, spo2=97, moaas=5)
    confirm_check(
        by=nia, session=session, code="steady", is_met=False, write_key=None, clock=at(97)
    )
    why = Overruled("walks with a stick, as always", "Dr Asha Patel", "usual_for_them")
    first = sign(session, nia, overrides={"steady": why})
    void_sign_off(by=nia, sign_off=first, reason="forgot a thing", write_key=None, clock=at(100.5))
    sign(session, nia, 101, overrides={"steady": why})
    amend_session(
        by=nia,
        session=session,
        text="The cuff was on the left.\nThe right arm hurt.",
        reason="asked by the prescriber",
        write_key=None,
        clock=at(200),
    )
    time_machine.move_to(START + timedelta(minutes=210), tick=False)
    return session


def made(session: TreatmentSession) -> PdfReader:
    with timezone.override(session.clinic.time_zone):
        return PdfReader(io.BytesIO(export.session_pdf(session, at(210)())))


def record_of(session: TreatmentSession) -> Record:
    with timezone.override(session.clinic.time_zone):
        return session_record(session, at(210)())


def plain(text: str) -> str:
    """Without blanks, hyphens at line ends and ligatures: how a line broke does not matter."""
    return re.sub(r"[\s\u00ad\u00a0-]", "", unicodedata.normalize("NFKC", text))


def text_of(pdf: PdfReader) -> str:
    return plain("".join(page.extract_text() for page in pdf.pages))


def every_word(record: Record) -> list[str]:
    found = [record.title, record.made, *(part for fact in record.facts for part in fact)]
    for section in record.sections:
        cells = [cell for row in section.rows for cell in row]
        if not section.rows and not section.lines:
            found.append(section.empty)
        if section.rows:
            found += section.heads
        found += [section.title, *(cell.text for cell in (*cells, *section.lines))]
    return [word for word in found if word]


def test_the_pdf_holds_every_word_of_the_record(signed: TreatmentSession) -> None:
    text = text_of(made(signed))
    words = every_word(record_of(signed))
    assert len(words) > 150
    # A cell may break at the end of a page: the footer then stands between its halves.
    missing = [word for word in words if plain(word) not in text and not _halves(word, text)]
    assert missing == []


def test_what_decided_a_check_is_told_as_people_write_it(signed: TreatmentSession) -> None:
    assert "Measured, or why it went on" in every_word(record_of(signed))
    pressure = SessionCheck(measured="147/92", limit="140/90")
    consent = SessionCheck(measured="2026-05-11", limit="2029-05-10")
    assert overruled_words(pressure) == "147/92 (limit 140/90)"
    assert overruled_words(consent) == "11 May 2026 (limit 10 May 2029)"


def _halves(words: str, text: str) -> bool:
    return all(plain(word) in text for word in words.split())


@pytest.mark.parametrize(
    "words",
    [
        "Maya Vale",
        "240",
        "struck by Nia Adeyemi, 2 Mar 2026, 10:21: cuff slipped",
        "Ondansetron 4 mg",
        "Nausea",
        "Dr Asha Patel: Usual for this patient: walks with a stick, as always",
        "Taken back 2 Mar 2026, 11:40 by Nia Adeyemi: forgot a thing",
        "Handed over to Rui Vale",
        "with the PIN",
        "The cuff was on the left.",
        "asked by the prescriber",
    ],
)
def test_what_the_record_must_say_is_in_the_pdf(signed: TreatmentSession, words: str) -> None:
    assert plain(words) in text_of(made(signed))


def test_it_is_tagged_with_its_title_and_its_language(signed: TreatmentSession) -> None:
    pdf = made(signed)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata and pdf.metadata.title == f"Session record, N-1043 · {signed.pk}"
    assert "Maya" not in pdf.metadata.title
    assert b"pdfuaid:part" in pdf.xmp_metadata.stream.get_data()  # type: ignore[union-attr]
    with translation.override("es"):
        assert made(signed).trailer["/Root"]["/Lang"] == "es"


def test_table_heads_and_headings_are_known_as_such(signed: TreatmentSession) -> None:
    kinds = {str(element["/S"]) for element in tagged(made(signed))}
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/TR", "/P"} <= kinds


def test_text_that_looks_like_markup_stays_text(signed: TreatmentSession) -> None:
    assert plain(MARKUP) in text_of(made(signed))


@pytest.mark.parametrize(
    "name", ["山田 太郎", "Zoë 😀 Ñuñez", "Юрий", "\u0001\u0007 bell", "\\u0001 C:\\new"]
)
def test_a_name_in_any_script_still_makes_a_file(signed: TreatmentSession, name: str) -> None:
    patient = signed.patient
    patient.given_name = name
    patient.save()
    text = text_of(made(signed))
    assert "Vale" in text
    for one in name:
        if one.isalpha() or ord(one) > 0xFFFF:
            assert one in text or f"[U+{ord(one):04X}]" in text


def test_the_page_and_the_pdf_say_the_same(
    client: Client, signed: TreatmentSession, nia: Staff
) -> None:
    client.force_login(nia)
    page = client.get(f"/s/{signed.pk}/print/").content.decode()
    text = plain(re.sub(r"<[^>]+>", " ", page).replace("&#x27;", "'").replace("&lt;", "<"))
    text = text.replace("&gt;", ">").replace("&amp;", "&")
    words = every_word(record_of(signed))
    assert [word for word in words if plain(word) not in text] == []


def test_reading_it_leaves_one_line_and_otto_sees_nothing(
    client: Client, signed: TreatmentSession, nia: Staff, otto: Staff
) -> None:
    client.force_login(otto)
    assert client.get(f"/s/{signed.pk}/record.pdf").status_code == 404
    assert not AuditEvent.objects.filter(by=otto).exists()
    client.force_login(nia)
    before = AuditEvent.objects.filter(tag="session:look").count()
    answer = client.get(f"/s/{signed.pk}/record.pdf")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "Vale" not in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(tag="session:look").count() == before + 1


def test_it_needs_no_font_of_the_machine(signed: TreatmentSession) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in made(signed).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert fonts
    assert all(font.startswith(("Libertinus", "DejaVu")) for font in fonts)


def test_a_record_printed_while_the_pump_runs_says_what_is_in_so_far(
    session: TreatmentSession,
) -> None:
    assert session.planned_mg == 36
    assert session.infusion_minutes == 40
    halfway = dict(session_record(session, at(20)()).facts)
    assert halfway["Dose given so far"] == "18\u00a0mg"
    assert "Dose given" not in halfway


def test_a_signed_record_says_the_whole_dose(signed: TreatmentSession) -> None:
    assert dict(session_record(signed, at(300)()).facts)["Dose given"] == "36\u00a0mg"
