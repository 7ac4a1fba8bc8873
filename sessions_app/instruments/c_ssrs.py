"""C-SSRS screener, triage only: 0 none, 1 low, 2 moderate, 3 high.

Posner, Brown, Stanley et al. 2011, Am J Psychiatry 168:1266; triage as in the screener's common
form (general knowledge): yes to 1 or 2 alone is low; 3, or behaviour (6) longer than three months
ago, moderate; 4, 5, or behaviour within three months, high. Questions 3 to 5 are asked only after
yes to 2. Items are 0 no, 1 yes; item 6 is 0 no, 1 longer ago, 2 within three months.

A question that had to be asked and stands empty is unsafe: there is no triage then, and a person is
called (medium), unless what was answered is high already: that is called as high. High calls at
once, entered as answers or as the triage alone. LOINC: none verified.

Free in clinical and public-health use, but the words are the owner's, unaltered, and electronic
versions need an agreement: none is shipped.
"""

from __future__ import annotations

from sessions_app.instruments.base import Answers, Band, Instrument, Item, RedFlag, Score

ALERT = "suicide_screen"
NONE, LOW, MODERATE, HIGH = range(4)
# item → triage by its answer.
TRIAGE: dict[str, tuple[int, ...]] = {
    "q1": (NONE, LOW),
    "q2": (NONE, LOW),
    "q3": (NONE, MODERATE),
    "q4": (NONE, HIGH),
    "q5": (NONE, HIGH),
    "q6": (NONE, MODERATE, HIGH),
}
ALWAYS = ("q1", "q2", "q6")
AFTER_YES_TO_TWO = ("q3", "q4", "q5")


def triage(answers: Answers) -> Score:
    """The highest level that an answer reaches; None while a question that is due is open."""
    blank = _blank(answers)
    return Score(None if blank else _reached(answers), False, blank)


def flags(answers: Answers) -> list[RedFlag]:
    """High calls as high. A blank calls as medium, once anything at all was answered."""
    if _reached(answers) == HIGH:
        return [RedFlag("triage", "high", ALERT)]
    is_begun = any(value is not None for value in answers.values())
    if is_begun and _blank(answers):
        return [RedFlag("triage", "medium", ALERT)]
    return []


def _reached(answers: Answers) -> int:
    return max(
        (TRIAGE[item][value] for item, value in answers.items() if value is not None), default=NONE
    )


def _blank(answers: Answers) -> int:
    due = (*ALWAYS, *AFTER_YES_TO_TWO) if answers.get("q2") else ALWAYS
    return sum(answers.get(item) is None for item in due)


C_SSRS = Instrument(
    code="c_ssrs",
    name="C-SSRS triage",
    version="1",
    items=tuple(Item(item, 0, len(levels) - 1) for item, levels in TRIAGE.items()),
    recall_days=30,
    score_min=NONE,
    score_max=HIGH,
    higher_is_better=False,
    bands=(
        Band(NONE, NONE, "none"),
        Band(LOW, LOW, "low"),
        Band(MODERATE, MODERATE, "moderate"),
        Band(HIGH, HIGH, "high"),
    ),
    remission_cut=None,
    licence="Wording is the owner's (RFMH) and not shipped; electronic versions by agreement",
    source="Posner, Brown, Stanley et al. 2011, Am J Psychiatry 168:1266",
    relief_name="C-SSRS",
    is_asked=False,
    is_outcome=False,
    rule=triage,
    own_flags=flags,
    high_from=HIGH,
    high_code=ALERT,
)
