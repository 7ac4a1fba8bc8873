"""MADRS: ten items rated by a clinician over the last seven days, each 0 to 6, sum 0 to 60.

Montgomery, Åsberg 1979, Br J Psychiatry 134:382. All ten items are required: with one open there
is no total (trial practice). Bands 0-6, 7-19, 20-34, 35-60 (general knowledge). Remission at or
below 10 (validated cut-offs are 9 and 10; some trials use 12). LOINC: none verified.

The wording needs a licence and is not shipped: staff enter the total or the ten numbers. Item 10
calls a person; its two levels are by design.
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, FlagRule, Instrument, Item

MADRS = Instrument(
    code="madrs",
    name="MADRS",
    version="1",
    items=tuple(Item(f"q{number}", 0, 6) for number in range(1, 11)),
    recall_days=7,
    score_min=0,
    score_max=60,
    higher_is_better=False,
    bands=(
        Band(0, 6, "none"),
        Band(7, 19, "mild"),
        Band(20, 34, "moderate"),
        Band(35, 60, "severe"),
    ),
    remission_cut=10,
    licence="Wording under licence, not shipped",
    source="Montgomery, Åsberg 1979, Br J Psychiatry 134:382",
    relief_name="MADRS",
    flag_rules=(
        FlagRule("q10", 2, 3, "medium", "suicide_answer"),
        FlagRule("q10", 4, 6, "high", "suicide_answer"),
    ),
    is_asked=False,
)
