"""QIDS-SR16: sixteen items on the last seven days, scored as nine domains, 0 to 27.

Rush, Trivedi, Ibrahim et al. 2003, Biol Psychiatry 54:573. A domain is the highest of its items:
sleep 1-4, sad mood 5, appetite and weight 6-9, concentration 10, view of oneself 11, thoughts of
death 12, interest 13, energy 14, restlessness or slowness 15-16. People answer 6 or 7 and 8 or 9,
not both, so a domain counts when at least one of its items was answered (design); with a whole
domain open there is no score. Bands 6, 11, 16, 21; remission 5 or below. LOINC: none verified.

The wording is the University of Texas Southwestern's, distributed under licence and not shipped.
Item 12 calls a person; its two levels are by design, as in the PHQ-9.
"""

from __future__ import annotations

from sessions_app.instruments.base import Answers, Band, FlagRule, Instrument, Item, Score

DOMAINS: tuple[tuple[str, ...], ...] = (
    ("q1", "q2", "q3", "q4"),
    ("q5",),
    ("q6", "q7", "q8", "q9"),
    ("q10",),
    ("q11",),
    ("q12",),
    ("q13",),
    ("q14",),
    ("q15", "q16"),
)


def score_domains(answers: Answers) -> Score:
    """The sum of the nine domains, each the highest of its items; None with one left open."""
    given = [
        [answers[item] for item in domain if answers.get(item) is not None] for domain in DOMAINS
    ]
    missing = sum(len(domain) for domain in DOMAINS) - sum(map(len, given))
    if not all(given):
        return Score(None, False, missing)
    return Score(sum(max(value or 0 for value in domain) for domain in given), False, missing)


QIDS_SR16 = Instrument(
    code="qids_sr16",
    name="QIDS-SR16",
    version="1",
    items=tuple(Item(f"q{number}", 0, 3) for number in range(1, 17)),
    recall_days=7,
    score_min=0,
    score_max=27,
    higher_is_better=False,
    bands=(
        Band(0, 5, "none"),
        Band(6, 10, "mild"),
        Band(11, 15, "moderate"),
        Band(16, 20, "severe"),
        Band(21, 27, "very_severe"),
    ),
    remission_cut=5,
    licence="Wording under licence (UT Southwestern), not shipped; the scoring is published",
    source="Rush, Trivedi, Ibrahim et al. 2003, Biol Psychiatry 54:573",
    relief_name="QIDS-SR16",
    flag_rules=(
        FlagRule("q12", 1, 1, "medium", "suicide_answer"),
        FlagRule("q12", 2, 3, "high", "suicide_answer"),
    ),
    is_asked=False,
    rule=score_domains,
)
