"""The invented clinic: the same from the same seed, whole, made by the actions, and kept alive."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.signoff import sign_session
from sessions_app.chairside.session_state import discharge_checks
from sessions_app.demo import cases
from sessions_app.demo.build import _people_of, build_clinics, pins_checked_once
from sessions_app.demo.clinics import PASSWORD, PIN, SPECS
from sessions_app.demo.renew import STALE_AFTER
from sessions_app.models import (
    APPEND_ONLY,
    Alert,
    Amendment,
    Appointment,
    AuditEvent,
    CheckIn,
    Clinic,
    EntryStrike,
    Patient,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import is_postgres
from tests.sessions_app.demo_facts import facts

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
READ_FACTS = """
import json, django
django.setup()
from tests.sessions_app.demo_facts import facts
print(json.dumps(facts()))
"""
LATER = NOW + timedelta(hours=5)


def demo(now: datetime, **options: Any) -> str:
    """What `manage.py demo` prints as of `now`."""
    printed = StringIO()
    call_command("demo", now=now, patients=8, stdout=printed, stderr=printed, **options)
    return printed.getvalue()


@pytest.fixture(scope="module")
def printed(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The clinic of the smallest demo, built once; each test leaves it as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo(NOW)
        transaction.set_rollback(True)


@pytest.fixture
def clinic(printed: str, db: None) -> Clinic:
    return Clinic.objects.get(name=SPECS[0].name)


def patient(index: int) -> Patient:
    return Patient.objects.get(number=f"DEMO-{SPECS[0].first_number + index}")


def in_progress(clinic: Clinic) -> list[TreatmentSession]:
    return list(TreatmentSession.objects.open().filter(clinic=clinic).order_by("chair__position"))


# --- same seed, same facts


@pytest.fixture(scope="module")
def built_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "afterglow.sqlite3"


@pytest.fixture(scope="module")
def elsewhere_built(built_file: Path) -> dict[str, list[str]]:
    """The facts of the same demo, built by the command on every core of this machine."""
    left_out = ("DATABASE_URL", "AFTERGLOW_TEST")
    environ = {name: value for name, value in os.environ.items() if name not in left_out}
    environ |= {
        "AFTERGLOW_DEMO": "1",
        "AFTERGLOW_DATA_DIR": str(built_file.parent),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    build = [sys.executable, "manage.py", "demo", "--patients", "8", "--now", NOW.isoformat()]
    subprocess.run(build, cwd=ROOT, env=environ, check=True, capture_output=True)
    read = [sys.executable, "-c", READ_FACTS]
    done = subprocess.run(read, cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.soak
@pytest.mark.skipif(is_postgres(), reason="the other build is SQLite's, which prints alike there")
def test_the_same_seed_and_moment_give_the_same_facts_on_one_core_and_on_several(
    clinic: Clinic, elsewhere_built: dict[str, list[str]]
) -> None:
    here = facts()
    for subject, rows in here.items():
        assert rows == elsewhere_built[subject], subject
        assert rows, subject


def test_another_seed_gives_other_people() -> None:
    first, again, other = (
        [(person.given_name, person.family_name) for person in _people_of(SPECS[0], seed, NOW, 40)]
        for seed in (7, 7, 8)
    )
    assert first == again != other
    assert len(set(first)) == 30


# --- what is there to see


def test_the_smallest_demo_has_exactly_its_patients_in_two_clinics(clinic: Clinic) -> None:
    assert Counter(Patient.objects.values_list("clinic__name", flat=True)) == {
        SPECS[0].name: 6,
        SPECS[1].name: 2,
    }
    assert all(number.startswith("DEMO-") for number in _numbers())
    assert all("555" in phone for phone in Patient.objects.values_list("phone", flat=True))


def _numbers() -> list[str]:
    return list(Patient.objects.values_list("number", flat=True))


def test_three_sessions_are_in_progress_as_the_board_shows_them(clinic: Clinic) -> None:
    running, alarm, ready = in_progress(clinic)
    assert running.dose_events.standing().last().kind == "start"
    assert running.effects.count() == 1
    assert NOW - running.dose_started_at == timedelta(minutes=16)
    high = Alert.objects.open().filter(session=alarm, level="high")
    assert [alert.code for alert in high] == ["systolic_high"]
    assert not Alert.objects.open().filter(session__in=[running, ready], level="high")
    open_checks = [check.code for check in discharge_checks(ready, NOW) if not check.met]
    assert len(open_checks) == 1  # the last tick is the visitor's
    assert not TreatmentSession.objects.open().exclude(clinic=clinic).exists()


def test_every_way_for_a_session_to_end_is_there(clinic: Clinic) -> None:
    ends = set(SignOff.objects.filter(clinic=clinic).values_list("end", flat=True))
    assert {"discharged", "not_started", "transferred"} <= ends
    never = SignOff.objects.get(end="not_started").session
    assert never.dose_started_at is None
    assert not never.check_in_requests.filter(cancelled_at=None).exists()


def test_slips_and_amendments_are_there(clinic: Clinic) -> None:
    struck = EntryStrike.objects.filter(clinic=clinic, reading__isnull=False)
    assert struck.exists()
    assert struck[0].reading.replaced_by.systolic == struck[0].reading.systolic + 4
    assert Amendment.objects.filter(clinic=clinic).exists()


def test_one_patient_never_answered_and_takes_no_medicines(clinic: Clinic) -> None:
    silent = patient(cases.SILENT)
    assert silent.sessions.count() >= 3
    assert not CheckIn.objects.filter(patient=silent).exists()
    assert silent.medicines == "none"


def test_one_patient_brings_an_imported_history(clinic: Clinic) -> None:
    imported = TreatmentSession.objects.filter(origin="import")
    assert {session.patient_id for session in imported} == {patient(cases.HISTORY).pk}
    assert imported.count() == 5
    for session in imported:
        assert session.documented_dose_mg and session.documented_end_at
        assert session.readings.exists() and session.effects.exists()
        assert not session.sign_offs.exists()
    assert CheckIn.objects.filter(origin="import", patient=imported[0].patient).exists()
    first_here = patient(cases.HISTORY).sessions.filter(origin="live").first()
    assert first_here is not None and imported.last().opened_at < first_here.opened_at


def test_one_cry_for_help_is_open_and_all_older_ones_were_answered(clinic: Clinic) -> None:
    cries = Alert.objects.with_state().filter(code="suicide_item")
    open_cries = [cry for cry in cries if not cry.is_closed]
    assert [cry.level for cry in open_cries if cry.clinic_id == clinic.pk].count("high") == 1
    assert all(NOW - cry.raised_at < timedelta(days=2) for cry in open_cries)


def test_today_has_appointments(clinic: Clinic) -> None:
    booked = Appointment.objects.filter(clinic=clinic, cancelled_at=None)
    assert {appointment.starts_at.date() for appointment in booked} == {NOW.date()}
    sitting = {session.patient_id for session in in_progress(clinic)}
    assert not sitting & {appointment.patient_id for appointment in booked}


# --- made by the actions, and sound


def test_every_session_has_its_audit_line_and_every_old_one_its_signature(clinic: Clinic) -> None:
    live = TreatmentSession.objects.filter(origin="live")
    opened = AuditEvent.objects.filter(tag="session:open").values_list("session", flat=True)
    assert sorted(opened) == sorted(live.values_list("pk", flat=True))
    assert TreatmentSession.objects.open().count() == 3
    for session in live:
        assert session.dose_started_at is None or session.readings.exists()


def test_nothing_lies_in_the_future_and_no_row_points_nowhere(clinic: Clinic) -> None:
    assert not CheckIn.objects.filter(started_at__gt=NOW).exists()
    assert not SignOff.objects.filter(signed_at__gt=NOW).exists()
    assert not AuditEvent.objects.filter(at__gt=NOW).exists()
    connection.check_constraints()


@pytest.mark.soak
@pytest.mark.skipif(is_postgres(), reason="only SQLite's rows are copied between files")
def test_a_build_on_several_cores_is_sound_and_still_append_only(
    elsewhere_built: dict[str, list[str]], built_file: Path
) -> None:
    database = sqlite3.connect(built_file)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    for model in APPEND_ONLY:
        table = model._meta.db_table
        if database.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,):
            continue
        with pytest.raises(sqlite3.Error, match="append-only"):
            database.execute(f"DELETE FROM {table}")
    database.close()


def test_pins_are_checked_once_only_while_building(clinic: Clinic) -> None:
    nurse = Staff.objects.get(username="nurse")
    checks = Staff.check_pin
    with pins_checked_once():
        assert Staff.check_pin is not checks
        assert nurse.check_pin(PIN)
        assert not nurse.check_pin("0000")
    assert Staff.check_pin is checks
    with pytest.raises(ValueError, match="stop"), pins_checked_once():
        raise ValueError("stop")
    assert Staff.check_pin is checks


def test_nothing_but_the_demo_imports_the_demo() -> None:
    users = {
        str(path.relative_to(ROOT))
        for folder in ("config", "reports", "sessions_app")
        for path in (ROOT / folder).rglob("*.py")
        if "sessions_app.demo" in path.read_text()
    }
    inside = {user for user in users if user.startswith("sessions_app/demo/")}
    assert users - inside == {"sessions_app/management/commands/demo.py"}


# --- what the command says


def test_the_ways_in_are_printed_and_open(
    printed: str, clinic: Clinic, client: Client, time_machine: Any
) -> None:
    time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
    for username in ("nurse", "physician", "lead"):
        assert re.search(rf"{username} +{PASSWORD} +PIN {PIN}", printed)
        assert client.login(username=username, password=PASSWORD)
        client.logout()
    link = re.search(r"http://127\.0\.0\.1:8000(/c/\S+/)", printed)
    assert link is not None
    opened = client.get(link[1], follow=True)
    assert opened.status_code == 200
    assert "DEMO-1004" in printed


def test_the_port_stands_in_every_address(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    told = demo(NOW + timedelta(minutes=2))
    assert ":8000" not in told
    assert told.count("http://127.0.0.1:8123/") >= 5


# --- the second run


def test_a_second_run_keeps_everything_while_the_sessions_are_young(clinic: Clinic) -> None:
    before = facts()
    told = demo(NOW + timedelta(minutes=20))
    assert "kept as it is" in told
    after = facts()
    assert [name for name in before if name != "audit" and before[name] != after[name]] == []
    assert set(before["audit"]) <= set(after["audit"])  # a new link was minted


def test_old_sessions_are_signed_and_three_new_ones_begin(clinic: Clinic) -> None:
    old = in_progress(clinic)
    before = facts()
    assert "were renewed" in demo(LATER)
    new = in_progress(clinic)
    assert len(new) == 3 and not {s.pk for s in old} & {s.pk for s in new}
    for session in old:
        sign_off = SignOff.objects.get(session=session)
        assert sign_off.end == "discharged"
        assert sign_off.signed_at <= LATER
        assert not Alert.objects.open().filter(session=session).exists()
        assert AuditEvent.objects.filter(tag="session:sign", session=session).count() == 1
    assert all(timedelta(0) < LATER - s.dose_started_at < STALE_AFTER * 2 for s in new)
    assert Alert.objects.open().filter(session=new[1], level="high").exists()
    after = facts()
    for subject in ("patients", "sessions", "readings", "answers", "scores", "alerts"):
        assert set(before[subject]) <= set(after[subject]), subject


def test_a_patient_who_was_treated_today_is_not_treated_again_when_another_can_be(
    clinic: Clinic,
) -> None:
    first = in_progress(clinic)[0].patient
    demo(LATER)
    assert in_progress(clinic)[0].patient != first


def test_only_the_chair_that_a_visitor_emptied_is_filled_again(clinic: Clinic) -> None:
    running, alarm, ready = in_progress(clinic)
    end = NOW + timedelta(minutes=4)
    nurse = Staff.objects.get(username="nurse")
    sign_session(
        by=nurse,
        session=ready,
        pin=PIN,
        write_key=None,
        end="left_against_advice",
        reason="Wanted to go",
        risks_explained=True,
        clock=lambda: end,
    )
    demo(NOW + timedelta(minutes=10))
    after = in_progress(clinic)
    assert after[:2] == [running, alarm]
    assert after[2] != ready


def test_sessions_that_a_visitor_left_in_another_state_are_closed_too(clinic: Clinic) -> None:
    running, alarm, _ = in_progress(clinic)
    nurse = Staff.objects.get(username="nurse")
    # One ran slower and was paused after its planned end, one before it.
    slower = {"kind": "rate_change", "rate_ml_per_hour": Decimal(10), "reason": "Felt too far away"}
    for session, minutes, event in (
        (running, 2, slower),
        (running, 70, {"kind": "pause"}),
        (alarm, 3, {"kind": "pause"}),
    ):
        moment = NOW + timedelta(minutes=minutes)
        record_dose_event(
            by=nurse, session=session, write_key=None, clock=lambda at=moment: at, **event
        )
    demo(LATER)
    assert SignOff.objects.filter(session__in=[running, alarm]).count() == 2
    assert len(in_progress(clinic)) == 3


def test_a_changed_pin_is_told_and_nothing_is_lost(clinic: Clinic) -> None:
    nurse = Staff.objects.get(username="nurse")
    nurse.set_pin("9753")
    nurse.save()
    before = in_progress(clinic)
    told = demo(LATER)
    assert "make demo-reset" in told
    assert f"nurse       {PASSWORD}" in told
    assert in_progress(clinic) == before


def test_an_interrupted_build_goes_on_and_doubles_nothing(clinic: Clinic) -> None:
    sessions = TreatmentSession.objects.count()
    done = []
    build_clinics(7, NOW, 8, done.append)
    assert done == [8]
    assert TreatmentSession.objects.count() == sessions
    assert Staff.objects.filter(username="lead").count() == 1
