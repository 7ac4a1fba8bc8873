"""What leaves the clinic about one patient: it says what the page says, and is written down."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from reports.dashboards import timeline
from reports.dashboards.evidence import evidence_of
from reports.dashboards.timeline_page import timeline_page
from reports.exports.letter_words import evidence_sheet, letter
from reports.exports.paper import Paper, paper_pdf
from sessions_app.models import (
    Alert,
    AuditEvent,
    Patient,
    SideEffect,
    Staff,
    TreatmentCourse,
    VitalReading,
)
from tests.conftest import START
from tests.reports.invented import devices, infusion, score
from tests.reports.pdf_tags import tagged

pytestmark = pytest.mark.any_engine
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARKUP = "#strong[x] *b* $y$ <label>"


@pytest.fixture
def treated(course: TreatmentCourse, nia: Staff) -> Patient:
    """Two sessions; PHQ-9 21, 12, 10, 4 and 15, the first of them before the first dose."""
    patient = course.patient
    patient.medicines = MARKUP
    patient.save()
    for number in range(2):
        at = START + number * 9 * DAY
        session = infusion(course, nia, at)
        score(patient, at - HOUR, 2)
        score(patient, at + 2 * HOUR, 8)
        score(patient, at + 5 * DAY, 8)
        facts = {"clinic": session.clinic, "session": session, "recorded_at": at}
        VitalReading.objects.create(
            systolic=150 + 16 * number, diastolic=97, taken_at=at + HOUR, **facts
        )
        SideEffect.objects.create(code="nausea", grade="mild", taken_at=at, **facts)
    for days, value in ((-1, 21), (3, 12), (10, "10.5"), (20, 4), (40, 15)):
        score(patient, START + days * DAY, value, "phq9")
    Alert.objects.create(
        clinic=patient.clinic, patient=patient, level="medium", code="suicide_item", raised_at=START
    )
    return patient


def paper_of(write: Any, patient: Patient, by: Staff) -> Paper:
    with timezone.override(patient.clinic.time_zone):
        made: Paper = write(timeline(by, patient), by)
        return made


def every_word(paper: Paper) -> list[str]:
    found = [paper.title, paper.to, paper.made, *paper.sender, *paper.paragraphs, *paper.closing]
    found += [part for fact in paper.facts for part in fact]
    for table in paper.tables:
        found += [table.title, *table.lines, *(cell for row in table.rows for cell in row)]
        found += table.heads if table.rows else []
    return [word for word in found if word]


def plain(text: str) -> str:
    return re.sub(r"[\s\u00ad\u00a0-]", "", unicodedata.normalize("NFKC", text))


def test_the_course_is_measured_from_the_last_score_before_its_first_dose(
    treated: Patient, dr_patel: Staff
) -> None:
    evidence = evidence_of(timeline(dr_patel, treated))
    assert evidence is not None
    phq9 = evidence.of("phq9")
    assert phq9 is not None and phq9.baseline and phq9.latest and phq9.best
    assert (phq9.baseline.value, phq9.latest.value, phq9.best.value) == (21, 15, 4)
    # 10.5 is exactly half of 21, and half is enough; 4 is the cut of remission.
    assert phq9.response is not None and phq9.response.value == Decimal("10.5")
    assert phq9.remission is not None and phq9.remission.value == 4
    assert phq9.gone == pytest.approx(6 / 21)
    assert (phq9.is_response_now, phq9.is_remission_now) == (False, False)
    assert [line.number for line in evidence.sessions] == [1, 2]
    assert [(each.sessions, each.total_mg) for each in evidence.given] == [(2, Decimal(72))]
    assert [(each.code, each.sessions, each.worst_grade) for each in evidence.felt] == [
        ("nausea", 2, "mild")
    ]


def test_an_earlier_course_is_not_in_the_evidence_of_the_present_one(
    treated: Patient, course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    later = START + 200 * DAY
    devices(course, nia, later)
    score(treated, later - HOUR, 18, "phq9")
    evidence = evidence_of(timeline(dr_patel, treated))
    assert evidence is not None
    assert [line.number for line in evidence.sessions] == [3]
    phq9 = evidence.of("phq9")
    assert phq9 is not None and phq9.baseline and phq9.baseline.value == 18
    assert (phq9.latest, phq9.response, phq9.gone) == (None, None, None)


def test_a_prorated_score_and_a_score_too_old_are_no_baseline(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    infusion(course, nia, START)
    score(course.patient, START - 15 * DAY, 20, "phq9")
    score(course.patient, START - HOUR, 20, "phq9", is_prorated=True)
    score(course.patient, START + 5 * DAY, 3, "phq9")
    evidence = evidence_of(timeline(dr_patel, course.patient))
    assert evidence is not None
    phq9 = evidence.of("phq9")
    assert phq9 is not None and phq9.baseline is None
    assert (phq9.response, phq9.gone, phq9.is_response_now) == (None, None, None)
    assert phq9.remission is not None


@pytest.mark.parametrize("write", [letter, evidence_sheet])
def test_the_pdf_holds_every_word_is_tagged_and_names_nobody_outside_its_pages(
    write: Any, treated: Patient, dr_patel: Staff
) -> None:
    paper = paper_of(write, treated, dr_patel)
    pdf = PdfReader(io.BytesIO(paper_pdf(paper, START)))
    text = plain("".join(page.extract_text() for page in pdf.pages))
    missing = [
        word
        for word in every_word(paper)
        if plain(word) not in text and not all(plain(part) in text for part in word.split())
    ]
    assert missing == []
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert b"pdfuaid:part" in pdf.xmp_metadata.stream.get_data()  # type: ignore[union-attr]
    assert pdf.metadata and "Vale" not in (pdf.metadata.title or "")


def test_letter_sheet_and_page_say_the_same(treated: Patient, dr_patel: Staff) -> None:
    with timezone.override(treated.clinic.time_zone):
        seen = timeline(dr_patel, treated)
        page = timeline_page(seen)
        papers = [letter(seen, dr_patel), evidence_sheet(seen, dr_patel)]
    for paper in papers:
        words = every_word(paper)
        assert any(page["headline"] in word for word in words)
        for line in page["lines"]:
            assert line.began in words and line.lasted in words
        assert any("10.5" in word or "28 %" in word.replace("\u00a0", " ") for word in words)
    (fact,) = [fact for fact in page["facts"] if fact.label == "PHQ-9"]
    assert fact.value == "21 → 15"


def test_an_insurer_reads_no_risk_answers_and_no_medicines(
    treated: Patient, dr_patel: Staff
) -> None:
    told = " ".join(every_word(paper_of(letter, treated, dr_patel)))
    sheet = " ".join(every_word(paper_of(evidence_sheet, treated, dr_patel)))
    assert "thoughts of death" in told
    assert "thoughts of death" not in sheet
    assert MARKUP not in sheet
    for word in ("because", "caused by", "thanks to", "due to", "effective"):
        assert word not in told.lower() and word not in sheet.lower()


def test_before_the_first_dose_both_say_so(maya: Patient, dr_patel: Staff) -> None:
    for write in (letter, evidence_sheet):
        paper = paper_of(write, maya, dr_patel)
        assert any("No session with a dose yet." in word for word in every_word(paper))
        assert paper_pdf(paper, START).startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["letter", "evidence"])
def test_each_file_leaves_one_line_and_only_some_may_write_it(
    client: Client, maya: Patient, dr_patel: Staff, nia: Staff, otto: Staff, name: str
) -> None:
    for person, status in ((nia, 403), (otto, 403)):
        client.force_login(person)
        assert client.get(f"/patients/{maya.pk}/{name}.pdf").status_code == status
        assert not AuditEvent.objects.filter(by=person, tag="export").exists()
    client.force_login(dr_patel)
    answer = client.get(f"/patients/{maya.pk}/{name}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert "Vale" not in answer["Content-Disposition"]
    lines = AuditEvent.objects.filter(by=dr_patel, tag="export")
    assert [(line.patient_id, line.reason) for line in lines] == [(maya.pk, f"{name}.pdf")]


def figures(pdf: PdfReader) -> list[str]:
    """What is said of each figure in the tagged structure."""
    return [str(one.get("/Alt")) for one in tagged(pdf) if one["/S"] == "/Figure"]


def test_the_letter_shows_the_course_with_its_words_and_does_without_when_drawing_fails(
    client: Client, treated: Patient, dr_patel: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(dr_patel)
    said = timeline_page(timeline(dr_patel, treated))["headline"]
    url = f"/patients/{treated.pk}/letter.pdf"
    drawn = PdfReader(io.BytesIO(client.get(url).content))
    assert [alt for alt in figures(drawn) if plain(said) in plain(alt)]

    def broken(*_args: object) -> str:
        raise ValueError("no ink")

    monkeypatch.setattr("reports.dashboards.timeline_charts.timeline_svg", broken)
    without = PdfReader(io.BytesIO(client.get(url).content))
    assert figures(without) == []
    assert plain(said) in plain(without.pages[0].extract_text())


def test_the_letter_goes_to_whom_it_is_written_and_nobody_keeps_the_address(
    client: Client, treated: Patient, dr_patel: Staff
) -> None:
    client.force_login(dr_patel)
    url = f"/patients/{treated.pk}/letter/"
    page = client.get(url).content.decode()
    assert "They are printed and not kept." in page
    typed = "  Dr. Ines Okoro \r\n\r\nHill Road 4 #strong[x]\r\n10115 Berlin"
    made = client.post(url, {"to": typed})
    assert made["Content-Type"] == "application/pdf"
    assert "Okoro" not in str(made.headers)
    first = plain(PdfReader(io.BytesIO(made.content)).pages[0].extract_text())
    assert plain("To: Dr. Ines Okoro Hill Road 4 #strong[x] 10115 Berlin") in first
    lines = AuditEvent.objects.filter(by=dr_patel).order_by("pk")
    assert [(line.tag, line.reason) for line in lines] == [
        *(("patient:look", ""), ("export", "letter.pdf"))
    ]
    assert "Okoro" not in client.get(url).content.decode()


def test_a_letter_to_nobody_has_room_to_write_the_address(
    client: Client, treated: Patient, dr_patel: Staff
) -> None:
    client.force_login(dr_patel)
    blank = client.post(f"/patients/{treated.pk}/letter/", {"to": " \r\n "})
    plain_letter = client.get(f"/patients/{treated.pk}/letter.pdf")
    texts = [
        PdfReader(io.BytesIO(each.content)).pages[0].extract_text()
        for each in (blank, plain_letter)
    ]
    assert texts[0] == texts[1]
    assert "To:" in texts[0]


def test_an_address_too_long_for_the_letter_is_refused_and_kept_in_the_form(
    client: Client, treated: Patient, dr_patel: Staff
) -> None:
    client.force_login(dr_patel)
    lines = "\n".join(f"Line {n}" for n in range(9))
    answer = client.post(f"/patients/{treated.pk}/letter/", {"to": lines})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Write at most 8 lines." in text
    assert "Line 8" in text
    assert not AuditEvent.objects.filter(tag="export").exists()
