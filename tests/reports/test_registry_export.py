"""From the record to folders and back: the numbers of the page, and no name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reports import frames
from reports.dashboards import OutcomeFilter, outcomes
from reports.registry.layout import manifests, partitions_of, read_partition
from sessions_app.models import AuditEvent, Clinic, InstrumentScore, Staff
from tests.conftest import START
from tests.reports.invented import random_clinic, score
from tests.reports.registry_clinic import close, registry_frames, write_clinic
from tests.reports.test_own_outcomes import answered, load

pytestmark = pytest.mark.usefixtures("few_replicates")

CHECKED = (
    *("patients", "sessions", "counts", "imported_sessions", "gaps", "replicates"),
    *("kept", "whole_course", "mood", "by_session", "by_quarter"),
)


def export(root: Path, **options: Any) -> None:
    call_command("registry_export", root, quiet=True, **options)


def report(root: Path, **options: Any) -> dict[str, Any]:
    out = root.parent / "out.json"
    asked = {"instrument": "mood_0_10", "quiet": True, "json": out} | options
    call_command("registry_report", root, **asked)
    result: dict[str, Any] = json.loads(out.read_text())
    return result


@pytest.mark.parametrize("buckets", [1, 7])
def test_the_report_says_what_the_page_says(
    buckets: int, northside: Clinic, nia: Staff, lena: Staff, tmp_path: Path
) -> None:
    random_clinic(northside, nia, patients=33, sessions=3, seed=buckets)
    page = outcomes(lena, OutcomeFilter(indication="depression")).as_json()
    export(tmp_path / "r", buckets=buckets)
    found = report(tmp_path / "r", indication="depression")
    # Keys are drawn anew in each run: now and then a bucket stays empty and is not written.
    assert min(buckets, 4) <= found["partitions"] == len(partitions_of(tmp_path / "r")) <= buckets
    assert found["parameters"] == page["parameters"]
    for name in CHECKED:
        assert close(found[name], page[name]), name
    for curve in ("onset", "relief"):
        for name in set(page[curve]):
            assert close(found[curve][name], page[curve][name]), (curve, name)
        assert found[curve]["interval_by_patient"]["turnbull_median"][0] is not None
        assert set(found[curve]["groups"]) == {"iv", "im", "intranasal"}
        assert all(block["bars"] for block in found[curve]["groups"].values())
    models = found["models"]["relief"]
    assert close(models["trend_within_patients"], page["trend"]["within"])
    assert close(models["trend_within_between"], page["trend"]["between"])
    assert close(found["censoring"], {k: page["censoring"][k] for k in found["censoring"]})
    assert found["relief"]["right"]["events"] > 5


def test_an_export_holds_each_row_once_and_nothing_that_names_anybody(
    northside: Clinic, nia: Staff, lena: Staff, tmp_path: Path
) -> None:
    people = random_clinic(northside, nia, patients=5, sessions=2)
    first = InstrumentScore.objects.filter(patient=people[0]).order_by("taken_at").first()
    assert first is not None
    score(people[0], first.taken_at, "7.25", replaces=first)
    score(people[1], START, 3, is_prorated=True)
    export(tmp_path / "r", buckets=3)
    read = [read_partition(part, "mood_0_10") for part in partitions_of(tmp_path / "r")]
    sessions = pd.concat([each[0] for each in read])
    check_ins = pd.concat([each[1] for each in read])
    expected = frames.check_ins_frame(InstrumentScore.objects.filter(clinic=northside))
    assert sorted(check_ins.itertuples(index=False)) == sorted(expected.itertuples(index=False))
    assert Decimal("7.25") in set(check_ins["score"])
    assert sessions["session_id"].is_unique
    assert len(sessions) == 10
    texts = [path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()]
    for person in people:
        for word in (person.number, person.family_name, person.birth_date.isoformat()):
            assert not [text for text in texts if word.encode() in text], word
    assert oct((tmp_path / "r").stat().st_mode)[-3:] == "700"


def test_an_export_leaves_a_line_in_the_audit_trail(
    northside: Clinic, nia: Staff, lena: Staff, tmp_path: Path
) -> None:
    random_clinic(northside, nia, patients=1, sessions=1)
    export(tmp_path / "r", clinic=[northside.name], by=lena.username)
    line = AuditEvent.objects.filter(tag="export").get()
    assert (line.clinic, line.by, line.reason) == (northside, lena, "registry")
    with pytest.raises(CommandError, match="give --by USERNAME"):
        export(tmp_path / "other", clinic=[northside.name], by=nia.username)
    assert not (tmp_path / "other").exists()


def test_an_export_is_complete_or_not_there(
    northside: Clinic, nia: Staff, lena: Staff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_clinic(northside, nia, patients=4, sessions=1)

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("reports.registry.export.write_manifest", full)
        with pytest.raises(CommandError, match="No space left on device"):
            export(tmp_path / "r", clinic=[northside.name])
    assert list((tmp_path / "r").iterdir()) == []
    export(tmp_path / "r", clinic=[northside.name])
    with pytest.raises(CommandError, match="is there already"):
        export(tmp_path / "r", clinic=[northside.name])
    assert manifests(tmp_path / "r")[str(northside.pk)]["time_zone"] == northside.time_zone


def test_patients_are_read_in_groups_and_each_of_them_is_written(
    northside: Clinic,
    nia: Staff,
    lena: Staff,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    random_clinic(northside, nia, patients=8, sessions=1)
    monkeypatch.setattr("reports.registry.export.AT_ONCE", 3)
    with django_assert_max_num_queries(40, connection=connection):
        export(tmp_path / "r", buckets=1, clinic=[northside.name])
    assert report(tmp_path / "r") == {
        **report(tmp_path / "r", engine="serial"),
        "partitions": 1,
        "suppressed": True,
    }
    (partition,) = partitions_of(tmp_path / "r")
    assert partition.n_sessions == 8


def test_scores_of_a_questionnaire_that_changed_its_scale_are_left_out_as_on_the_page(
    northside: Clinic, nia: Staff, lena: Staff, tmp_path: Path
) -> None:
    load(lena)
    answered(northside, nia, "clinic-1")
    asked = {"instrument": "well_now", "clinic": [str(northside.pk)]}
    export(tmp_path / "before", clinic=[northside.name])
    assert report(tmp_path / "before", **asked)["counts"]["response"] == 10
    load(lena, score={"lowest": 0, "highest": 100})
    export(tmp_path / "after", clinic=[northside.name])
    found = report(tmp_path / "after", **asked)
    assert found["parameters"]["score_max"] == 100.0
    assert found["counts"]["response"] == 0


@pytest.mark.any_engine
def test_clinics_are_joined_by_putting_their_folders_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = registry_frames(12, seed=1), registry_frames(12, seed=2)
    write_clinic(tmp_path / "r", "north", north, buckets=2)
    write_clinic(tmp_path / "r", "south", south, buckets=3)
    both = [pd.concat(pair) for pair in zip(north, south, strict=True)]
    write_clinic(tmp_path / "one", "joined", both, buckets=1)
    monkeypatch.setattr("reports.management.commands.registry_report.MERGE_AT", 2)
    found = report(tmp_path / "r", instrument="PHQ-9")
    joined = report(tmp_path / "one", instrument="PHQ-9")
    assert list(found["clinics"]) == ["north", "south"]
    assert found["partitions"] == 5
    left = ("clinics", "partitions")
    assert {k: v for k, v in found.items() if k not in left} == {
        k: v for k, v in joined.items() if k not in left
    }
    alone = report(tmp_path / "r", instrument="PHQ-9", clinic=["south"])
    assert alone["patients"] == 12
    assert alone["sessions"] == len(south[0])


@pytest.mark.any_engine
def test_a_report_without_curves_has_the_same_medians_and_means(tmp_path: Path) -> None:
    write_clinic(tmp_path / "r", "north", registry_frames(24), buckets=2)
    whole = report(tmp_path / "r", instrument="PHQ-9")
    short = report(tmp_path / "r", instrument="PHQ-9", no_curves=True)
    assert short["censoring"] == whole["censoring"]
    for curve in ("onset", "relief"):
        assert "surv" not in short[curve]["right"]
        assert short[curve]["shares"] == whole[curve]["shares"]
        for name in ("n", "events", "median", "median_lower", "rmst", "rmst_se"):
            assert short[curve]["right"][name] == whole[curve]["right"][name]
        low, high = short[curve]["interval_by_patient"]["rmst"]
        assert low < short[curve]["right"]["rmst"] < high
        bracket = short[curve]["turnbull"]["median_bracket"]
        assert bracket == whole[curve]["turnbull"]["median_bracket"]


@pytest.mark.any_engine
def test_progress_is_shown_and_the_summary_says_what_it_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clinic(tmp_path, "north", registry_frames(20), buckets=4)
    call_command("registry_report", tmp_path, instrument="PHQ-9")
    shown = capsys.readouterr()
    assert "4/4" in shown.err
    assert "sessions of 20 patients" in shown.out
    assert "There is no control group" in shown.out
    assert "MODELS, exploratory" in shown.out
    assert "each session later" in shown.out
    call_command("registry_report", tmp_path, "--counts-only", instrument="PHQ-9", quiet=True)
    shown = capsys.readouterr()
    assert "Intervals draw random groups of patients" in shown.out
    assert "MODELS" not in shown.out
    call_command("registry_report", tmp_path, instrument="PHQ-9", quiet=True, drug="esketamine")
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "fewer than 10 patients, not shown" in shown.out


def spoil_rows(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["rows"]["bucket=0000"]["check_ins"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))


def spoil_file(folder: Path) -> None:
    (folder / "bucket=0001" / "sessions.parquet").write_bytes(b"PAR1")


def spoil_format(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"format": "something else"}')


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_rows, "check_ins.parquet is not the file of its manifest"),
        (spoil_file, "sessions.parquet cannot be read"),
        (spoil_format, "is not a manifest that this version can read"),
        (lambda folder: (folder / "manifest.json").unlink(), "was not written to its end"),
        (lambda folder: folder.rename(folder.parent / "north"), "holds no export"),
    ],
)
def test_a_damaged_folder_is_named_and_nothing_is_printed(
    tmp_path: Path, spoil: Any, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(write_clinic(tmp_path / "r", "north", registry_frames(12), buckets=2))
    with pytest.raises(CommandError, match=words) as refused:
        report(tmp_path / "r", instrument="PHQ-9")
    assert refused.value.returncode == 2
    assert not (tmp_path / "out.json").exists()
    assert capsys.readouterr().out == ""


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"clinic": ["west"]}, "no export of the clinic west"),
        ({"engine": "threads"}, "there is no engine “threads”"),
        ({"response_frac": Decimal(2)}, "--response-frac must be above 0"),
        ({"sessions": "4-2"}, "write session numbers as 1, 2-4 or 9-"),
        ({"date_from": "20.11.2026"}, "is not a day such as 2026-11-20"),
    ],
)
def test_a_wrong_option_is_answered_with_what_to_write(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    write_clinic(tmp_path / "r", "north", registry_frames(2), buckets=1)
    given = [f"--{n.replace('date_', '')}={v}" for n, v in options.items() if isinstance(v, str)]
    rest = {name: value for name, value in options.items() if not isinstance(value, str)}
    with pytest.raises(CommandError, match=words):
        call_command("registry_report", tmp_path / "r", *given, instrument="PHQ-9", **rest)


@pytest.mark.any_engine
def test_a_clinics_own_questionnaire_brings_its_scale(tmp_path: Path) -> None:
    scale = {"score_min": "0", "score_max": "40", "higher_is_better": True}
    own = {"OURS": scale | {"recall_days": 7, "remission_cut": None}}
    other = {"OURS": {**own["OURS"], "score_max": "20"}}
    write_clinic(tmp_path / "r", "north", registry_frames(3), buckets=1, instruments=own)
    write_clinic(tmp_path / "r", "south", registry_frames(3, seed=2), buckets=1, instruments=other)
    found = report(tmp_path / "r", instrument="OURS", clinic=["north"])
    assert found["parameters"]["score_max"] == 40.0
    assert found["parameters"]["higher_is_better"] is True
    with pytest.raises(CommandError, match="mean different scales by OURS"):
        report(tmp_path / "r", instrument="OURS")
