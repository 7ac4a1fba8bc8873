"""Mood now, one number from 0 (worst I can imagine) to 10 (best I can imagine).

A generic numeric rating in our own words; nobody published severity bands for it. It asks about
this moment, so it can be repeated from hour to hour.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

MOOD_0_10 = Instrument(
    code="mood_0_10",
    name="Mood 0-10",
    version="1",
    items=(Item("q1", 0, 10),),
    recall_days=0,
    score_min=0,
    score_max=10,
    higher_is_better=True,
    bands=(),
    remission_cut=None,
    licence="Wording of this project, under its licence",
    source="Generic 11-point numeric rating scale",
    relief_name="mood_0_10",
)
