"""Rows in which nobody is named: what a researcher may take along.

Afterwards a patient is a random id, new with each export. The times of each patient are moved by a
number of whole weeks of their own, so every interval is kept and no date is true. Ages are bands of
ten years, weights are rounded to 5 kg. A route, drug, indication or origin of fewer patients than
the minimum becomes "other", and so do the next larger ones until "other" itself is large enough.
Where fewer patients are alike in age and all of these, the band of the age is wider or withheld. No
text that anybody typed is in it. It is less than the record, and still about people: it is no
public file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings

from reports import frames
from reports.dashboards.outcome_groups import dose_bands
from reports.dashboards.outcome_selection import ages
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule
from sessions_app.models import Clinic, InstrumentScore, TreatmentSession

if TYPE_CHECKING:
    import pandas as pd

MOST_WEEKS = 52
WEIGHT_STEP_KG, WEIGHT_LOW_KG, WEIGHT_HIGH_KG = 5, 45, 120
OTHER, WITHHELD, UNKNOWN = "other", "withheld", "unknown"
BROAD_BANDS = {
    **dict.fromkeys(("18-29", "30-39"), "18-39"),
    **dict.fromkeys(("40-49", "50-59"), "40-59"),
    **dict.fromkeys(("60-69", "70-79", "80-89", "90+"), "60+"),
}
ALL_BANDS = ("0-17", UNKNOWN, *BROAD_BANDS, *BROAD_BANDS.values())
SMALL_CELLS = ("route", "drug", "indication", "origin")
ALIKE = ("age_band", *SMALL_CELLS)


class TooFewPatients(ValueError):
    """The clinic has treated fewer patients than the minimum: nothing may be taken along."""


@dataclass(frozen=True)
class Research:
    """The tables of one export and what it says of itself.

    `facts` has the same rows as `sessions`. `rules`: the definitions of the episodes of each
    questionnaire. `left_out`: known questionnaires that fewer patients than the minimum answered.
    """

    sessions: pd.DataFrame
    facts: pd.DataFrame
    check_ins: pd.DataFrame
    episodes: pd.DataFrame
    rules: dict[str, ResponseRule]
    left_out: tuple[str, ...]
    minimum: int


def research(clinic: Clinic, dice: Random) -> Research:
    """The export of one clinic; raises TooFewPatients. `dice` should be a SystemRandom."""
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    rows: Any = TreatmentSession.objects.filter(clinic=clinic)
    sessions = frames.sessions_frame(rows).merge(frames.session_facts(rows), on="session_id")
    if sessions["patient_id"].nunique() < minimum:
        raise TooFewPatients
    sessions["age_band"] = age_bands(sessions, frames.birth_dates(rows), clinic.time_zone)
    scores = frames.check_ins_frame(InstrumentScore.objects.filter(clinic=clinic))
    check_ins, left_out = answered(scores, sessions["patient_id"], minimum)
    sessions, check_ins = unnamed(sessions, check_ins, dice)
    sessions = coarsened(sessions, minimum)
    used = sorted(set(check_ins["instrument"]))
    rules = {name: ResponseRule.for_instrument(name) for name in used}
    episodes = episodes_of(sessions, check_ins, rules)
    return Research(sessions, sessions, check_ins, episodes, rules, left_out, minimum)


def age_bands(sessions: pd.DataFrame, births: pd.DataFrame, zone: str) -> pd.Series[str]:
    """ "30-39" for each session, in completed years on the clinic's day; "90+" together."""
    born = sessions.merge(births, on="patient_id", how="left")["birth_date"]
    years = ages(born, sessions["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.date)
    return years.map(age_band).astype(object)


def age_band(years: float) -> str:
    """The band of one age; "unknown" for NaN."""
    if years != years:
        return UNKNOWN
    if years < 18:
        return "0-17"
    if years >= 90:
        return "90+"
    if years < 30:
        return "18-29"
    decade = int(years) // 10 * 10
    return f"{decade}-{decade + 9}"


def answered(
    scores: pd.DataFrame, patients: Iterable[str], minimum: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Answers of these patients to known questionnaires, and which of those too few answered.

    A questionnaire that is not known is left out without its name, which somebody typed.
    """
    own = scores[
        scores["patient_id"].isin(set(patients)) & scores["instrument"].isin(KNOWN_INSTRUMENTS)
    ]
    counts = own.groupby("instrument")["patient_id"].nunique()
    few = tuple(str(name) for name, n in counts.items() if n < minimum)
    return own[~own["instrument"].isin(few)], few


def unnamed(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, dice: Random
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random ids, and times that are moved by whole weeks of each patient's own.

    Of simultaneous sessions the order of the ids matters, so it is kept within a patient. Rows
    are sorted by the new ids: their order tells nothing of the old one.
    """
    import pandas as pd

    patients = sorted(set(sessions["patient_id"]))
    names = dict(zip(patients, tokens(len(patients), dice), strict=True))
    moved = {one: timedelta(weeks=weeks_off(dice)) for one in patients}
    ordered = sessions.sort_values(["patient_id", "session_start", "session_id"])
    fresh = pd.Series(tokens(len(ordered), dice), ordered.index, dtype=object)
    fresh = fresh.groupby(ordered["patient_id"], sort=False).transform(
        lambda own: sorted(own)  # type: ignore[arg-type, return-value]
    )

    def shifted(rows: pd.DataFrame, column: str) -> pd.DataFrame:
        offset = pd.to_timedelta(rows["patient_id"].map(moved))
        changed = {column: rows[column] + offset, "patient_id": rows["patient_id"].map(names)}
        return rows.assign(**changed)

    first = shifted(ordered.assign(session_id=fresh), "session_start")
    second = shifted(check_ins, "taken_at")
    return (
        first.sort_values(["patient_id", "session_start", "session_id"], ignore_index=True),
        second.sort_values(["patient_id", "taken_at", "instrument"], ignore_index=True),
    )


def tokens(n: int, dice: Random) -> list[str]:
    """So many different random ids."""
    found: dict[str, None] = {}
    while len(found) < n:
        found[f"{dice.getrandbits(64):016x}"] = None
    return list(found)


def weeks_off(dice: Random) -> int:
    """From 1 to 52 weeks, later or earlier; never none."""
    return dice.randint(1, MOST_WEEKS) * dice.choice((-1, 1))


def coarsened(sessions: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Small cells as "other", without their doses; the ages of few people alike withheld."""
    found = sessions.assign(dose_band=dose_bands(sessions))
    for column in SMALL_CELLS:
        found[column] = merged(found[column], found["patient_id"], minimum)
    # The milligrams would tell a rare drug or route again.
    rare = (found["route"] == OTHER) | (found["drug"] == OTHER)
    found.loc[rare, "dose_mg"] = float("nan")
    found.loc[rare, "dose_band"] = ""
    weight = (found["weight_kg"] / WEIGHT_STEP_KG).round() * WEIGHT_STEP_KG
    found["weight_kg"] = weight.clip(WEIGHT_LOW_KG, WEIGHT_HIGH_KG)
    for wider in (BROAD_BANDS, dict.fromkeys(ALL_BANDS, WITHHELD)):
        found["age_band"] = widened(found, wider, minimum)
    return found


def widened(sessions: pd.DataFrame, wider: dict[str, str], minimum: int) -> pd.Series[str]:
    """The age bands; the wider one where fewer patients than the minimum are alike."""
    alike = sessions.groupby(list(ALIKE))["patient_id"].transform("nunique")
    bands = sessions["age_band"]
    return bands.where(alike >= minimum, bands.map(lambda band: wider.get(band, band)))


def merged(values: pd.Series[str], patients: pd.Series[str], minimum: int) -> pd.Series[str]:
    """The values, those of few patients as "other"; "other" is of at least the minimum too."""
    sizes = patients.groupby(values).nunique().sort_values(kind="stable")
    small = [value for value, n in sizes.items() if n < minimum]
    large = [value for value, n in sizes.items() if n >= minimum]
    while small and large and patients[values.isin(small)].nunique() < minimum:
        small.append(large.pop(0))
    return values.where(~values.isin(small), OTHER)


def episodes_of(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rules: dict[str, ResponseRule]
) -> pd.DataFrame:
    """The episodes by each questionnaire's own definitions, made from the rows as they go out."""
    import pandas as pd

    from reports.episodes import EPISODE_COLUMNS, derive

    found = [
        derive(sessions, check_ins, rule).assign(instrument=name) for name, rule in rules.items()
    ]
    if not found:
        return pd.DataFrame(columns=["instrument", *EPISODE_COLUMNS])
    return pd.concat(found, ignore_index=True)
