"""A link in the documents leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_links import ROOT, anchors, documents, gone, problems


def test_every_link_of_the_documents_leads_to_a_file_and_heading_that_exist() -> None:
    checked = documents(ROOT)
    assert ROOT / "CONTRIBUTING.md" in checked
    assert [line for document in checked for line in problems(document, ROOT)] == []


def test_every_file_that_the_documents_name_is_there() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert "`sessions_app/roles.py`" in architecture
    assert [line for document in documents(ROOT) for line in gone(document, ROOT)] == []


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rules.md").write_text(
        "# Rules\n## Blood pressure (mmHg)\n## Onset\n## Onset\n```\n# not a heading\n```\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "docs/rules.md",
        "docs/rules.md#blood-pressure-mmhg",
        "docs/rules.md#onset-1",
        "#here",
        "https://example.org/gone",
        "docs",
    ],
)
def test_a_good_link_is_left_alone(site: Path, link: str) -> None:
    page = site / "README.md"
    page.write_text(f"# Here\n\nSee [the rules]({link}).\n")
    assert problems(page, site) == []


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("docs/gone.md", "leads to no file"),
        ("docs/rules.md#gone", "names a heading that is not there"),
        ("docs/rules.md#not-a-heading", "names a heading that is not there"),
        ("#gone", "names a heading that is not there"),
        ("../outside.md", "leads to no file"),
    ],
)
def test_a_broken_link_is_told_with_its_file_and_line(site: Path, link: str, told: str) -> None:
    page = site / "README.md"
    (site.parent / "outside.md").write_text("")
    page.write_text(f"# Here\n\n```\n[code](nowhere.md)\n```\nSee [the rules]({link}).\n")
    assert problems(page, site) == [f"README.md:6: {link} {told}"]


def test_a_picture_inside_a_link_is_checked_too(site: Path) -> None:
    page = site / "README.md"
    page.write_text("[![the board](docs/gone.png)](docs/rules.md)\n")
    assert problems(page, site) == ["README.md:1: docs/gone.png leads to no file"]


def test_anchors_follow_the_headings_of_a_rendered_page() -> None:
    text = '# `make demo`: *what* it does\n<a id="kept"></a>\n## A & B\n'
    assert anchors(text) == {"make-demo-what-it-does", "kept", "a--b"}


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ("docs/rules.md", False),
        ("docs/", False),
        ("rules.md", False),
        ("docs/{rules,gone}.md", True),
        ("docs/<name>.md", False),
        ("docs/*.md", False),
        ("docs/gone.md", True),
        ("gone.py", True),
        ("gone/", True),
        ("sessions.csv", False),
        ("/api/v1/", False),
        ("sessions/<id>/strikes/", False),
        ("make test", False),
        ("record_vital", False),
    ],
)
def test_a_file_that_is_named_and_missing_is_told(site: Path, named: str, missing: bool) -> None:
    page = site / "README.md"
    page.write_text(f"# Here\n\nSee `{named}`.\n")
    assert gone(page, site) == ([f"README.md:3: {named} is not there"] if missing else [])
