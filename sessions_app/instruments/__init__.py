"""The questionnaires that ship, by code. A new one is a file, a text, a line here and a section
in docs/instruments.md; the registry test asks for all of them."""

from __future__ import annotations

from sessions_app.instruments.base import Band, Instrument, Item, RedFlag, Score
from sessions_app.instruments.compared_before import COMPARED_BEFORE
from sessions_app.instruments.gad7 import GAD7
from sessions_app.instruments.mood_0_10 import MOOD_0_10
from sessions_app.instruments.pain_0_10 import PAIN_0_10
from sessions_app.instruments.peg import PEG
from sessions_app.instruments.phq9 import PHQ9
from sessions_app.instruments.still_bothering import STILL_BOTHERING
from sessions_app.instruments.thoughts import THOUGHTS
from sessions_app.instruments.wording import InstrumentText, languages, text

REGISTRY: dict[str, Instrument] = {
    instrument.code: instrument
    for instrument in (
        MOOD_0_10,
        COMPARED_BEFORE,
        PAIN_0_10,
        STILL_BOTHERING,
        THOUGHTS,
        PHQ9,
        GAD7,
        PEG,
    )
}

__all__ = [
    "REGISTRY",
    "Band",
    "Instrument",
    "InstrumentText",
    "Item",
    "RedFlag",
    "Score",
    "languages",
    "text",
]
