"""What somebody typed is shown as text: on no page, figure, file or answer does it become markup.

Every free text of every table holds a payload at once; every address that can be read is read.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, TextField
from django.http import HttpResponse
from django.test import Client

from sessions_app import instruments_of, triggers
from sessions_app.actions.alerts import log_call
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.effects import record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.models import (
    Alert,
    Amendment,
    Chair,
    ClinicInstrument,
    SessionCheck,
    Staff,
    TreatmentSession,
)
from sessions_app.spreadsheet import safe_cell
from tests.promises.test_authorisation import ADDRESSES, objects, path_of
from tests.sessions_app.check_in_people import make_help_lines

__all__ = ["objects"]  # a fixture
pytestmark = [pytest.mark.usefixtures("at_chair"), pytest.mark.any_engine]

PAYLOADS = [
    "<script>xss()</script>",
    "<img src=x onerror=xss()>",
    "<svg/onload=xss()>",
    '"><xss-tag onclick=xss()>',
    "'><xss-tag onclick=xss()>",
    '" onfocus=xss() autofocus x="',
    "' onfocus=xss() autofocus x='",
    "</title><script>xss()</script>",
    "</textarea><xss-tag>",
    "--><xss-tag><!--",
    "]]><xss-tag><![CDATA[",
    "{{ 7|add:35 }}{% xss %}<xss-tag>",
]
# Out of a double quote and a tag, out of a single quote, and with Django's own marks.
ON_EVERY_CHANGE = {PAYLOADS[place] for place in (3, 6, 11)}
# What the program itself writes, in its own words: not what anybody types.
CODES = {
    "Clinic": {"time_zone", "language", "open_days"},
    "Staff": {"username", "password", "pin", "role"},
    "Patient": {"language", "time_zone"},
    "HelpLine": {"language"},
    "EligibilityAnswer": {"code"},
    "SessionCheck": {"code", "answer", "source"},
    "VitalReading": {"position", "blank_reason"},
    "SideEffect": {"code", "grade", "action", "serious_criterion"},
    "SideEffectChange": {"kind", "grade", "action", "serious_criterion"},
    "CheckInRequest": {"slot"},
    "CheckInLink": {"token_hash"},
    "ClinicInstrument": {"code"},
    "ItemAnswer": {"instrument", "instrument_version", "item", "language"},
    "InstrumentScore": {"instrument", "instrument_version"},
    "Alert": {"code", "value", "limit"},
    "AuditEvent": {"tag"},
    "WriteReceipt": {"deed", "body_hash"},
    "FailedSignIn": {"subject"},
    "ApiToken": {"token_hash"},
}

# What a reader of PDF would run or open by itself.
RUNNING = re.compile(rb"/(JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|URI)\b")
# Compressed drawing of the pages, where any three letters may stand by chance.
STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)


def soil(payload: str) -> int:
    """Afterwards every free text of every row is `payload`, cut to its column. → how many."""
    count = 0
    for model in apps.get_app_config("sessions_app").get_models():
        name = model.__name__
        if name.startswith("Historical"):
            continue
        texts = [
            field
            for field in model._meta.concrete_fields
            if isinstance(field, (CharField, TextField))
            and not field.choices
            and field.name not in CODES.get(name, ())
        ]
        for nth, row in enumerate(model._default_manager.all()):
            # A unique column keeps its rows apart by a number behind the payload.
            values = {
                field.name: f"{payload[: (field.max_length or 999) - 2]}{nth % 10 if nth else ''}"
                for field in texts
            }
            if values:
                model._base_manager.filter(pk=row.pk).update(**values)
                count += len(values)
    for own in ClinicInstrument.objects.all():
        words = json.loads(json.dumps(own.definition["texts"]["en"]), object_hook=soiled(payload))
        facts = dict.fromkeys(("name", "licence", "source"), payload)
        bands = [{**band, "name": payload} for band in own.definition["bands"]]
        texts = {"en": {**words, "source": payload, "stem": payload}}
        definition = {**own.definition, **facts, "bands": bands, "texts": texts}
        ClinicInstrument.objects.filter(pk=own.pk).update(definition=definition)
    instruments_of._read.cache_clear()
    return count


def soiled(payload: str) -> Any:
    """For each table of words that holds nothing but words: the payload in their place."""
    return lambda table: {
        key: payload if isinstance(value, str) else value for key, value in table.items()
    }


class Markup(HTMLParser):
    """What a browser would run or follow: collects everything that we never write ourselves."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "link" and names.get("rel") == "icon":
            return  # our own picture, drawn in the address itself; nobody's text is in it
        bad = tag == "xss-tag" or (tag == "script" and "src" not in names)
        bad = bad or any(name.startswith("on") or name == "style" for name in names)
        links = [value or "" for name, value in attrs if name in ("href", "src", "action")]
        schemes = ("javascript:", "vbscript:", "data:")
        bad = bad or any(link.strip().lower().startswith(schemes) for link in links)
        if bad:
            self.found.append(self.get_starttag_text() or tag)

    def handle_comment(self, data: str) -> None:
        if "xss" in data:
            self.found.append(data)


def check(answer: HttpResponse, said: str) -> bool:
    """Whether the answer shows a payload, which is then text."""
    kind = answer.headers.get("Content-Type", "")
    if kind == "application/pdf":
        document = b"".join(answer)
        assert document.startswith(b"%PDF-"), said
        assert RUNNING.search(STREAM.sub(b"", document)) is None, said
        return False
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as files:
            names = [name for name in files.namelist() if name.endswith(".csv")]
            texts = [HttpResponse(files.read(name), content_type="text/csv") for name in names]
        return sum(check(text, said) for text in texts) > 0
    body = b"".join(answer).decode()
    if "json" in kind:
        json.loads(body)
        return "xss" in body
    if "html" in kind or "svg" in kind:
        page = Markup()
        page.feed(body)
        page.close()
        assert page.found == [], said
        assert "42<xss" not in body and "42&lt;" not in body, said
    return "xss" in body


def fill_what_is_empty(session: TreatmentSession, nia: Staff) -> None:
    """Rows with texts beyond those of `objects`: struck, corrected, amended, alarmed, other."""
    make_help_lines(session.clinic)
    Chair.objects.create(clinic=session.clinic, name="2", position=2)
    write = {"by": nia, "write_key": None}
    low = record_vital_reading(session=session, values={"spo2": 87}, **write)
    strike_entry(entry=low, reason="slipped off", **write)
    log_call(alert=Alert.objects.filter(session=session).first(), note="rang", **write)
    effect = {"code": "other", "other_text": "odd", "grade": "mild", "note": "n"}
    record_side_effect(session=session, **effect, **write)
    at = {"clinic": session.clinic, "session": session}
    Amendment.objects.create(
        **at, text="late", reason="forgot", amended_by=nia, amended_at=session.opened_at
    )
    SessionCheck.objects.create(
        **at,
        stage="start",
        code="escort",
        answer="no",
        override_reason="why",
        override_by="Dr",
        taken_at=session.opened_at,
        recorded_at=session.opened_at,
        recorded_by=nia,
    )


@pytest.mark.parametrize(
    "payload",
    [
        payload if payload in ON_EVERY_CHANGE else pytest.param(payload, marks=pytest.mark.soak)
        for payload in PAYLOADS
    ],
)
def test_every_readable_address_shows_text_as_text(
    payload: str,
    session: TreatmentSession,
    nia: Staff,
    dr_patel: Staff,
    lena: Staff,
    objects: dict[str, Any],
) -> None:
    fill_what_is_empty(session, nia)
    triggers.remove()
    try:
        assert soil(payload) > 60
    finally:
        triggers.install()
    clients = []
    for person in (dr_patel, lena):
        client = Client()
        client.force_login(Staff.objects.get(pk=person.pk))
        clients.append(client)
    shown = 0
    for address in ADDRESSES:
        for client in clients:
            answer = client.get(path_of(address, objects))
            said = f"{address.name}: {payload}"
            assert answer.status_code < 500, said
            shown += check(answer, said)
            if answer.status_code == 200:
                break
    assert shown > 25, "the payload reaches most pages"
    gate = clients[0].get(
        path_of(next(a for a in ADDRESSES if a.name == "care:session_start"), objects),
        {"patient": str(session.patient_id)},
    )
    check(gate, "the start gate")


def test_a_search_and_a_refused_form_give_back_text(nia: Staff, session: TreatmentSession) -> None:
    client = Client()
    client.force_login(nia)
    for payload in PAYLOADS:
        asked = client.get("/patients/", {"search": payload, "q": payload, "page": payload})
        check(asked, payload)
        body = {"systolic": payload, "taken_at": payload, "write_key": payload}
        refused = client.post(f"/s/{session.pk}/readings/", body)
        assert refused.status_code == 422
        assert check(refused, payload) or "xss" not in payload
        check(Client().post("/login/", {"username": payload, "next": payload}), payload)
        check(Client().get("/login/", {"next": payload}), payload)
        check(Client().get(f"/{payload}"), payload)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x")',
        "\x00=1",
        "  @x",
    ],
)
def test_no_text_cell_of_a_file_is_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.startswith("'")
    assert not cell.lstrip("' ").startswith("'")


@pytest.mark.parametrize(("number", "cell"), [(-5, "-5"), (-0.5, "-0.5"), (0, "0"), (None, "")])
def test_a_number_stays_a_number(number: float | None, cell: str) -> None:
    assert safe_cell(number) == cell


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_check_itself_notices_a_payload_that_was_not_escaped(payload: str) -> None:
    page = Markup()
    page.feed(f"<p>{payload}</p><i title=\"{payload}\"></i><i title='{payload}'></i>")
    assert page.found
