"""The sentence on top of a patient's page: the weakest claim that is true, never more."""

from __future__ import annotations

from typing import Any

import pytest

from reports.dashboards.headline import headline, recent_relief
from reports.dashboards.words import claim_words


def episode(status: str, number: int, lo: float | None = None, hi: float | None = None) -> Any:
    reason = None if hi is not None or lo is None else "next_session"
    return {
        "status": status,
        "session_no": number,
        "relief_lo": lo,
        "relief_hi": hi,
        "relief_reason": reason,
    }


@pytest.mark.parametrize(
    ("episodes", "words"),
    [
        ([], "No session with a dose yet."),
        ([episode("response", 1, 30.0)], "Not enough to estimate: one session so far."),
        (
            [episode("no_predose", 1), episode("no_followup", 2)],
            "Not enough to estimate: answers are missing around each dose.",
        ),
        (
            [episode("response", 1, 0.0), episode("no_response", 2)],
            "No relief was seen after session 2.",
        ),
        (
            [
                episode("response", 1, 24.0, 48.0),
                episode("response", 2, 100.0),
                episode("carried", 3, 30.0),
                episode("no_response", 4),
            ],
            "No relief was seen after session 4; after session 2 it was longer than 4\u00a0d.",
        ),
        (
            [episode("response", 1, 24.0, 48.0), episode("response", 2, 167.9)],
            "Relief lasted longer than 6\u00a0d after session 2; "
            "after session 1 it was 1–2\u00a0d.",
        ),
        (
            [episode("response", 1, 0.0, 48.0), episode("response", 2, 0.9)],
            "Relief was seen after session 2; how long it lasted is not known yet.",
        ),
        (
            [episode("response", 1, 0.0, 140.0), episode("response", 2, 24.0, 48.0)],
            "Relief lasted 1–2\u00a0d after session 2; after session 1 it was at most 6\u00a0d.",
        ),
        (
            [episode("response", 1, 24.0, 48.0), episode("no_followup", 2)],
            "Relief lasted 1–2\u00a0d after session 1.",
        ),
        (
            [episode("no_response", 1), episode("response", 2, -3.0)],
            "Relief was seen after session 2; how long it lasted is not known yet.",
        ),
        (
            [episode("response", 1, 24.0), episode("carried", 2, 50.0, 70.0)],
            "Relief was kept for 2–3\u00a0d after session 2.",
        ),
        (
            [episode("response", 1, 24.0), episode("carried", 2, 50.0)],
            "Relief was kept for longer than 2\u00a0d after session 2.",
        ),
    ],
)
def test_the_headline_is_the_weakest_claim_that_is_true(episodes: list[Any], words: str) -> None:
    assert claim_words(headline(episodes)) == words


def test_recent_relief_is_open_when_any_session_was_cut_off() -> None:
    seen = [
        episode("response", 1, 1.0, 2.0),
        episode("response", 2, 30.0, 60.0),
        episode("no_response", 3),
        episode("response", 4, 170.0),
        episode("response", 5, 90.0, 100.0),
    ]
    claim = recent_relief(seen)
    assert claim is not None and claim.now is not None
    assert (claim.now.lo, claim.now.hi, claim.cut, claim.of) == (30.0, None, 1, 3)
    lasting = recent_relief(
        [*seen, {**episode("response", 6, 9.0), "relief_reason": "end_of_followup"}]
    )
    assert lasting is not None and (lasting.cut, lasting.unended) == (1, 1)
    closed = recent_relief(seen[:2])
    assert closed is not None and closed.now is not None
    assert (closed.now.lo, closed.now.hi) == (1.0, 60.0)
