"""What `manage.py demo` refuses, each in a sentence with the next step."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sessions_app.models import Clinic
from tests.conftest import make_clinic

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def demo() -> None:
    call_command("demo", now=NOW, patients=8, stdout=StringIO(), stderr=StringIO())


def test_without_the_demo_switch_it_refuses_in_a_sentence(db: None, settings: Any) -> None:
    settings.DEMO = settings.TEST = False
    with pytest.raises(CommandError, match="not for a real clinic's data. Use `make demo`"):
        demo()
    assert not Clinic.objects.exists()


def test_a_database_with_a_real_clinic_is_left_alone(db: None) -> None:
    make_clinic("Northside")
    with pytest.raises(CommandError, match="holds a real clinic"):
        demo()
    assert not Clinic.objects.filter(is_demo=True).exists()


def test_too_few_patients_are_refused_with_the_limit() -> None:
    with pytest.raises(CommandError, match="--patients is 7. Write at least 8"):
        call_command("demo", patients=7)


def test_a_moment_without_its_offset_is_refused() -> None:
    with pytest.raises(CommandError, match="--now"):
        call_command("demo", "--now", "2026-11-20T10:00:00")


def test_ctrl_c_while_building_is_answered_in_a_sentence(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sessions_app.management.commands.demo.build_clinics", interrupted)
    with pytest.raises(CommandError, match="`make demo` goes on from here"):
        demo()
