"""No word reaches a person without gettext, and none is translated before anybody is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tools.untranslated import IN_ENGLISH, ROOT, in_python, in_template, modules, untranslated


def test_every_text_of_a_page_goes_through_gettext() -> None:
    assert ROOT / "sessions_app" / "words" / "refusals.py" in modules()
    assert untranslated() == []


def test_every_place_left_in_english_is_still_there() -> None:
    assert [place for place in IN_ENGLISH if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "page",
    [
        "<p>Save now</p>",
        "<p>{{ count }} readings</p>",
        "{% if x %}<b>Late</b>{% endif %}",
        '<nav aria-label="Main"></nav>',
        '<input type="submit" value="Send">',
        '<img alt="A chart" src="x.svg">',
        '{{ name|default:"Nobody" }}',
        '{% include "_empty.html" with title="Nothing here" %}',
    ],
)
def test_bare_words_of_a_template_are_found(page: str) -> None:
    assert len(in_template(page)) == 1


@pytest.mark.parametrize(
    "page",
    [
        '<p>{% translate "Save now" %} · {{ bp }} mmHg, 40–60 %</p>',
        "<p>{% blocktranslate count n=n %}{{ n }} line{% plural %}lines{% endblocktranslate %}</p>",
        "{% comment %}What it reads.{% endcomment %}<b>×</b>&nbsp;–",
        '<a class="btn" href="/"{% if here %} aria-current="page"{% endif %}>Afterglow</a>',
        '{{ name|default:_("nobody") }}{{ name|default:"–" }}',
        "{% block main_class %}wrap narrow{% endblock %}",
        '<input type="hidden" value="the key">',
    ],
)
def test_translated_words_symbols_and_names_are_left_alone(page: str) -> None:
    assert in_template(page) == []


@pytest.mark.parametrize(
    "code",
    [
        'words = "Not signed yet"',
        'CharField(label="Weight")',
        'CharField(help_text="Optional")',
        'ChoiceField(choices=[("iv", "Infusion")])',
        'messages.success(request, "Saved")',
        'raise ValidationError("Missing", code="missing")',
        '_(f"{count} readings")',
        '_("Chair " + name)',
        'ngettext("%(n)s day", many, n)',
        'f"{count} readings are late"',
    ],
)
def test_bare_words_of_python_are_found(code: str) -> None:
    assert len(in_python(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        'words = _("Not signed yet")',
        'messages.success(request, _("Saved"))',
        '"""What is true afterwards."""',
        'raise ValueError("an audit line belongs to a clinic")',
        'log.info("sent %s links", count)',
        'code = "too_long"',
        "class Row:\n    def __str__(self):\n        return 'row of the day'",
        'ChoiceField(choices=[("yes", "yes")])',
    ],
)
def test_translated_words_and_words_of_programs_are_left_alone(code: str) -> None:
    assert in_python(code) == []


# Lists what is translated while the modules are imported, when no person's language is known yet.
# A command is loaded in the terminal that runs it; Django compares the words of a constraint.
IMPORT_EVERYTHING = """
import importlib, json, pkgutil, traceback
from django.utils import translation

early = []
def spied(real):
    def spy(*told):
        stack = traceback.extract_stack()
        ours = [f for f in stack if "site-packages" not in f.filename and any(
            f"/{app}/" in f.filename for app in ("sessions_app", "reports", "config"))]
        if ours and not any(f.filename.endswith("models/constraints.py") for f in stack):
            early.append(f"{ours[-1].filename}:{ours[-1].lineno}: {told[0]}")
        return real(*told)
    return spy

for name in ("gettext", "ngettext", "pgettext", "npgettext"):
    setattr(translation._trans, name, spied(getattr(translation._trans, name)))
import django
django.setup()
import config.urls, sessions_app, reports
for app in (sessions_app, reports):
    for module in pkgutil.walk_packages(app.__path__, app.__name__ + "."):
        if ".management" not in module.name:
            importlib.import_module(module.name)
print(json.dumps(early))
"""


def test_nothing_is_translated_while_the_modules_are_imported() -> None:
    """Such words would stay in the server's language, whoever reads them."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING],
        cwd=ROOT,
        env={
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "AFTERGLOW_TEST": "1",
            "AFTERGLOW_DATA_DIR": os.environ["AFTERGLOW_DATA_DIR"],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
