"""Which group each session belongs to: its route, dose band, session number or condition.

A dose band keeps the two drugs apart, for a milligram of one is not a milligram of the other.
ketAMINE is banded by dose for each kg of body weight, at 0.6 mg/kg, between the usual 0.5 and
0.75 mg/kg; ESketamine by its devices of 28 mg, at two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.dashboards.filters import SESSION_BANDS

if TYPE_CHECKING:
    import pandas as pd

KETAMINE_SPLIT_MG_PER_KG = 0.6
ESKETAMINE_SPLIT_MG = 56.0
# A pump's sum of decimals may lie a hair beside the dose that was meant.
HAIR = 1e-6


def dose_bands(rows: pd.DataFrame) -> pd.Series[str]:
    """The band of each row of drug, dose_mg, weight_kg; "" where the dose is not known."""
    import numpy as np
    import pandas as pd

    per_kg = rows["dose_mg"] / rows["weight_kg"].where(rows["weight_kg"] > 0)
    low = per_kg < KETAMINE_SPLIT_MG_PER_KG - HAIR
    few = rows["dose_mg"] <= ESKETAMINE_SPLIT_MG + HAIR
    is_ketamine = (rows["drug"] == "ketamine") & per_kg.notna()
    is_esketamine = (rows["drug"] == "esketamine") & rows["dose_mg"].notna()
    cases = [is_ketamine & low, is_ketamine, is_esketamine & few, is_esketamine]
    names = np.select(cases, ["k-low", "k-high", "e-low", "e-high"], "")
    return pd.Series(names, rows.index, dtype=object)


def session_bands(session_no: pd.Series[int]) -> pd.Series[Any]:
    """The band of SESSION_BANDS of each session number."""
    import numpy as np
    import pandas as pd

    starts = [low for low, _high in SESSION_BANDS.values()]
    place = np.searchsorted(starts, session_no.to_numpy(), side="right") - 1
    bands = pd.CategoricalDtype(list(SESSION_BANDS))
    return pd.Series(pd.Categorical.from_codes(place, dtype=bands), session_no.index)


def groups_of(episodes: pd.DataFrame, compare: str) -> pd.Series[Any]:
    """The group of each episode as a category; "" or nothing where it belongs to none.

    `episodes`: one row a session with route, drug, indication, dose_mg, weight_kg, session_no.
    """
    if compare == "dose":
        return dose_bands(episodes).astype("category")
    if compare == "sessions":
        return session_bands(episodes["session_no"])
    return episodes[compare].astype("category")


def first_of_each(episodes: pd.DataFrame) -> pd.DataFrame:
    """One session of each patient: the first that was at risk of relief, else the first."""
    waited = ~episodes["status"].isin(["response", "no_response"])
    ordered = episodes.assign(waited=waited).sort_values(
        ["patient_id", "waited", "session_no"], kind="stable"
    )
    kept = ordered[~ordered["patient_id"].duplicated()].index
    return episodes[episodes.index.isin(kept)]
