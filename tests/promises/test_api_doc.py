"""The example of docs/api.md runs, line by line, against a server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sessions_app.actions.tokens import create_token
from sessions_app.models import Alert, Chair, Staff, TreatmentSession

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash"
)
def test_the_session_of_the_document_goes_from_start_to_signature(
    live_server: Any, nia: Staff, tom: Staff, dr_patel: Staff, chair: Chair
) -> None:
    script = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert len(script) == 1
    tokens = {
        name: create_token(person=person, label="example", days=1)[1]
        for name, person in (("NURSE", nia), ("DOCTOR", dr_patel))
    }
    environ = {**os.environ, **tokens, "SECOND": str(tom.pk), "API": f"{live_server.url}/api/v1"}
    done = subprocess.run(
        ["bash", "-eu", "-c", script[0]], env=environ, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    session = TreatmentSession.objects.with_state().get()
    assert session.is_signed, done.stdout
    assert session.planned_mg == 36
    assert session.readings.count() == 4, "before the dose, two at the chair, one to go home"
    assert [alert.code for alert in Alert.objects.all()] == ["systolic_high"]
    assert not Alert.objects.open().exists()
    assert done.stdout.count('"implausible_high"') == 1


def test_the_document_lists_each_status_that_the_tests_of_the_error_shape_provoke() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    listed = set(re.findall(r"\b(4\d\d|503)\b", text))
    assert listed == {
        *("400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429", "503")
    }
