"""GAD-7: seven anxiety items over two weeks, 0 to 21.

Bands at 5, 10 and 15: Spitzer, Kroenke, Williams, Löwe 2006, Arch Intern Med 166:1092. Remission
below 5. Up to two open items take the mean of the others (general knowledge, as in the PHQ-9).
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, Instrument, Item

LOINC = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")

GAD7 = Instrument(
    code="gad7",
    name="GAD-7",
    version="1",
    items=tuple(Item(f"q{number}", 0, 3, loinc) for number, loinc in enumerate(LOINC, start=1)),
    recall_days=14,
    score_min=0,
    score_max=21,
    higher_is_better=False,
    bands=(
        Band(0, 4, "minimal"),
        Band(5, 9, "mild"),
        Band(10, 14, "moderate"),
        Band(15, 21, "severe"),
    ),
    remission_cut=4,
    licence="Free to reproduce without copyright restriction (Pfizer, 2010)",
    source="Spitzer, Kroenke, Williams, Löwe 2006, Arch Intern Med 166:1092",
    relief_name="GAD-7",
    max_missing=2,
    loinc_panel="69737-5",
    loinc_score="70274-6",
)
