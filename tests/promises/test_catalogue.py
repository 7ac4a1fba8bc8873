"""The catalogue of translations: whole for patients, in step with its compiled twin, never torn."""

from __future__ import annotations

import re
from dataclasses import replace

from tools.messages import (
    Entry,
    catalogue,
    collected,
    compiled,
    of_template,
    read,
    renewed,
    written,
)

PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|\{\w*\}|<[^>]+>")
# Where every text is read by patients.
THEIRS = (
    "templates/me/",
    "templates/base_me.html",
    "templates/_error",
    "templates/400.html",
    "templates/403.html",
    "templates/404.html",
    "templates/405.html",
    "templates/500.html",
    "templates/503.html",
    "templates/care/leaflet.html",
    "templates/care/link.html",
    "reports/dashboards/progress.py",
    "sessions_app/checkins/check_in_questions.py",
    "sessions_app/words/check_in_words.py",
    "sessions_app/forms/codes.py",
    "sessions_app/words/message_words.py",
    "sessions_app/checkins/my_answers.py",
    "sessions_app/words/progress_words.py",
    "sessions_app/views/codes.py",
    "sessions_app/views/help.py",
    "sessions_app/views/me.py",
    "sessions_app/views/stop.py",
)


def shipped() -> dict[tuple[str, str], Entry]:
    return read(catalogue("es").read_text(encoding="utf-8"))


def test_every_text_for_patients_is_translated() -> None:
    known = shipped()
    theirs = [one for one in collected() if any(place.startswith(THEIRS) for place in one.places)]
    assert len(theirs) > 150, "the walk found the texts"
    missing = [one.text for one in theirs if one.key not in known or not known[one.key].is_said]
    assert missing == [], "translate these, then run make messages"


def test_the_machine_reads_what_stands_in_the_catalogue() -> None:
    machine = catalogue("es").with_suffix(".mo").read_bytes()
    assert machine == compiled("es", list(shipped().values())), "run make messages"


def test_no_translation_loses_what_is_filled_in() -> None:
    """A text for one thing may say "one" instead of the number; nothing else may be left out."""
    for entry in shipped().values():
        if entry.is_said:
            whole = set(PLACEHOLDER.findall(entry.plural or entry.text))
            assert set(PLACEHOLDER.findall(entry.said[-1])) == whole, entry.text
            for one in entry.said:
                assert set(PLACEHOLDER.findall(one)) <= whole, entry.text
                assert (one[:1] == "\n", one[-1:] == "\n") == (
                    entry.text[:1] == "\n",
                    entry.text[-1:] == "\n",
                )


def test_a_catalogue_is_read_back_as_it_was_written() -> None:
    entries = [
        Entry("", 'Say "no"\nor \\ a\ttab', "", ("Diga «no»\no \\ un\ttabulador",), ("a.html",)),
        Entry("menu", "One day", "%(count)s days", ("Un día", "%(count)s días"), ("b.py",)),
        Entry("", "A sentence. " * 12 + "The end.", "", ("",), ("c.py", "d.py")),
    ]
    assert list(read(written("es", entries)).values()) == entries


def test_renewing_keeps_translations_and_drops_what_is_gone() -> None:
    old = {one.key: one for one in [Entry("", "Kept", "", ("Sigue",), ("gone.py",))]}
    old["", "Gone"] = Entry("", "Gone", "", ("Ya no",), ("gone.py",))
    found = [Entry("", "Kept", "", ("",), ("a.py",)), Entry("", "New", "", ("",), ("a.py",))]
    assert [(one.text, one.said) for one in renewed(old, found)] == [
        ("Kept", ("Sigue",)),
        ("New", ("",)),
    ]


def test_texts_of_a_template_are_found_whatever_tag_says_them() -> None:
    page = (
        '{% translate "A (1)" %}{% blocktranslate with x=y %}B {{ x }}{% endblocktranslate %}'
        "{% blocktranslate count n=m %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"
        '{{ z|default:_("C") }}'
    )
    assert sorted(of_template(page)) == [
        ("", "%(n)s day", "%(n)s days"),
        ("", "A (1)", ""),
        ("", "B %(x)s", ""),
        ("", "C", ""),
    ]


def test_a_shortened_entry_is_no_translation() -> None:
    """Half a plural would leave the other half in English."""
    half = Entry("", "One", "Many", ("Uno", ""), ("a.py",))
    assert not half.is_said
    assert compiled("es", [half]) == compiled("es", [])
    assert compiled("es", [replace(half, said=("Uno", "Muchos"))]) != compiled("es", [])
