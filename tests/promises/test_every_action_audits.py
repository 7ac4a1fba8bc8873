"""Each deed leaves its audit line, or leaves nothing; and nothing of a request reaches a query."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions_app import audit
from sessions_app.actions import answers, effects, plans, readings
from sessions_app.actions.appointments import book_appointment
from sessions_app.actions.devices import register_device
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.instruments import load_instrument
from sessions_app.actions.intake import add_patient
from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.actions.scores import record_score
from sessions_app.actions.start_drafts import save_start_draft
from sessions_app.models import (
    CheckIn,
    ClinicInstrument,
    Device,
    DissociationRating,
    DoseEvent,
    InstrumentScore,
    MedicationGiven,
    Patient,
    SideEffect,
    Staff,
    StartAnswer,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
    WriteReceipt,
    new_key,
)
from tests.conftest import START
from tests.sessions_app.chairside_people import ONDANSETRON
from tests.sessions_app.instruments.own_definition import as_file, sleep

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = sorted((ROOT / "sessions_app" / "actions").glob("*.py"))
CODE = [
    file
    for folder in ("sessions_app", "reports", "config")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in file.parts
]
WRITES = {"create", "save", "bulk_create", "update", "delete", "get_or_create", "update_or_create"}
# These run inside a deed that leaves the line, and only there.
INSIDE_A_DEED = {
    "alerts.raise_alert",
    "answers.write_answers",
    "alerts.close_as_entered_in_error",
    "alerts.close_by_itself",
    "alerts.close_when_back_in_range",
    "checkins.cancel_check_ins",
    "details.save",
    "details.save_secret",
    "imported_entries.effects",
    "imported_entries.readings",
    "doses.settle_dose_start",
    "receipts.claim",
    "record.raise_version",
}
KEPT_VERSIONS = {
    "Appointment",
    "CheckInRequest",
    "HelpLine",
    "OnCallShift",
    "Patient",
    "Prescription",
    "Staff",
    "TreatmentCourse",
}
# File → what a bulk write there may touch, none of it with kept versions.
BULK_ALLOWED = {
    "reports/derived.py": "DerivedPatient: made anew from the record, no versions kept",
    "sessions_app/actions/imported_entries.py": "readings and effects: append-only, new rows",
    "sessions_app/actions/imports.py": "CheckIn and InstrumentScore: append-only, new rows",
    "sessions_app/actions/protocols.py": "parts of a version and limits: append-only, new rows",
    "sessions_app/actions/receipts.py": "WriteReceipt: the insert that waits for its rival",
    "sessions_app/actions/record.py": "RecordVersion: a counter",
    "sessions_app/actions/check_in_links.py": "CheckInLink: revoked, no versions kept",
    "sessions_app/actions/answers.py": "ItemAnswer: append-only, the answers of one sheet",
    "sessions_app/actions/scores.py": "ItemAnswer: append-only, the items of one rating",
    "sessions_app/actions/signoff.py": "SessionCheck: append-only, the checks of one signature",
    "sessions_app/actions/start_drafts.py": "StartAnswer: append-only, the changes of one save",
    "sessions_app/actions/starting.py": "SessionCheck: append-only, the checks of one gate",
    "sessions_app/actions/checkins.py": "CheckInLink: moved with its window, no versions kept",
}


def functions(file: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def called(node: ast.AST) -> set[str]:
    """The last names of everything that is called inside: `audit.record(...)` gives "record"."""
    names = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Attribute):
                owner = call.func.value
                prefix = f"{owner.id}." if isinstance(owner, ast.Name) else "."
                names |= {prefix + call.func.attr, call.func.attr}
            elif isinstance(call.func, ast.Name):
                names.add(call.func.id)
    return names


def reached(name: str, known: dict[str, ast.FunctionDef]) -> set[str]:
    """What a function calls, itself and through the functions of the same file."""
    seen: set[str] = set()
    todo, found = [name], set()
    while todo:
        current = todo.pop()
        if current in seen or current not in known:
            continue
        seen.add(current)
        calls = called(known[current])
        found |= calls
        todo += [call for call in calls if call in known]
    return found


def public_deeds() -> Iterator[tuple[str, set[str]]]:
    for file in ACTIONS:
        known = functions(file)
        for name in known:
            if not name.startswith("_") and f"{file.stem}.{name}" not in INSIDE_A_DEED:
                yield f"{file.stem}.{name}", reached(name, known)


def deed_names() -> set[str]:
    """Public functions that leave an audit line themselves."""
    return {name.split(".")[1] for name, calls in public_deeds() if "audit.record" in calls}


def test_every_deed_that_writes_leaves_an_audit_line() -> None:
    deeds = dict(public_deeds())
    assert len(deeds) > 30, "the walk found the actions"
    audited = deed_names()
    silent = [
        name
        for name, calls in deeds.items()
        if calls & (WRITES | {"details.save"})
        and "audit.record" not in calls
        and not calls & audited
    ]
    assert silent == [], "each of these writes and calls no audit.record"


def test_what_runs_inside_a_deed_exists_and_is_called_by_no_door() -> None:
    public = {f"{file.stem}.{name}" for file in ACTIONS for name in functions(file)}
    assert public >= INSIDE_A_DEED
    doors = [file for file in CODE if {"views", "api", "management"} & set(file.parts)]
    found = [
        f"{file.relative_to(ROOT)}: {taken.name}"
        for file in doors
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sessions_app.actions")
        for taken in node.names
        if f"{(node.module or '').rsplit('.')[-1]}.{taken.name}" in INSIDE_A_DEED
    ]
    assert found == []


def test_the_check_notices_a_silent_deed(tmp_path: Path) -> None:
    file = tmp_path / "deeds.py"
    file.write_text("def add(row):\n    _keep(row)\n\ndef _keep(row):\n    row.save()\n")
    assert "save" in reached("add", functions(file))
    assert "audit.record" not in reached("add", functions(file))


Deed = Callable[[], Any]


@pytest.fixture
def deeds(
    nia: Staff, dr_patel: Staff, session: TreatmentSession, course: TreatmentCourse
) -> dict[type[Any], Deed]:
    """One deed of each kind, each with the row that it would make."""
    key = new_key
    return {
        VitalReading: lambda: readings.record_vital_reading(
            by=nia, session=session, write_key=key(), values={"spo2": 88}
        ),
        DoseEvent: lambda: record_dose_event(
            by=nia, session=session, kind="stop", reason="ill", write_key=key()
        ),
        MedicationGiven: lambda: record_medication(
            by=nia, session=session, medicine=ONDANSETRON, write_key=key()
        ),
        DissociationRating: lambda: record_rating(
            by=nia, session=session, scale="cadss", score=12, write_key=key()
        ),
        SideEffect: lambda: effects.record_side_effect(
            by=nia, session=session, code="nausea", grade="mild", write_key=key()
        ),
        Patient: lambda: add_patient(
            by=nia,
            write_key=key(),
            values={
                "number": "N-9",
                "given_name": "Ines",
                "family_name": "Thorn",
                "birth_date": START.date().replace(year=1980),
            },
        ),
        TreatmentCourse: lambda: plans.start_course(
            by=dr_patel,
            patient=session.patient,
            values={"indication": "depression", "planned_sessions": 6},
            write_key=key(),
        ),
        CheckIn: lambda: answers.enter_check_in(
            by=nia, patient=session.patient, write_key=key(), scores={"mood_0_10": 3}
        ),
        InstrumentScore: lambda: record_score(
            by=nia, patient=session.patient, instrument="madrs", total=23, write_key=key()
        ),
        ClinicInstrument: lambda: load_instrument(
            by=nia, content=as_file(sleep()), write_key=key()
        ),
        StartAnswer: lambda: save_start_draft(
            by=nia, patient=session.patient, chair=session.chair, values={"escort": "yes"}
        ),
        Device: lambda: register_device(by=nia, token="t" * 43, name="iPad"),
        type(session): lambda: book_appointment(
            by=nia, patient=session.patient, starts_at=START, write_key=key()
        ),
    }


@pytest.mark.usefixtures("at_chair")
def test_without_an_audit_line_nothing_is_kept(
    deeds: dict[type[Any], Deed], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import transaction

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the audit table is full")

    monkeypatch.setattr(audit, "record", broken)
    for model, deed in deeds.items():
        before = model._default_manager.count()
        with pytest.raises(RuntimeError), transaction.atomic():
            deed()
        assert model._default_manager.count() == before, model
    assert not WriteReceipt.objects.exists(), "the keys are free again"


@pytest.mark.usefixtures("at_chair")
def test_one_deed_leaves_one_line(deeds: dict[type[Any], Deed]) -> None:
    from sessions_app.models import AuditEvent

    for deed in deeds.values():
        before = AuditEvent.objects.count()
        deed()
        assert AuditEvent.objects.count() == before + 1, deed


# --- what may not reach a query

QUERIES = {"filter", "exclude", "annotate", "alias", "order_by", "values", "values_list", "get"}
FROM_OUTSIDE = {"GET", "POST", "data", "query_params", "validated_data", "cleaned_data"}


def outside(node: ast.AST) -> bool:
    """Whether an expression reads a request, a form or a serializer."""
    return any(
        isinstance(part, ast.Attribute) and part.attr in FROM_OUTSIDE for part in ast.walk(node)
    )


def tainted_queries(tree: ast.AST) -> list[int]:
    lines = []
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr not in QUERIES:
            continue
        spread = [word.value for word in call.keywords if word.arg is None]
        starred = [arg.value for arg in call.args if isinstance(arg, ast.Starred)]
        named = call.args if call.func.attr in ("order_by", "values", "values_list") else []
        if any(outside(value) for value in (*spread, *starred, *named)):
            lines.append(call.lineno)
    return lines


def test_no_names_from_a_request_reach_a_query() -> None:
    """Django itself had such holes (CVE-2026-1312, CVE-2025-57833): values only, never names."""
    found = {
        str(file.relative_to(ROOT)): lines
        for file in CODE
        if (lines := tainted_queries(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "rows.filter(**request.GET.dict())",
        "rows.order_by(request.query_params['ordering'])",
        "rows.annotate(**form.cleaned_data)",
        "rows.order_by(*request.GET.getlist('o'))",
    ],
)
def test_the_lint_notices_a_name_from_a_request(line: str) -> None:
    assert tainted_queries(ast.parse(line)) == [1]


def bulk_writes(tree: ast.AST) -> list[int]:
    """Calls of .update(...) with column names, bulk_create and bulk_update."""
    lines = []
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            is_update = call.func.attr == "update" and call.keywords and not call.args
            if is_update or call.func.attr in ("bulk_create", "bulk_update"):
                lines.append(call.lineno)
    return lines


def with_models() -> list[Path]:
    """Files that can reach a table; a dict's own update() elsewhere is none of our business."""
    return [file for file in CODE if "models" in file.read_text(encoding="utf-8")]


def test_rows_with_kept_versions_are_saved_one_by_one() -> None:
    """update() and bulk_create() write past the history; each use is listed with its reason."""
    found = {
        str(file.relative_to(ROOT)): lines
        for file in with_models()
        if (lines := bulk_writes(ast.parse(file.read_text(encoding="utf-8"))))
    }
    unlisted = {file: lines for file, lines in found.items() if file not in BULK_ALLOWED}
    assert unlisted == {}
    assert not [why for why in BULK_ALLOWED.values() if why.split(":")[0] in KEPT_VERSIONS]


def test_the_list_of_models_with_kept_versions_is_complete() -> None:
    from django.apps import apps

    models = apps.get_app_config("sessions_app").get_models()
    assert {model.__name__ for model in models if hasattr(model, "history")} == KEPT_VERSIONS
