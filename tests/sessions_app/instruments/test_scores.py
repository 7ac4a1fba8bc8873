"""How each scale is scored: examples by hand, and what must hold for any answers at all."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.instruments import REGISTRY, RedFlag, Score

SCORED = [instrument for instrument in REGISTRY.values() if instrument.has_score]
every_scored = pytest.mark.parametrize("instrument", SCORED, ids=[i.code for i in SCORED])
QIDS, MADRS, HAM, BDI = (REGISTRY[c] for c in ("qids_sr16", "madrs", "ham_d17", "bdi_ii"))
C_SSRS, PEG = REGISTRY["c_ssrs"], REGISTRY["peg"]


def filled(instrument, *values):
    return {item.code: value for item, value in zip(instrument.items, values, strict=True)}


def numbered(**values):
    return values


# Krebs 2009: the mean of the three; two decimals, half up.
@pytest.mark.parametrize(
    ("answers", "mean"),
    [
        ((0, 0, 0), "0"), ((10, 10, 10), "10"), ((6, 7, 5), "6"), ((7, 7, 6), "6.67"),
        ((3, 3, 4), "3.33"), ((0, 0, 1), "0.33"), ((1, 1, 0), "0.67"),
    ],
)  # fmt: skip
def test_peg_is_the_mean_of_its_three_numbers(answers, mean):
    assert PEG.score(filled(PEG, *answers)) == Score(Decimal(mean), False, 0)


def test_peg_with_one_number_open_has_no_score():
    assert PEG.score({"q1": 5, "q2": 5}) == Score(None, False, 1)
    assert PEG.score({}) == Score(None, False, 3)


# Rush 2003: nine domains, sleep and appetite and restlessness by their highest item.
@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ((0,) * 16, 0),
        ((3,) * 16, 27),
        ((3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 3),
        ((1, 2, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 3),
        ((0, 0, 0, 0, 0, 2, None, None, 1, 0, 0, 0, 0, 0, 0, 0), 2),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3), 3),
        ((1, 1, 2, 0, 2, 1, None, None, 2, 2, 1, 0, 2, 2, 1, 0), 14),
    ],
)
def test_qids_adds_the_highest_item_of_each_domain(answers, total):
    assert QIDS.score(filled(QIDS, *answers)).value == total


@pytest.mark.parametrize(
    ("open_items", "is_scorable"),
    [
        (("q7", "q9"), True),
        (("q1", "q2", "q3"), True),
        (("q1", "q2", "q3", "q4"), False),
        (("q6", "q7", "q8", "q9"), False),
        (("q16",), True),
        (("q15", "q16"), False),
        (("q12",), False),
    ],
)
def test_qids_needs_one_answer_in_each_domain(open_items, is_scorable):
    answers = filled(QIDS, *(1,) * 16) | dict.fromkeys(open_items)
    score = QIDS.score(answers)
    assert score == Score(9 if is_scorable else None, False, len(open_items))


@pytest.mark.parametrize("instrument", [MADRS, HAM, BDI, REGISTRY["cadss"], REGISTRY["icsi"]])
def test_a_scale_of_staff_has_no_total_while_one_item_is_open(instrument):
    full = filled(instrument, *(1,) * len(instrument.items))
    assert instrument.score(full) == Score(len(instrument.items), False, 0)
    for item in instrument.items:
        assert instrument.score({**full, item.code: None}) == Score(None, False, 1)


def test_the_items_of_each_scale_reach_its_published_top():
    tops = {i.code: (len(i.items), sum(item.maximum for item in i.items)) for i in SCORED}
    assert tops["madrs"] == (10, 60)
    assert tops["ham_d17"] == (17, 52)
    assert tops["bdi_ii"] == (21, 63)
    assert tops["cadss"] == (23, 92)
    assert tops["cadss_6"] == (6, 24)
    assert tops["icsi"] == (4, 20)
    assert tops["craving_0_100"] == (1, 100)


def test_the_short_items_of_the_hamilton_scale_end_at_two():
    assert HAM.score(filled(HAM, *(item.maximum for item in HAM.items))).value == 52
    for short in ("q4", "q5", "q6", "q12", "q13", "q14", "q16", "q17"):
        with pytest.raises(ValueError, match=short):
            HAM.score({short: 3})


@pytest.mark.parametrize(
    ("instrument", "score", "band"),
    [
        (QIDS, 5, "none"), (QIDS, 6, "mild"), (QIDS, 10, "mild"), (QIDS, 11, "moderate"),
        (QIDS, 15, "moderate"), (QIDS, 16, "severe"), (QIDS, 20, "severe"),
        (QIDS, 21, "very_severe"), (MADRS, 6, "none"), (MADRS, 7, "mild"), (MADRS, 19, "mild"),
        (MADRS, 20, "moderate"), (MADRS, 34, "moderate"), (MADRS, 35, "severe"),
        (HAM, 7, "none"), (HAM, 8, "mild"), (HAM, 14, "moderate"), (HAM, 19, "severe"),
        (HAM, 22, "severe"), (HAM, 23, "very_severe"), (BDI, 13, "minimal"), (BDI, 14, "mild"),
        (BDI, 20, "moderate"), (BDI, 28, "moderate"), (BDI, 29, "severe"),
    ],
)  # fmt: skip
def test_each_score_of_staff_lies_in_its_band(instrument, score, band):
    assert instrument.band(score) == band


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (numbered(q1=0, q2=0, q6=0), 0),
        (numbered(q1=1, q2=0, q6=0), 1),
        (numbered(q1=1, q2=1, q3=0, q4=0, q5=0, q6=0), 1),
        (numbered(q1=1, q2=1, q3=1, q4=0, q5=0, q6=0), 2),
        (numbered(q1=0, q2=0, q6=1), 2),
        (numbered(q1=1, q2=1, q3=0, q4=1, q5=0, q6=0), 3),
        (numbered(q1=1, q2=1, q3=0, q4=0, q5=1, q6=0), 3),
        (numbered(q1=0, q2=0, q6=2), 3),
    ],
)
def test_the_suicide_screen_takes_the_highest_level_that_an_answer_reaches(answers, level):
    assert C_SSRS.score(answers).value == level
    flags = C_SSRS.red_flags(answers)
    assert flags == ([RedFlag("triage", "high", "suicide_screen")] if level == 3 else [])


@pytest.mark.parametrize(
    ("answers", "flag"),
    [
        (numbered(q1=0, q2=0), "medium"),
        (numbered(q2=0, q6=0), "medium"),
        (numbered(q1=1, q2=1, q3=0, q4=0, q6=0), "medium"),
        (numbered(q1=1, q2=1, q3=1), "medium"),
        (numbered(q1=1, q2=1, q4=1), "high"),
        (numbered(q6=2), "high"),
    ],
)
def test_a_blank_in_the_suicide_screen_has_no_triage_and_calls_a_person(answers, flag):
    assert C_SSRS.score(answers).value is None
    assert [found.level for found in C_SSRS.red_flags(answers)] == [flag]


def test_a_screen_that_nobody_began_calls_nobody():
    assert C_SSRS.red_flags({}) == C_SSRS.red_flags(dict.fromkeys(("q1", "q2", "q6"))) == []


def test_a_triage_entered_alone_calls_when_it_is_high():
    assert [C_SSRS.score_flags(level) for level in (0, 1, 2)] == [[], [], []]
    assert [flag.level for flag in C_SSRS.score_flags(3)] == ["high"]
    assert all(not i.score_flags(i.score_max) for i in SCORED if i is not C_SSRS)


@pytest.mark.parametrize(
    ("instrument", "item", "levels"),
    [
        (QIDS, "q12", [None, "medium", "high", "high"]),
        (BDI, "q9", [None, "medium", "high", "high"]),
        (MADRS, "q10", [None, None, "medium", "medium", "high", "high", "high"]),
        (HAM, "q3", [None, "medium", "medium", "high", "high"]),
    ],
)
def test_an_item_about_suicide_calls_a_person_whatever_the_total(instrument, item, levels):
    for value, level in enumerate(levels):
        found = [flag.level for flag in instrument.red_flags({item: value})]
        assert found == ([level] if level else [])


def answers_to(instrument):
    choice = {
        i.code: st.one_of(st.none(), st.sampled_from(list(i.options))) for i in instrument.items
    }
    return st.fixed_dictionaries(choice)


@every_scored
def test_any_score_lies_on_its_scale_and_in_a_band(instrument):
    @given(answers_to(instrument))
    def holds(answers):
        score = instrument.score(answers)
        if score.value is None:
            assert score.missing > 0
            return
        assert instrument.score_min <= score.value <= instrument.score_max
        assert (instrument.band(score.value) is None) == (not instrument.bands)
        assert score.value == Decimal(score.value).quantize(Decimal("0.01"))

    holds()


@every_scored
def test_a_higher_answer_never_lowers_the_score(instrument):
    # What raises one of several that count by their highest, or by a level, may leave it as it is.
    is_strict = instrument.rule is None

    @given(answers_to(instrument), st.data())
    def holds(answers, data):
        score = instrument.score(answers)
        raisable = [
            i for i in instrument.items
            if answers[i.code] is not None and answers[i.code] < i.maximum
        ]  # fmt: skip
        if score.value is None or not raisable:
            return
        item = data.draw(st.sampled_from(raisable))
        higher = instrument.score({**answers, item.code: answers[item.code] + 1})
        if higher.value is None:  # a yes that makes further questions due
            assert instrument is C_SSRS and item.code == "q2"
            return
        assert higher.value > score.value if is_strict else higher.value >= score.value

    holds()


@every_scored
def test_what_is_missing_follows_the_rule_of_the_scale(instrument):
    @given(answers_to(instrument))
    def holds(answers):
        score = instrument.score(answers)
        absent = {code: value for code, value in answers.items() if value is not None}
        assert instrument.score(absent) == score
        if instrument.rule is not None:
            assert not score.is_prorated
            return
        assert score.missing == sum(value is None for value in answers.values())
        assert (score.value is None) == (score.missing > instrument.max_missing)
        assert score.is_prorated == (0 < score.missing <= instrument.max_missing)

    holds()


@given(st.tuples(*[st.integers(0, 10)] * 3))
def test_peg_is_the_mean_rounded_half_up(answers):
    mean = (Decimal(sum(answers)) / 3).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert PEG.score(filled(PEG, *answers)).value == mean
