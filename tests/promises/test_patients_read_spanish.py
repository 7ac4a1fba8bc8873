"""A patient whose language is Spanish reads Spanish, on every page, in every state and message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import translation
from django.utils.translation import trans_real

from sessions_app.actions.answers import answer_item
from sessions_app.actions.check_in_links import mint_link
from sessions_app.instruments import REGISTRY, languages, text
from sessions_app.models import (
    Alert,
    Clinic,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from sessions_app.words.message_words import words_of
from tests.conftest import START
from tests.posting import post, said
from tests.sessions_app.check_in_people import make_help_lines, planned
from tests.sessions_app.progress_people import felt, phone_of

pytestmark = pytest.mark.any_engine


@pytest.mark.parametrize("code", ["mood_0_10", "pain_0_10", "compared_before", "still_bothering"])
def test_our_own_questions_exist_in_both_languages(code: str) -> None:
    assert {"en", "es"} <= set(languages(code))


@pytest.mark.parametrize("code", [code for code in REGISTRY if "es" in languages(code)])
def test_a_spanish_questionnaire_asks_the_same(code: str) -> None:
    english, spanish = text(code, "en"), text(code, "es")
    assert spanish.source
    assert spanish.licence
    assert spanish.items.keys() == english.items.keys()
    assert [value for value, _ in spanish.options] == [value for value, _ in english.options]
    assert len(spanish.difficulty_options) == len(english.difficulty_options)
    assert bool(spanish.stem) == bool(english.stem)
    assert bool(spanish.low_anchor) == bool(english.low_anchor)


@pytest.fixture
def unsaid(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The texts that a page asked for in Spanish and got in English."""
    found: set[str] = set()
    translation.gettext("")  # the functions below are there after the first use only
    known = trans_real.translation("es")._catalog

    def watch(name: str, places: tuple[int, ...]) -> None:
        real = getattr(translation._trans, name)

        def spy(*told: Any) -> str:
            if (translation.get_language() or "").startswith("es"):
                texts = [told[place] for place in places]
                context = f"{told[0]}\x04" if name.startswith(("p", "np")) else ""
                if texts[0] and not any(_has(known, context + one) for one in texts):
                    found.add(texts[0])
            return real(*told)

        monkeypatch.setattr(translation._trans, name, spy)

    for name, places in (("gettext", (0,)), ("ngettext", (0,)), ("pgettext", (1,))):
        watch(name, places)
    yield found
    assert found == set(), "a patient reads these in English"


def _has(known: Any, key: str) -> bool:
    plain = key.replace("\r\n", "\n").replace("\r", "\n")
    return any(one in known for one in (plain, (plain, 0), (plain, 1), (plain, True)))


@pytest.fixture
def rosa(session: TreatmentSession, northside: Clinic) -> Patient:
    """Maya speaks Spanish here."""
    make_help_lines(northside, language="es")
    session.patient.language = "es"
    session.patient.save()
    return session.patient


def in_spanish(answer: Any) -> str:
    page = said(answer)
    assert '<html lang="es">' in page
    assert 'lang="en"' not in page, "a question stands in another language"
    return page


def test_a_whole_check_in_is_in_spanish(
    rosa: Patient, session: TreatmentSession, nia: Staff, time_machine: Any, unsaid: set[str]
) -> None:
    asked = planned(session, nia, "14d")
    time_machine.move_to(asked.opens_at - timedelta(hours=1), tick=False)
    early = phone_of(asked, nia)
    in_spanish(early.get("/c/14d/1/"))
    time_machine.move_to(asked.due_at, tick=False)
    phone = phone_of(asked, nia)
    in_spanish(phone.get("/c/14d/done/"))
    step = 0
    while (page := phone.get(f"/c/14d/{step + 1}/")).status_code == 200:
        step += 1
        in_spanish(page)
        in_spanish(phone.post(f"/c/14d/{step}/", {}))
        assert post(phone, "me:question", {"value": "0"}, "14d", step).status_code in (200, 302)
        in_spanish(phone.get(f"/c/14d/{step}/"))
        in_spanish(phone.get("/c/14d/done/"))
    assert step > 12, "the longer questionnaires were asked as well"
    time_machine.move_to(asked.closes_at + timedelta(hours=1), tick=False)
    in_spanish(phone.get("/c/14d/1/"))


@pytest.mark.parametrize("slot", ["2h", "24h", "7d"])
@pytest.mark.parametrize("indication", ["depression", "chronic_pain"])
def test_the_daily_questions_are_in_spanish(
    rosa: Patient,
    session: TreatmentSession,
    nia: Staff,
    time_machine: Any,
    unsaid: set[str],
    slot: str,
    indication: str,
) -> None:
    session.course.indication = indication
    session.course.save()
    asked = planned(session, nia, slot)
    time_machine.move_to(asked.due_at, tick=False)
    phone = phone_of(asked, nia)
    step = 0
    while (page := phone.get(f"/c/{slot}/{step + 1}/")).status_code == 200:
        step += 1
        in_spanish(page)
        post(phone, "me:question", {"value": "1"}, slot, step)
    in_spanish(phone.get(f"/c/{slot}/done/"))


@pytest.mark.parametrize("hour", [10, 22])
@pytest.mark.parametrize("value", range(1, 5))
def test_help_is_in_spanish_for_every_answer_by_day_and_by_night(
    rosa: Patient,
    session: TreatmentSession,
    nia: Staff,
    time_machine: Any,
    unsaid: set[str],
    value: int,
    hour: int,
) -> None:
    asked = planned(session, nia, "14d")
    time_machine.move_to(asked.due_at.replace(hour=hour), tick=False)
    phone = phone_of(asked, nia)
    helped = None
    words = text("thoughts", "es").items["q1"]
    for step in range(1, 30):
        page = phone.get(f"/c/14d/{step}/")
        if page.status_code != 200:
            break
        if re.search(rf"<h1[^>]*>{re.escape(words)}", said(page)):
            helped = post(phone, "me:question", {"value": str(value)}, "14d", step)
            assert helped.status_code == 200
            assert "tel:" in in_spanish(helped)
    assert helped is not None, "the question was asked"
    in_spanish(phone.get("/help-now/"))


def test_ones_own_progress_is_in_spanish(
    rosa: Patient, session: TreatmentSession, nia: Staff, time_machine: Any, unsaid: set[str]
) -> None:
    asked = planned(session, nia, "14d")
    time_machine.move_to(asked.due_at, tick=False)
    phone = phone_of(asked, nia)
    in_spanish(phone.get("/my-progress/"))
    in_spanish(phone.post("/my-progress/", {}))
    in_spanish(phone.post("/my-progress/", {"secret": "1950"}))
    assert phone.post("/my-progress/", {"secret": "1979"}).status_code == 302
    for day, mood in ((0, 7), (1, 8), (2, 8), (5, 8), (6, 8), (9, 3), (10, 2), (11, 1), (12, 2)):
        in_spanish(phone.get("/my-progress/"))
        felt(rosa, (day, mood), pain=mood)
    page = in_spanish(phone.get("/my-progress/"))
    assert "Su ánimo desde marzo" in page
    assert "<b>8</b>" in page
    assert "en general 2" in page
    answer_item(
        request=asked, instrument="mood_0_10", item="q1", value=7, language="es", write_key=None
    )
    assert "ánimo 7" in in_spanish(phone.get("/my-progress/"))
    assert "¿Cómo está su ánimo en este momento?" in said(phone.get("/my-progress/my-answers.csv"))
    time_machine.shift(timedelta(days=6))
    phone.post("/my-progress/", {"secret": "1979"})
    in_spanish(phone.get("/my-progress/"))
    for _ in range(6):
        locked = phone.post("/my-progress/", {"secret": "1950"})
    in_spanish(locked)


def test_the_decimal_mark_and_the_days_are_spanish(
    rosa: Patient, session: TreatmentSession, nia: Staff, time_machine: Any
) -> None:
    asked = planned(session, nia, "14d")
    time_machine.move_to(asked.due_at, tick=False)
    phone = phone_of(asked, nia)
    phone.post("/my-progress/", {"secret": "1979"})
    for day, mood in ((0, 4), (1, 5), (12, 7), (13, 8)):
        felt(rosa, (day, mood), pain=mood)
    page = said(phone.get("/my-progress/"))
    assert "fue en general <b>4,5</b>. Esta semana fue en general <b>7,5</b>." in page
    assert "en general 7,5</text>" in page
    assert re.search(r"\d+ (?i:mar)</text>", page)


def test_codes_stops_and_pages_without_a_link_are_in_spanish(
    rosa: Patient, session: TreatmentSession, nia: Staff, time_machine: Any, unsaid: set[str]
) -> None:
    asked = planned(session, nia, "14d")
    time_machine.move_to(asked.due_at, tick=False)
    token = mint_link(by=nia, request=asked)[1]
    stranger = Client(headers={"accept-language": "es-MX,es;q=0.9"})
    for address in ("/c/", "/c/no-such-token/", "/help-now/", "/my-progress/", "/no-such-page/"):
        in_spanish(stranger.get(address))
    in_spanish(stranger.post("/c/", {}))
    for _ in range(12):
        in_spanish(stranger.post("/c/", {"code": "ABCDEFGH"}))
    in_spanish(stranger.put("/help-now/"))
    phone = Client()
    assert phone.get(f"/c/{token}/stop/").status_code == 302
    in_spanish(phone.get("/stop/"))
    in_spanish(phone.post("/stop/"))


def test_what_a_patient_takes_home_is_in_spanish(
    rosa: Patient,
    session: TreatmentSession,
    nia: Staff,
    client: Client,
    time_machine: Any,
    unsaid: set[str],
) -> None:
    asked = planned(session, nia, "24h")
    time_machine.move_to(asked.due_at, tick=False)
    client.force_login(nia)
    leaflet = client.get(f"/s/{session.pk}/leaflet/")
    assert leaflet.status_code == 200
    assert "No conduzca" in said(leaflet)
    card = post(client, "care:checkin_links", {"request": str(asked.pk)})
    assert "Apunte con la cámara" in said(card)


@override_settings(PUBLIC_URL="https://clinic.example.org")
def test_messages_are_in_the_patients_language(
    rosa: Patient, session: TreatmentSession, nia: Staff, unsaid: set[str]
) -> None:
    asked = planned(session, nia, "14d")
    message = Message(
        clinic=rosa.clinic, patient=rosa, request=asked, due_at=START, planned_at=START
    )
    for kind in ("link", "reminder"):
        message.kind = kind
        words = words_of(message, "a-token")
        assert words.subject == "Su cuestionario"
        assert "https://clinic.example.org/c/a-token/" in words.text
        assert len(words.text) <= 320, "two text messages at most"
    rosa.clinic.language = "es"
    for level in ("high", "medium"):
        alert = Alert(clinic=rosa.clinic, patient=rosa, level=level, raised_at=START)
        call = Message(clinic=rosa.clinic, kind="escalation", alert=alert, due_at=START)
        assert "alerta" in words_of(call).text
