"""Each side effect that can be charted has words."""

from __future__ import annotations

from sessions_app.rules.effects import EFFECTS, GRADES
from sessions_app.words.effect_words import EFFECT_WORDS, GRADE_WORDS, effect_words


def test_every_effect_and_grade_has_words_of_its_own() -> None:
    assert set(EFFECT_WORDS) == set(EFFECTS)
    assert set(GRADE_WORDS) == set(GRADES)
    assert len({str(words) for words in EFFECT_WORDS.values()}) == len(EFFECT_WORDS)


def test_another_effect_is_what_was_typed() -> None:
    assert effect_words("other", "hiccups") == "hiccups"
    assert effect_words("nausea") == "Nausea"
