"""The same numbers here, in processes and on a cluster, also when a worker is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.registry import engines
from reports.registry.engines import EngineError, run
from reports.registry.layout import Partition, partitions_of
from reports.registry.report import numbers_of
from reports.registry.tables import counter_of, merged_tables
from tests.reports.registry_clinic import (
    PHQ_9,
    always_die,
    answer,
    die_in_the_first_try,
    registry_frames,
    write_clinic,
)

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.any_engine


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Partition]:
    """Two clinics of one registry, five buckets in all."""
    root = tmp_path_factory.mktemp("registry")
    write_clinic(root, "north", registry_frames(30, seed=1), buckets=3)
    write_clinic(root, "south", registry_frames(12, seed=2), buckets=2)
    return partitions_of(root)


@pytest.fixture(scope="module")
def expected(written: list[Partition]) -> dict[str, Any]:
    """The numbers of one process."""
    found = numbers(run("serial", counter_of(PHQ_9), written))
    assert found["patients"] == 42
    assert found["relief"]["right"]["events"] > 5
    return found


@pytest.fixture
def fresh(written: list[Partition]) -> list[Partition]:
    """The same partitions, and no worker has died yet."""
    for partition in written:
        (partition.folder.parents[1] / "died").unlink(missing_ok=True)
    return written


def numbers(tables: Iterator[Any]) -> dict[str, Any]:
    return numbers_of(merged_tables(list(tables)), PHQ_9, minimum=10, replicates=5)


def test_processes_say_the_same_although_one_is_killed(
    fresh: list[Partition], expected: dict[str, Any]
) -> None:
    found = numbers(run("processes:2", die_in_the_first_try, fresh))
    assert (fresh[0].folder.parents[1] / "died").exists()
    assert found == expected


def test_workers_that_always_die_end_the_run(fresh: list[Partition]) -> None:
    with pytest.raises(EngineError) as ended:
        list(run("processes:1", always_die, fresh[:1]))
    assert ended.value.code == "workers_died"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers on this machine, on free ports: another run may be beside it."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as running:
        yield running


def engine_of(cluster: Any) -> str:
    return f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"


def test_a_cluster_says_the_same_although_a_worker_is_killed(
    fresh: list[Partition], expected: dict[str, Any], cluster: Any
) -> None:
    found = numbers(run(engine_of(cluster), die_in_the_first_try, fresh))
    assert (fresh[0].folder.parents[1] / "died").exists()
    assert found == expected


def test_workers_with_other_code_are_refused(
    written: list[Partition], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PACKAGES", ("numpy",))  # here only: a worker has its own
    with pytest.raises(EngineError) as refused:
        list(run(engine_of(cluster), answer, written))
    assert refused.value.code == "workers_differ"
    assert "pandas" in refused.value.detail.partition("; here: ")[0]


def test_workers_without_the_code_are_refused(
    written: list[Partition], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.getpid()

    def only_here() -> str:
        return "code" if os.getpid() == mine else __import__("no_such_package").name

    monkeypatch.setattr(engines, "here", only_here)
    with pytest.raises(EngineError) as refused:
        list(run(engine_of(cluster), answer, written))
    assert refused.value.code == "workers_differ"
    assert "no_such_package" in refused.value.detail


def test_a_machine_without_dask_says_what_to_install(
    written: list[Partition], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError) as refused:
        list(run("dask://127.0.0.1:8786", answer, written))
    assert refused.value.code == "no_dask"


def test_a_scheduler_that_does_not_answer_is_named(
    written: list[Partition], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "ANSWER_WITHIN", "200ms")
    with pytest.raises(EngineError) as refused:
        list(run("dask://127.0.0.1:9", answer, written))
    assert refused.value.code == "no_scheduler"
    assert "127.0.0.1:9" in refused.value.detail


@pytest.mark.parametrize("engine", ["", "threads", "processes:0", "processes:x", "serial:2"])
def test_an_engine_that_does_not_exist_is_refused(engine: str, written: list[Partition]) -> None:
    with pytest.raises(EngineError) as refused:
        list(run(engine, answer, written))
    assert refused.value.code == "unknown_engine"


def test_the_fingerprint_names_packages_and_covers_the_code_behind_the_numbers() -> None:
    assert [part.split()[0] for part in engines.here().split(", ")] == [
        *("code", "Python"),
        *("numpy", "pandas", "pyarrow", "scipy"),
    ]
    loaded = "import reports.registry.tables, sys; print(*(m for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT
    )
    behind = {name for name in done.stdout.split() if name.startswith("reports.")}
    assert behind - {"reports.registry"} <= set(engines._sources())
    assert "django" not in done.stdout.split()
