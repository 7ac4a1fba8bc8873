"""docs/response-episodes.md names what the code has, with the numbers that the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from reports.episodes import REASONS, STATUSES
from reports.response_rule import KNOWN_INSTRUMENTS
from tests.reports.test_episodes import COLUMNS, WORKED, episode

PAGE = (Path(settings.BASE_DIR) / "docs" / "response-episodes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*STATUSES, *REASONS, *COLUMNS])
def test_every_column_status_and_reason_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_every_option_of_the_command_is_in_the_table_and_no_other() -> None:
    parser = load_command_class("reports", "relief").create_parser("manage.py", "relief")
    django = {"version", "verbosity", "settings", "pythonpath", "traceback", "no_color"}
    django |= {"force_color", "skip_checks", "help"}
    own = {
        action.option_strings[0]
        for action in parser._actions
        if action.option_strings and action.dest not in django
    }
    assert set(re.findall(r"^\| `(--[a-z-]+)` \|", PAGE, re.M)) == own


def test_every_reason_for_a_missing_estimate_is_explained() -> None:
    folder = Path(settings.BASE_DIR) / "reports" / "survival"
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    endings = "half|is_0|groups|variance|per_term|patients|vary|the_same|maximum"
    named = set(re.findall(rf'"(no_data|tau_is_0|[a-z_0-9]+_(?:{endings}))"', code))
    assert len(named) == 13
    assert all(f"`{reason}`" in PAGE for reason in named)


@pytest.mark.parametrize("name", KNOWN_INSTRUMENTS)
def test_every_known_instrument_has_its_row(name: str) -> None:
    facts = KNOWN_INSTRUMENTS[name]
    higher = ", higher is better" if facts.higher_is_better else ""
    recall = f"{facts.recall_days} d" if facts.recall_days else "now"
    cut = facts.remission_cut or "none"
    assert f"| {name} | 0–{facts.score_max}{higher} | {recall} | {cut}" in PAGE


def test_the_worked_numbers_are_the_ones_computed() -> None:
    assert "| score | " + " | ".join(str(score) for score in WORKED.values()) + " |" in PAGE
    found = episode(WORKED)
    assert f"({found['onset_lo']:g}, {found['onset_hi']:g}] hours" in PAGE
    assert f"({found['loss_lo']:g}, {found['loss_hi']:g}]: still" in PAGE
    assert f"({found['relief_lo']:g}, {found['relief_hi']:g}]" in PAGE
    assert f"{found['relief_right']:g} h. From **middle**" in PAGE
    assert f"= {found['relief_mid']:g} h." in PAGE
    confirmed = episode({**WORKED, 336: 9}, confirm_loss=2)
    assert f"336 − 24 = {confirmed['relief_lo']:g} h" in PAGE


RULE_ROW = re.compile(r"^\|[^|]*\| `([a-z_]+)` \| (`[a-z_0-9]{20,}`.*) \|$", re.M)


def test_every_test_that_the_page_names_exists() -> None:
    rows = RULE_ROW.findall(PAGE)
    assert len(rows) > 40
    for file, names in rows:
        code = (Path(__file__).parent / f"test_{file}.py").read_text(encoding="utf-8")
        missing = [name for name in re.findall("`(.+?)`", names) if f"def test_{name}(" not in code]
        assert missing == [], file
