"""One function over many partitions: here, in several processes, or on a cluster.

Each engine yields the answers in the order in which they are ready. A worker that dies costs its
partition another try; when nothing is finished between several deaths, the run ends with what to
change. Nothing here knows what is computed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from hashlib import blake2b
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from platform import python_version
from typing import Any, TypeAlias

from reports.registry.layout import Partition
from reports.registry.tables import Tables, tables_of

TRIES = 3
ANSWER_WITHIN = "30s"
PACKAGES = ("numpy", "pandas", "pyarrow", "scipy")

Answer: TypeAlias = Callable[[Partition], Tables]


class EngineError(Exception):
    """The run cannot go on: `code` says why; `detail` is for whoever looks closer."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def run(engine: str, answer: Answer, partitions: Sequence[Partition]) -> Iterator[Tables]:
    """The tables of every partition once, by `serial`, `processes`, `processes:N` or `dask://…`."""
    if engine == "serial":
        return map(answer, partitions)
    if engine.startswith("dask://"):
        return on_cluster(engine.removeprefix("dask://"), answer, partitions)
    name, _, workers = engine.partition(":")
    if name != "processes" or (workers and not workers.isdecimal()) or workers == "0":
        raise EngineError("unknown_engine", engine)
    return in_processes(int(workers) if workers else None, answer, partitions)


def in_processes(
    workers: int | None, answer: Answer, partitions: Sequence[Partition]
) -> Iterator[Tables]:
    """A pool of processes; after a death a new pool takes what was not finished.

    `workers` None is one per core. Raises EngineError after three deaths without an answer in
    between: then every try runs out of memory, or is ended by somebody.
    """
    waiting, deaths = list(partitions), 0
    while waiting:
        # Started afresh, not forked: a copy of threads and open connections may not work.
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        tasks = {pool.submit(answer, partition): partition for partition in waiting}
        try:
            for task in as_completed(tasks):
                tables = task.result()
                waiting.remove(tasks[task])
                deaths = 0
                yield tables
        except BrokenProcessPool:
            deaths += 1
        finally:
            pool.shutdown(cancel_futures=True)
        if deaths >= TRIES:
            raise EngineError("workers_died", waiting[0].name)


def on_cluster(address: str, answer: Answer, partitions: Sequence[Partition]) -> Iterator[Tables]:
    """The workers of a dask scheduler; it moves the task of a dead worker to another one.

    The workers run the same code and see the folder under the same path.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as in_order_of_readiness
    except ModuleNotFoundError:
        raise EngineError("no_dask") from None
    try:
        client = Client(  # type: ignore[no-untyped-call]
            f"tcp://{address}", timeout=ANSWER_WITHIN, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise EngineError("no_scheduler", f"{address}: {error}") from None
    with client:
        _check_workers(client, address)
        tasks = client.map(answer, partitions, pure=False)
        try:
            ready = in_order_of_readiness(  # type: ignore[no-untyped-call]
                tasks, loop=client.loop, with_results=True
            )
            for task, tables in ready:
                task.release()  # or the workers would keep every table to the end
                yield tables
        except KilledWorker as error:
            raise EngineError("workers_died", str(error)) from None


def here() -> str:
    """What the numbers depend on: the code of the statistics and the versions that it runs on."""
    digest = blake2b(digest_size=8)
    for name, source in sorted(_sources().items()):
        digest.update(f"{name}\0{source}".encode())
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    return ", ".join([f"code {digest.hexdigest()}", f"Python {python_version()}", *packages])


def _sources() -> dict[str, str]:
    """The source of `tables` and of every module of Afterglow behind it, by name."""
    found: dict[str, str] = {}
    waiting = [tables_of.__module__]
    while waiting:
        name = waiting.pop()
        spec = find_spec(name)
        if name in found or spec is None or spec.origin is None:
            continue
        found[name] = Path(spec.origin).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(found[name])):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("reports."):
                waiting.append(str(node.module))
    return found


def _check_workers(client: Any, address: str) -> None:
    """At least one worker, and scheduler and workers have the same code. Raises EngineError."""
    try:
        client.wait_for_workers(1, timeout=ANSWER_WITHIN)
    except TimeoutError:
        raise EngineError("no_workers", address) from None
    expected = here()
    try:
        found = {"scheduler": client.run_on_scheduler(here), **client.run(here)}
    except Exception as error:  # a bare one where the code is missing there
        raise EngineError("workers_differ", str(error)) from None
    for place, there in found.items():
        if there != expected:
            raise EngineError("workers_differ", f"{place}: {there}; here: {expected}")
