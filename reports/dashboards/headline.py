"""What the episodes allow to say in one sentence: the weakest claim that is true, never more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

RECENT = 3
# A claim in hours begins at one whole hour: below it the length is not known.
LEAST_H = 1.0

ClaimCode = Literal[
    "no_sessions",
    "not_enough",
    "nothing_known",
    "no_relief_last",
    "relief_kept",
    "relief_length_unknown",
    "relief_longer",
    "relief_range",
]

Episode = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """Relief lay in (lo, hi] hours; `hi` None: nobody saw its end. `session_no`: after which."""

    lo: float
    hi: float | None
    session_no: int


@dataclass(frozen=True)
class Claim:
    """`code` says which sentence; `now` and `first` are the spans in it, `cut` how many of
    `of` sessions were cut off by the next one, `unended` how many were not seen to end otherwise.
    After a session without relief `before` is the newest relief that was seen.
    """

    code: ClaimCode
    session_no: int | None = None
    now: Span | None = None
    first: Span | None = None
    before: Span | None = None
    cut: int = 0
    of: int = 0
    unended: int = 0


def headline(episodes: Sequence[Episode]) -> Claim:
    """The claim about the last session with a known outcome, beside the first one with relief.

    Sessions without an answer before or after the dose say nothing either way. With fewer than
    two sessions there is not enough to estimate anything.
    """
    if not episodes:
        return Claim("no_sessions")
    if len(episodes) < 2:
        return Claim("not_enough", episodes[0]["session_no"])
    known = [e for e in episodes if e["status"] in ("response", "no_response", "carried")]
    if not known:
        return Claim("nothing_known")
    last = known[-1]
    number = int(last["session_no"])
    earlier = [span_of(e) for e in known[:-1] if e["status"] == "response"]
    told = [span for span in earlier if span.hi is not None or span.lo >= LEAST_H]
    if last["status"] == "no_response":
        return Claim("no_relief_last", number, before=told[-1] if told else None)
    now = span_of(last)
    if last["status"] == "carried":
        return Claim("relief_kept", number, now)
    first = told[0] if told else None
    if now.hi is not None:
        return Claim("relief_range", number, now, first)
    if now.lo >= LEAST_H:
        return Claim("relief_longer", number, now, first)
    return Claim("relief_length_unknown", number, now, first)


def recent_relief(episodes: Sequence[Episode]) -> Claim | None:
    """What is true of each of the last three sessions with relief; None without any.

    Every one of them lay in the claim's span. It is open upwards when any was not followed to
    its end.
    """
    last = [e for e in episodes if e["status"] == "response"][-RECENT:]
    if not last:
        return None
    spans = [span_of(e) for e in last]
    open_ended = any(span.hi is None for span in spans)
    hi = None if open_ended else max(span.hi or 0.0 for span in spans)
    now = Span(min(span.lo for span in spans), hi, spans[-1].session_no)
    cut = sum(e["relief_reason"] == "next_session" for e in last)
    unended = sum(span.hi is None for span in spans) - cut
    code: ClaimCode = "relief_range" if hi else "relief_longer"
    return Claim(code, now.session_no, now, cut=cut, of=len(last), unended=unended)


def span_of(episode: Episode) -> Span:
    """The relief interval; an interval that begins below 0 (hours overlap) begins at 0."""
    lo = max(float(episode["relief_lo"]), 0.0)
    return Span(lo, episode["relief_hi"], int(episode["session_no"]))
