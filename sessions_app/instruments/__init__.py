"""The questionnaires that ship, by code. A new one is a file, a text, a line here and a section
in docs/instruments.md; the registry test asks for all of them."""

from __future__ import annotations

from sessions_app.instruments.base import Band, Instrument, Item, RedFlag, Score
from sessions_app.instruments.bdi_ii import BDI_II
from sessions_app.instruments.c_ssrs import C_SSRS
from sessions_app.instruments.cadss import CADSS
from sessions_app.instruments.cadss_6 import CADSS_6
from sessions_app.instruments.compared_before import COMPARED_BEFORE
from sessions_app.instruments.craving_0_100 import CRAVING_0_100
from sessions_app.instruments.gad7 import GAD7
from sessions_app.instruments.ham_d17 import HAM_D17
from sessions_app.instruments.icsi import ICSI
from sessions_app.instruments.madrs import MADRS
from sessions_app.instruments.mood_0_10 import MOOD_0_10
from sessions_app.instruments.pain_0_10 import PAIN_0_10
from sessions_app.instruments.peg import PEG
from sessions_app.instruments.phq9 import PHQ9
from sessions_app.instruments.qids_sr16 import QIDS_SR16
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
        QIDS_SR16,
        MADRS,
        HAM_D17,
        BDI_II,
        C_SSRS,
        CADSS,
        CADSS_6,
        ICSI,
        CRAVING_0_100,
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
