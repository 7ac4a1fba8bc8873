"""A clinic's own questionnaire: from its checked definition to an instrument and its words.

What a file may hold, and how it is refused, stands in definition_file.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sessions_app.instruments.base import Band, FlagRule, Instrument, Item
from sessions_app.instruments.wording import InstrumentText, text_from

Definition = dict[str, Any]

OWN = "clinic"
SCORE_ONLY = "score_only"


def own_version(number: int) -> str:
    """The name under which answers and scores keep the version: "clinic-2"."""
    return f"{OWN}-{number}"


def as_instrument(definition: Definition, number: int) -> Instrument:
    """The questionnaire that the definition describes, in the clinic's version `number`.

    Score only: patients are not asked, staff enter the total.
    """
    scoring = definition["scoring"]
    items = tuple(
        Item(item["code"], item["lowest"], item["highest"]) for item in definition["items"]
    )
    lowest, highest = score_ends(definition)
    return Instrument(
        code=definition["code"],
        name=definition["name"],
        version=own_version(number),
        items=items,
        recall_days=definition["recall_days"],
        score_min=lowest,
        score_max=highest,
        higher_is_better=definition["higher_is_better"],
        bands=tuple(
            Band(_number(band["from"]), _number(band["to"]), band["name"])
            for band in definition["bands"]
        ),
        remission_cut=definition["remission_at_most"],
        licence=definition["licence"],
        source=definition["source"],
        relief_name=definition["code"],
        max_missing=definition["max_missing"],
        flag_rules=tuple(
            FlagRule(
                flag["item"],
                flag["from"],
                flag["to"],
                flag["level"],
                shows_help=flag["shows_help"],
            )
            for flag in definition["red_flags"]
        ),
        is_asked=scoring != SCORE_ONLY,
        scoring="mean" if scoring == "mean" else "sum",
    )


def texts_in(definition: Definition) -> dict[str, InstrumentText]:
    """The words by language. The clinic answers for them; its licence statement goes with them."""
    return {
        language: text_from(
            definition["code"], language, {"licence": definition["licence"], **words}
        )
        for language, words in definition["texts"].items()
    }


def score_ends(definition: Definition) -> tuple[int, int]:
    """The lowest and the highest score: stated for score only, else from the items."""
    if definition["scoring"] == SCORE_ONLY:
        return definition["score"]["lowest"], definition["score"]["highest"]
    lows = [item["lowest"] for item in definition["items"]]
    highs = [item["highest"] for item in definition["items"]]
    if definition["scoring"] == "mean":
        return min(lows), max(highs)
    return sum(lows), sum(highs)


def _number(value: Any) -> int | Decimal:
    """Band ends are kept as whole numbers or as text with decimals, never as binary floats."""
    return value if isinstance(value, int) else Decimal(value)
