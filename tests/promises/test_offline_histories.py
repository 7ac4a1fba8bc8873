"""Tablets that lose the line for hours: every reading is stored once, as it was typed, or refused
aloud.

Hypothesis plays histories against the real API: three tablets, two nurses, two patients, cuts of
up to eight hours, answers that are lost on the way, messages that arrive three times and in any
order, clocks that are ten minutes wrong, a correction from each of two tablets, a signature while
somebody is away. The model is what a careful clerk would expect; after each step the record is
compared with it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sessions_app.models import DoseEvent, Staff, TreatmentSession, VitalReading
from sessions_app.roles import Role
from tests.conftest import (
    PIN,
    START,
    make_clinic,
    make_course,
    make_patient,
    make_session,
    make_staff,
)

TABLETS, CHAIRS = 3, 2
SKEW_S = 600
LONGEST_CUT_S = 8 * 3600
COPIES = 3
SIGNS = ("systolic", "heart_rate", "spo2")
numbers = itertools.count()
tablets = st.integers(0, TABLETS - 1)
chairs = st.integers(0, CHAIRS - 1)


@dataclass
class Typed:
    """A reading that somebody typed, and what became of it. `replaces`: it corrects that row."""

    key: UUID
    nurse: Staff
    chair: int
    values: dict[str, int]
    taken_at: datetime
    client_clock: datetime
    replaces: str = ""
    row: str = ""  # the reading's id, from the first answer that the server gave
    kept_at: datetime | None = None
    is_late: bool = False
    refusal: str = ""

    @property
    def is_settled(self) -> bool:
        return bool(self.row or self.refusal)

    def body(self) -> dict[str, Any]:
        reason = {"reason": "typed in the wrong field"} if self.replaces else {}
        return {
            **self.values,
            **reason,
            "write_key": str(self.key),
            "taken_at": self.taken_at.isoformat(),
            "client_clock": self.client_clock.isoformat(),
        }


@dataclass
class Tablet:
    """What it knows: how wrong its clock is, and the queue that it still has to send.

    `asks_server`: it reckons times from the server's clock, as Afterglow's own pages do; another
    device sends what its own clock shows.
    """

    nurse: Staff
    skew: timedelta
    asks_server: bool
    is_online: bool = True
    queue: list[Typed] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    """One history. Rows of earlier histories stay; each has its own clinic."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START + timedelta(minutes=5), tick=False)
        self.time = self.clock.start()
        self.clinic = make_clinic(f"Northside {next(numbers)}")
        self.nurses = [self.nurse("Nia Adeyemi"), self.nurse("Tom Oduya")]
        self.sessions = [self.session(chair) for chair in range(CHAIRS)]
        self.signed_at: list[datetime | None] = [None] * CHAIRS
        self.typed: list[Typed] = []
        self.struck: dict[str, Typed] = {}
        self.tablets: list[Tablet] = []

    def nurse(self, name: str) -> Staff:
        return make_staff(self.clinic, f"n{next(numbers)}", name, Role.NURSE)

    def session(self, chair: int) -> TreatmentSession:
        patient = make_patient(self.clinic, f"N-{chair}", "Maya", "Vale")
        session = make_session(make_course(patient), self.nurses[0])
        DoseEvent.objects.create(
            clinic=self.clinic,
            session=session,
            kind="stop",
            taken_at=START + timedelta(minutes=4),
            recorded_at=START + timedelta(minutes=4),
            recorded_by=self.nurses[0],
        )
        return session

    def teardown(self) -> None:
        try:
            if self.tablets:
                self.everybody_comes_back()
        finally:
            self.clock.stop()

    # --- what happens

    @initialize(
        skews=st.lists(st.integers(-SKEW_S, SKEW_S), min_size=TABLETS, max_size=TABLETS),
        asks=st.lists(st.booleans(), min_size=TABLETS, max_size=TABLETS),
    )
    def hand_out_tablets(self, skews: list[int], asks: list[bool]) -> None:
        for number, (skew, asks_server) in enumerate(zip(skews, asks, strict=True)):
            nurse = self.nurses[number % len(self.nurses)]
            self.tablets.append(Tablet(nurse, timedelta(seconds=skew), asks_server))

    @rule(seconds=st.integers(1, 120) | st.integers(1, LONGEST_CUT_S))
    def time_passes(self, seconds: int) -> None:
        self.time.shift(timedelta(seconds=seconds))

    @rule(tablet=tablets)
    def the_line_is_cut_or_comes_back(self, tablet: int) -> None:
        self.tablets[tablet].is_online = not self.tablets[tablet].is_online

    @rule(tablet=tablets)
    def the_other_nurse_takes_the_tablet(self, tablet: int) -> None:
        """What was typed stays its author's."""
        held = self.tablets[tablet]
        held.nurse = self.nurses[1 - self.nurses.index(held.nurse)]

    @rule(
        tablet=tablets,
        chair=chairs,
        values=st.fixed_dictionaries(
            {"systolic": st.integers(90, 200)},
            optional={"heart_rate": st.integers(40, 140), "spo2": st.integers(85, 100)},
        ),
        seconds=st.integers(0, 180),
    )
    def somebody_types_a_reading(
        self, tablet: int, chair: int, values: dict[str, int], seconds: int
    ) -> None:
        self.keep(self.tablets[tablet], chair, values)
        self.time.shift(timedelta(seconds=seconds))

    @precondition(lambda self: any(typed.row for typed in self.typed))
    @rule(tablet=tablets, data=st.data(), systolic=st.integers(90, 200))
    def somebody_corrects_a_reading(self, tablet: int, data: Any, systolic: int) -> None:
        wrong = data.draw(st.sampled_from([typed for typed in self.typed if typed.row]))
        held = self.tablets[tablet]
        entry = self.keep(held, wrong.chair, {"systolic": systolic}, wrong.row)
        entry.taken_at = wrong.taken_at

    def keep(self, held: Tablet, chair: int, values: dict[str, int], replaces: str = "") -> Typed:
        shown = self.now() + held.skew
        at = self.now() if held.asks_server else shown
        entry = Typed(uuid4(), held.nurse, chair, values, at, shown, replaces)
        self.typed.append(entry)
        held.queue.append(entry)
        return entry

    @precondition(lambda self: any(held.is_online and held.queue for held in self.tablets))
    @rule(data=st.data(), copies=st.integers(1, COPIES), is_answer_lost=st.booleans())
    def a_tablet_sends(self, data: Any, copies: int, is_answer_lost: bool) -> None:
        """Some of its queue, in any order, each up to three times."""
        held = data.draw(
            st.sampled_from([held for held in self.tablets if held.is_online and held.queue])
        )
        chosen = data.draw(
            st.lists(st.sampled_from(held.queue), min_size=1, max_size=4, unique_by=id)
        )
        for entry in chosen:
            answers = {self.deliver(entry) for _copy in range(copies)}
            assert len(answers) == 1, "each copy gets the same answer"
            if not is_answer_lost:
                held.queue.remove(entry)

    @precondition(lambda self: any(typed.row for typed in self.typed))
    @rule(data=st.data())
    def a_message_arrives_once_more(self, data: Any) -> None:
        """Long after it was answered, and although its queue forgot it."""
        self.deliver(data.draw(st.sampled_from([typed for typed in self.typed if typed.row])))

    @precondition(lambda self: any(typed.row for typed in self.typed))
    @rule(data=st.data(), systolic=st.integers(90, 200))
    def a_key_is_used_for_other_numbers(self, data: Any, systolic: int) -> None:
        entry = data.draw(st.sampled_from([typed for typed in self.typed if typed.row]))
        if entry.values["systolic"] == systolic:
            return
        answer = self.post(entry, {**entry.body(), "systolic": systolic})
        assert answer.status_code == 409

    @rule(chair=chairs, nurse=st.integers(0, 1))
    def somebody_signs(self, chair: int, nurse: int) -> None:
        body = {
            "write_key": str(uuid4()),
            "pin": PIN,
            "end": "left_against_advice",
            "reason": "wanted to go home",
            "risks_explained": True,
        }
        path = f"sessions/{self.sessions[chair].pk}/sign-offs/"
        answer = self.send(self.nurses[nurse], path, body)
        if self.signed_at[chair] is None:
            assert answer.status_code == 201, answer.content
            self.signed_at[chair] = self.now()
        else:
            assert answer.status_code == 422

    # --- the way to the server and what is expected of it

    def now(self) -> datetime:
        return datetime.now(START.tzinfo)

    def send(self, nurse: Staff, path: str, body: dict[str, Any]) -> HttpResponse:
        client = Client()
        client.force_login(nurse)
        answer: HttpResponse = client.post(f"/api/v1/{path}", body, content_type="application/json")
        return answer

    def post(self, entry: Typed, body: dict[str, Any]) -> HttpResponse:
        path = f"sessions/{self.sessions[entry.chair].pk}/readings/"
        if entry.replaces:
            path = f"readings/{entry.replaces}/corrections/"
        return self.send(entry.nurse, path, body)

    def deliver(self, entry: Typed) -> tuple[int, str]:
        """Send it, and hold the answer against what the model expects."""
        expected = self.expected(entry)
        answer = self.post(entry, entry.body())
        said = answer.json()  # type: ignore[attr-defined]
        if expected:
            assert answer.status_code == 422, said
            assert said["errors"][0]["code"] == expected
            entry.refusal = expected
            return 422, expected
        assert answer.status_code == 201, said
        if not entry.row:
            signed = self.signed_at[entry.chair]
            entry.row, entry.kept_at, entry.is_late = said["id"], self.now(), signed is not None
            entry.refusal = ""
            if entry.replaces:
                self.struck[entry.replaces] = entry
        assert said["id"] == entry.row, "the same row as the first time"
        return 201, entry.row

    def expected(self, entry: Typed) -> str:
        """The code of the refusal, or "": a signature admits what was so before it and nothing
        else, and an entry is struck once.
        """
        if entry.row:
            return ""
        signed = self.signed_at[entry.chair]
        if entry.replaces:
            if signed is not None:
                return "session_signed"
            return "already_struck" if entry.replaces in self.struck else ""
        is_before = signed is not None and min(entry.taken_at, self.now()) < signed
        return "" if signed is None or is_before else "session_signed"

    # --- what must be so at every moment

    @invariant()
    def the_record_is_what_was_typed(self) -> None:
        rows = VitalReading.objects.filter(clinic=self.clinic).select_related("strike")
        found = {str(row.pk): row for row in rows}
        kept = {entry.row: entry for entry in self.typed if entry.row}
        assert found.keys() == kept.keys(), "each once, and nothing else"
        for key, entry in kept.items():
            self.assert_is(found[key], entry)

    def assert_is(self, row: VitalReading, entry: Typed) -> None:
        assert entry.kept_at is not None
        assert row.session_id == self.sessions[entry.chair].pk
        assert row.recorded_by_id == entry.nurse.pk
        assert {sign: getattr(row, sign) for sign in SIGNS} == {
            sign: entry.values.get(sign) for sign in SIGNS
        }
        assert row.taken_at == min(entry.taken_at, entry.kept_at)
        assert row.recorded_at == entry.kept_at
        assert row.client_clock == entry.client_clock
        assert row.is_late_entry == entry.is_late
        assert str(row.replaces_id or "") == entry.replaces
        assert (getattr(row, "strike", None) is not None) == (entry.row in self.struck)
        if entry.taken_at - entry.kept_at > timedelta(minutes=1):
            assert row.is_time_corrected

    def everybody_comes_back(self) -> None:
        """The line is there for all: what was typed is in the record, or somebody was told."""
        for held in self.tablets:
            for entry in held.queue:
                self.deliver(entry)
        assert all(entry.is_settled for entry in self.typed)
        self.the_record_is_what_was_typed()
        for entry in self.typed:
            if not entry.row and not entry.replaces:
                signed = self.signed_at[entry.chair]
                assert signed is not None
                assert entry.taken_at >= signed, "refused only because it came after the signature"


def play(histories: int, steps: int) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_a_hundred_histories_lose_and_double_nothing() -> None:
    play(histories=100, steps=25)


@pytest.mark.soak
@pytest.mark.django_db
def test_a_thousand_histories_lose_and_double_nothing() -> None:
    play(histories=1_000, steps=50)
