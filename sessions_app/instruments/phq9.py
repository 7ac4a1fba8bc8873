"""PHQ-9: nine depression items over two weeks, 0 to 27, with the item on thoughts of death.

Bands: Kroenke, Spitzer, Williams 2001, J Gen Intern Med 16:606. Remission below 5. Up to two open
items take the mean of the others (the authors' manual, general knowledge). Any answer above 0 to
item 9 calls a person the same day; the two levels are by design.
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, FlagRule, Instrument, Item

LOINC = (
    "44250-9",
    "44255-8",
    "44259-0",
    "44254-1",
    "44251-7",
    "44258-2",
    "44252-5",
    "44253-3",
    "44260-8",
)

PHQ9 = Instrument(
    code="phq9",
    name="PHQ-9",
    version="1",
    items=tuple(Item(f"q{number}", 0, 3, loinc) for number, loinc in enumerate(LOINC, start=1)),
    recall_days=14,
    score_min=0,
    score_max=27,
    higher_is_better=False,
    bands=(
        Band(0, 4, "minimal"),
        Band(5, 9, "mild"),
        Band(10, 14, "moderate"),
        Band(15, 19, "moderately_severe"),
        Band(20, 27, "severe"),
    ),
    remission_cut=4,
    licence="Free to reproduce without copyright restriction (Pfizer, 2010)",
    source="Kroenke, Spitzer, Williams 2001, J Gen Intern Med 16:606",
    relief_name="PHQ-9",
    max_missing=2,
    extra_items=(Item("difficulty", 0, 3, "69722-7"),),
    flag_rules=(
        FlagRule("q9", 1, 1, "medium", "suicide_item"),
        FlagRule("q9", 2, 3, "high", "suicide_item"),
    ),
    loinc_panel="44249-1",
    loinc_score="44261-6",
)
