"""A clinic's definition file: read exactly, or refused with the place, the limit and the step."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.errors import RuleError
from sessions_app.instruments import REGISTRY, Score
from sessions_app.instruments.definition import as_instrument, texts_in
from sessions_app.instruments.definition_file import DefinitionError, read_definition
from sessions_app.words.refusals import explain
from tests.sessions_app.instruments.own_definition import SLEEP, as_file, sleep

TOML = """
code = "sleep_short"
name = "Sleep, short"
licence = "Our own wording"
source = "Northside 2026"
scoring = "sum"
recall_days = 7
higher_is_better = false
max_missing = 1
remission_at_most = 2
items = [
  { code = "q1", lowest = 0, highest = 3 },
  { code = "q2", lowest = 0, highest = 3 },
  { code = "q3", lowest = 0, highest = 10 },
]
bands = [
  { from = 0, to = 2, name = "good sleep" },
  { from = 3, to = 16, name = "poor sleep" },
]
red_flags = [{ item = "q2", from = 3, to = 3, level = "high" }]

[texts.en]
source = "Northside 2026"
stem = "In the last week:"
items = { q1 = "Falling asleep", q2 = "Waking afraid", q3 = "How tired were you?" }
options = { 0 = "never", 1 = "once", 2 = "often", 3 = "every night" }
item_options = { q3 = {} }
item_anchors = { q3 = { low = "not at all", high = "as tired as can be" } }
"""


def read(definition: dict[str, Any]) -> dict[str, Any]:
    return read_definition(as_file(definition), REGISTRY)


def test_a_file_in_json_and_one_in_toml_say_the_same() -> None:
    assert read(SLEEP) == read_definition(TOML.encode(), REGISTRY)


def test_the_definition_makes_an_instrument_with_its_rules_and_words() -> None:
    found = read(SLEEP)
    own = as_instrument(found, 2)
    assert (own.code, own.version, own.score_min, own.score_max) == (
        "sleep_short",
        "clinic-2",
        0,
        16,
    )
    assert own.score({"q1": 1, "q2": 2, "q3": 9}) == Score(12, False, 0)
    assert own.score({"q1": 1, "q3": 2}) == Score(Decimal("4.50"), True, 1)
    assert own.score({"q1": 1}).value is None
    assert (own.band(2), own.band(3)) == ("good sleep", "poor sleep")
    assert [flag.level for flag in own.red_flags({"q2": 3})] == ["high"]
    assert own.red_flags({"q2": 2}) == []
    assert own.is_asked and own.remission_cut == 2 and own.recall_days == 7
    words = texts_in(found)["en"]
    assert words.options_of("q1") == ((0, "never"), (1, "once"), (2, "often"), (3, "every night"))
    assert words.options_of("q3")[-1] == (10, "10")
    assert words.anchors_of("q3") == ("not at all", "as tired as can be")
    assert words.licence == "Our own wording"


def test_a_mean_has_decimals_in_its_bands_exactly() -> None:
    items = [{"code": f"q{n}", "lowest": 0, "highest": 10} for n in (1, 2)]
    text = {**deepcopy(SLEEP["texts"]["en"]), "items": {"q1": "One", "q2": "Two"}}
    text |= {"options": {}, "item_options": {}, "item_anchors": {}}
    text |= {"low_anchor": "none", "high_anchor": "most"}
    bands = [{"from": 0, "to": 3.5, "name": "low"}, {"from": 3.51, "to": 10, "name": "high"}]
    found = read(
        sleep(scoring="mean", items=items, bands=bands, red_flags=None, texts={"en": text})
    )
    own = as_instrument(found, 1)
    assert own.score({"q1": 3, "q2": 4}).value == Decimal("3.50")
    assert (own.band(Decimal("3.50")), own.band(Decimal("3.51"))) == ("low", "high")
    assert json.loads(json.dumps(found)) == found


def test_a_score_only_definition_has_ends_and_no_words() -> None:
    parts = dict.fromkeys(("items", "texts", "red_flags", "bands", "max_missing"))
    found = read(sleep(scoring="score_only", score={"lowest": 0, "highest": 80}, **parts))
    own = as_instrument(found, 1)
    assert (own.score_min, own.score_max, own.is_asked, own.items) == (0, 80, False, ())
    assert texts_in(found) == {}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sleep definition with one place replaced: "items.1.highest"."""
    found = deepcopy(SLEEP)
    *way, last = path.split(".")
    here: Any = found
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here[part]
    here[int(last) if isinstance(here, list) else last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ("code", "phq9", "code", "code_shipped"),
        ("code", "Sleep Short", "code", "code_shape"),
        ("code", "taken", "code", "code_shape"),
        ("code", "s" * 31, "code", "too_long"),
        ("code", 7, "code", "not_text"),
        ("name", "", "name", "required"),
        ("name", "Sl\u202eeep", "name", "not_plain"),
        ("name", "Sl\x00eep", "name", "not_plain"),
        ("licence", None, "licence", "required"),
        ("scoring", "total", "scoring", "unknown_choice"),
        ("recall_days", -1, "recall_days", "off_scale"),
        ("recall_days", 1.5, "recall_days", "not_whole"),
        ("recall_days", True, "recall_days", "not_whole"),
        ("recall_days", 10**400, "recall_days", "off_scale"),
        ("higher_is_better", "no", "higher_is_better", "not_yes_no"),
        ("higher_is_better", True, "remission_at_most", "only_lower_is_better"),
        ("max_missing", 3, "max_missing", "off_scale"),
        ("remission_at_most", 17, "remission_at_most", "off_scale"),
        ("items", [], "items", "required"),
        ("items", "q1", "items", "not_a_list"),
        ("items.0", 3, "items 1", "not_a_table"),
        ("items.1.code", "q1", "items 2, code", "stands_twice"),
        ("items.1.code", "q_2", "items 2, code", "item_code_shape"),
        ("items.1.highest", 0, "items 2, highest", "off_scale"),
        ("items.1.highest", 11, "items 2, highest", "off_scale"),
        ("items.1.weight", 2, "items 2, weight", "unknown_key"),
        ("score", {"lowest": 0, "highest": 3}, "score", "only_for_score_only"),
        ("scoring", "mean", "items", "mean_of_unlike_items"),
        ("scoring", "score_only", "items", "only_when_asked"),
        ("bands.0.to", 1, "bands 2, from", "bands_gap"),
        ("bands.1.from", 2, "bands 2, from", "bands_gap"),
        ("bands.1.to", 15, "bands", "bands_ends"),
        ("bands.0.from", 3, "bands 1, from", "above_other_end"),
        ("bands.0.to", 2.5, "bands 1, to", "not_whole"),
        ("bands.0.to", "2", "bands 1, to", "not_a_number"),
        ("red_flags.0.item", "q9", "red_flags 1, item", "unknown_choice"),
        ("red_flags.0.level", "low", "red_flags 1, level", "unknown_choice"),
        ("red_flags.0.shows_help", "no", "red_flags 1, shows_help", "not_yes_no"),
        ("red_flags.0.to", 4, "red_flags 1, to", "off_scale"),
        ("texts", {}, "texts", "required"),
        ("texts.English", {}, "texts, English", "language_shape"),
        ("texts.en.source", "", "texts, en, source", "required"),
        ("texts.en.items.q2", "", "texts, en, items, q2", "required"),
        ("texts.en.items.q4", "More?", "texts, en, items, q4", "unknown_key"),
        ("texts.en.options", {"0": "no", "1": "yes"}, "texts, en, options", "answers_differ"),
        ("texts.en.options", {}, "texts, en, options", "answers_without_words"),
        ("texts.en.item_anchors.q3.high", "", "texts, en, item_anchors, q3, high", "required"),
        ("red_flag", [], "red_flag", "unknown_key"),
    ],
)
def test_each_fault_is_named_by_its_place_with_words(
    path: str, value: Any, field: str, code: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        read(changed(path, value))
    found = {(fault.field, fault.code): fault for fault in refused.value.faults}
    assert (field, code) in found, list(found)
    fault = found[field, code]
    words = explain(RuleError(fault.field, fault.code, fault.limit, fault.value))
    assert words.message and words.next and "%(" not in f"{words.message}{words.next}"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"x" * 100_001, "file_too_large"),
        (b"\xff\xfe\x00", "file_not_text"),
        (b"{", "file_unreadable"),
        (b"[" * 50_000, "file_unreadable"),
        (b'{"a":' * 20_000, "file_unreadable"),
        (b'{"code": "a", "code": "b"}', "file_unreadable"),
        (b'{"recall_days": NaN}', "file_unreadable"),
        (b'{"recall_days": ' + b"9" * 90_000 + b"}", "file_unreadable"),
        (b"code = ", "file_unreadable"),
        (b"", "required"),
        (b"{}", "required"),
    ],
)
def test_what_is_no_definition_is_refused_and_never_crashes(content: bytes, code: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_definition(content, REGISTRY)
    assert code in {fault.code for fault in refused.value.faults}


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with pytest.raises(DefinitionError):
        read_definition(content, REGISTRY)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
places = ["items", "bands", "red_flags", "texts", "score", "scoring", "items.0", "texts.en",
          "texts.en.items", "texts.en.options", "bands.0.to", "max_missing", "code",
          "texts.en.item_options", "texts.en.item_anchors.q3", "remission_at_most"]  # fmt: skip


@given(st.sampled_from(places), anything)
def test_whatever_stands_in_a_place_is_read_or_refused_by_name(place: str, value: Any) -> None:
    try:
        found = read_definition(json.dumps(changed(place, value)).encode(), REGISTRY)
    except DefinitionError as refused:
        assert refused.faults
        return
    own = as_instrument(found, 1)
    assert own.score_min < own.score_max
    assert texts_in(found).keys() == found["texts"].keys()


def test_the_faults_of_one_file_are_listed_together_up_to_twenty() -> None:
    broken = sleep(name="", scoring="x", recall_days=-1, higher_is_better=3)
    with pytest.raises(DefinitionError) as refused:
        read(broken)
    assert {"name", "scoring", "recall_days", "higher_is_better"} <= {
        fault.field for fault in refused.value.faults
    }
    with pytest.raises(DefinitionError) as refused:
        read(sleep(items=[{}] * 60))
    assert len(refused.value.faults) == 20
