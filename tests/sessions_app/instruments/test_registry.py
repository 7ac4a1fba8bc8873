"""Every questionnaire: published scores, the rule for gaps, red flags, words, licence, page."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from reports.response_rule import KNOWN_INSTRUMENTS
from sessions_app.instruments import REGISTRY, RedFlag, Score, languages, text
from sessions_app.instruments.wording import TEXTS

DOC = Path(__file__).resolve().parents[3] / "docs" / "instruments.md"
PHQ9, GAD7 = REGISTRY["phq9"], REGISTRY["gad7"]
MOOD, PAIN = REGISTRY["mood_0_10"], REGISTRY["pain_0_10"]
every_instrument = pytest.mark.parametrize("instrument", REGISTRY.values(), ids=REGISTRY)


def filled(instrument, *values):
    return {item.code: value for item, value in zip(instrument.items, values, strict=True)}


@every_instrument
def test_each_instrument_is_complete(instrument):
    assert REGISTRY[instrument.code] is instrument
    for must in ("name", "version", "licence", "source", "relief_name"):
        assert getattr(instrument, must)
    lowest = instrument.score(filled(instrument, *(i.minimum for i in instrument.items)))
    highest = instrument.score(filled(instrument, *(i.maximum for i in instrument.items)))
    ends = (instrument.score_min, instrument.score_max) if instrument.has_score else (None, None)
    assert (lowest.value, highest.value) == ends
    assert instrument.recall_days in (0, 7, 14, 30)
    assert ("en" in languages(instrument.code)) == instrument.is_asked
    assert len(instrument.code) <= 30 and instrument.code.isidentifier()


@every_instrument
def test_bands_cover_the_scale_without_a_gap_or_name_nothing(instrument):
    covered = [n for band in instrument.bands for n in range(band.low, band.high + 1)]
    whole = list(range(instrument.score_min, instrument.score_max + 1))
    assert covered == (whole if instrument.bands else [])
    for outside in (instrument.score_min - 1, instrument.score_max + 1):
        with pytest.raises(ValueError, match=instrument.code):
            instrument.band(outside)


@every_instrument
def test_every_text_has_words_for_each_item_and_answer_and_names_its_source(instrument):
    for language in languages(instrument.code):
        words = text(instrument.code, language)
        assert list(words.items) == [item.code for item in instrument.items]
        assert all(words.items.values()) and words.source and words.licence
        for item in instrument.items:
            assert [value for value, _ in words.options_of(item.code)] == list(item.options)
        for item in instrument.extra_items:
            assert words.difficulty
            assert [value for value, _ in words.difficulty_options] == list(item.options)


@every_instrument
def test_the_page_on_instruments_has_a_section_with_its_facts(instrument):
    section = DOC.read_text(encoding="utf-8").split(f"\n## {instrument.name}\n")[1]
    section = section.split("\n## ")[0]
    for fact in (
        f"`{instrument.code}`",
        f"`{instrument.relief_name}`",
        f"{instrument.score_min} to {instrument.score_max}",
        f"{instrument.recall_days} days",
        instrument.licence,
        instrument.source,
        *(f"{band.low}–{band.high} {band.code.replace('_', ' ')}" for band in instrument.bands),
    ):
        assert fact in section, fact


def test_the_registry_is_what_the_relief_command_knows():
    facts = {
        i.relief_name: (i.score_max, i.higher_is_better, i.remission_cut)
        for i in REGISTRY.values()
        if i.is_outcome
    }
    assert facts == {
        "PHQ-9": (27, False, 4),
        "GAD-7": (21, False, 4),
        "mood_0_10": (10, True, None),
        "pain_0_10": (10, False, None),
        "PEG": (10, False, None),
        "QIDS-SR16": (27, False, 5),
        "MADRS": (60, False, 10),
        "HAM-D17": (52, False, 7),
        "BDI-II": (63, False, 12),
    }
    for name, (top, better, cut) in facts.items():
        known = KNOWN_INSTRUMENTS[name]
        assert (known.score_max, known.higher_is_better, known.remission_cut) == (top, better, cut)
        recall = [i.recall_days for i in REGISTRY.values() if i.relief_name == name]
        assert recall == [known.recall_days]


def test_every_text_file_belongs_to_an_instrument():
    for path in TEXTS.glob("*.toml"):
        assert path.name.split(".")[0] in REGISTRY
        assert tomllib.loads(path.read_text(encoding="utf-8"))["source"]


def test_a_language_without_a_sourced_text_is_an_error_that_names_what_there_is():
    with pytest.raises(LookupError, match="there is en"):
        text("phq9", "xx")
    assert text("phq9", "en_GB") == text("phq9", "en-gb") == text("phq9", "en")


def test_the_words_of_phq9_and_gad7_are_the_published_ones():
    phq, gad = text("phq9", "en"), text("gad7", "en")
    assert (
        phq.stem
        == gad.stem
        == (
            "Over the last 2 weeks, how often have you been bothered"
            " by any of the following problems?"
        )
    )
    assert (
        phq.options
        == gad.options
        == (
            (0, "Not at all"),
            (1, "Several days"),
            (2, "More than half the days"),
            (3, "Nearly every day"),
        )
    )
    assert phq.items["q9"] == (
        "Thoughts that you would be better off dead or of hurting yourself in some way"
    )
    assert gad.items["q7"] == "Feeling afraid as if something awful might happen"


# Kroenke 2001 and Spitzer 2006: the cut-points 5, 10, 15 (and 20), from both sides.
@pytest.mark.parametrize(
    ("instrument", "score", "band"),
    [
        (PHQ9, 0, "minimal"), (PHQ9, 4, "minimal"), (PHQ9, 5, "mild"), (PHQ9, 9, "mild"),
        (PHQ9, 10, "moderate"), (PHQ9, 14, "moderate"), (PHQ9, 15, "moderately_severe"),
        (PHQ9, 19, "moderately_severe"), (PHQ9, 20, "severe"), (PHQ9, 27, "severe"),
        (GAD7, 0, "minimal"), (GAD7, 4, "minimal"), (GAD7, 5, "mild"), (GAD7, 9, "mild"),
        (GAD7, 10, "moderate"), (GAD7, 14, "moderate"), (GAD7, 15, "severe"), (GAD7, 21, "severe"),
        (PAIN, 0, "none"), (PAIN, 1, "mild"), (PAIN, 3, "mild"), (PAIN, 4, "moderate"),
        (PAIN, 6, "moderate"), (PAIN, 7, "severe"), (PAIN, 10, "severe"), (MOOD, 5, None),
    ],
)  # fmt: skip
def test_each_score_lies_in_its_published_band(instrument, score, band):
    assert instrument.band(score) == band


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ((0,) * 9, 0),
        ((1,) * 9, 9),
        ((3,) * 9, 27),
        ((2, 3, 1, 2, 0, 1, 1, 0, 0), 10),
        ((3, 3, 3, 3, 2, 2, 2, 1, 1), 20),
    ],
)
def test_phq9_is_the_sum_of_its_nine_items(answers, total):
    assert PHQ9.score(filled(PHQ9, *answers)) == Score(total, False, 0)


def test_gad7_is_the_sum_of_its_seven_items():
    assert GAD7.score(filled(GAD7, 1, 2, 3, 0, 1, 2, 3)) == Score(12, False, 0)


def test_the_difficulty_question_is_kept_but_never_scored():
    answers = filled(PHQ9, *(1,) * 9)
    assert PHQ9.score({**answers, "difficulty": 3}) == PHQ9.score(answers)


@pytest.mark.parametrize(
    ("open_items", "value"), [(1, Decimal("11.25")), (2, Decimal("11.57")), (3, None), (9, None)]
)
def test_up_to_two_open_items_take_the_mean_and_the_score_says_so(open_items, value):
    # q1 to q9 are 0 1 2 1 2 1 1 1 1; items are left open from the first on.
    values = [0, 1, 2, 1, 2, 1, 1, 1, 1]
    answers = filled(PHQ9, *([None] * open_items + values[open_items:]))
    assert PHQ9.score(answers) == Score(value, value is not None, open_items)
    absent = {code: v for code, v in answers.items() if v is not None}
    assert PHQ9.score(absent) == PHQ9.score(answers)


@pytest.mark.parametrize("instrument", [MOOD, PAIN])
def test_a_single_number_left_open_has_no_score(instrument):
    assert instrument.score({"q1": None}) == instrument.score({}) == Score(None, False, 1)
    assert instrument.score({"q1": 0}) == Score(0, False, 0)


def test_a_prorated_score_between_two_bands_has_not_reached_the_upper_one():
    assert PHQ9.band(Decimal("4.88")) == "minimal"
    assert PHQ9.band(Decimal("19.29")) == "moderately_severe"


def test_rounding_a_prorated_score_never_changes_its_band():
    for instrument in (PHQ9, GAD7):
        full = len(instrument.items)
        for answered, total in product((full - 1, full - 2), range(3 * full)):
            if total > 3 * answered:
                continue
            parts = [min(3, max(0, total - 3 * i)) for i in range(answered)]
            score = instrument.score(filled(instrument, *parts, *[None] * (full - answered)))
            exact = Decimal(total) * full / answered
            assert instrument.band(score.value) == instrument.band(exact)


@pytest.mark.parametrize(
    ("answer", "flags"),
    [
        (None, []),
        (0, []),
        (1, [RedFlag("q9", "medium", "suicide_item")]),
        (2, [RedFlag("q9", "high", "suicide_item")]),
        (3, [RedFlag("q9", "high", "suicide_item")]),
    ],
)
def test_item_nine_calls_a_person_even_when_the_rest_is_empty(answer, flags):
    assert PHQ9.red_flags({"q9": answer}) == flags
    assert PHQ9.red_flags({**dict.fromkeys(f"q{n}" for n in range(1, 9)), "q9": answer}) == flags


def test_a_high_total_without_item_nine_raises_no_red_flag():
    assert PHQ9.red_flags(filled(PHQ9, *[3] * 8, 0)) == []
    assert GAD7.red_flags(filled(GAD7, *[3] * 7)) == []


@pytest.mark.parametrize(
    ("answer", "level"), [(0, []), (1, ["medium"]), (2, ["high"]), (3, ["high"]), (4, ["medium"])]
)
def test_every_answer_about_thoughts_but_no_calls_a_person(answer, level):
    flags = REGISTRY["thoughts"].red_flags({"q1": answer})
    assert [flag.level for flag in flags] == level
    assert {flag.code for flag in flags} <= {"thoughts"}


@pytest.mark.parametrize("code", ["compared_before", "still_bothering", "thoughts"])
def test_what_is_only_asked_has_no_total_and_is_in_no_report(code):
    instrument = REGISTRY[code]
    for option in instrument.items[0].options:
        assert instrument.score({"q1": option}).value is None
    assert not instrument.is_outcome


@pytest.mark.parametrize("answers", [{"q1": 4}, {"q1": -1}, {"q10": 1}, {"q1": True}, {"Q1": 1}])
def test_what_is_no_answer_to_this_questionnaire_is_an_error(answers):
    for use in (PHQ9.score, PHQ9.red_flags):
        with pytest.raises(ValueError, match="phq9"):
            use(answers)
