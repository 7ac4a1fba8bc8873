"""Where the rows of a registry lie: folders by clinic and by bucket of patients, as Parquet.

    ROOT/clinic=<id>/manifest.json                     what the export wrote, read before any row
    ROOT/clinic=<id>/bucket=0007/sessions.parquet      SESSIONS
    ROOT/clinic=<id>/bucket=0007/check_ins.parquet     CHECK_INS

A patient lies in one bucket with all of their rows, so a partition (one bucket of one clinic) can
be analysed alone. Exports of several clinics, also from several servers, are joined by putting
their `clinic=` folders side by side. Nothing here knows Django or a database.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = "afterglow-registry-1"
MANIFEST = "manifest.json"
SESSIONS_FILE = "sessions.parquet"
CHECK_INS_FILE = "check_ins.parquet"
MAX_BUCKETS = 10_000

Columns: TypeAlias = tuple[tuple[str, str, str], ...]

# Column, Arrow type, meaning. Identifiers are the record's random keys: no name, no number.
SESSIONS: Columns = (
    ("patient_id", "string", "random key of the patient"),
    ("session_id", "string", "random key of the session, one row each"),
    ("session_start", "timestamp[us, tz=UTC]", "start of the dose"),
    ("route", "string", "code of the route; empty when not known"),
    ("dose_mg", "double", "mg given; null when not known"),
    ("weight_kg", "double", "kg; null when not known"),
    ("drug", "string", "ketamine, esketamine, or empty"),
    ("indication", "string", "indication of the course"),
    ("origin", "string", "live, or import for a session recorded elsewhere"),
)
CHECK_INS: Columns = (
    ("patient_id", "string", "random key of the patient"),
    ("taken_at", "timestamp[us, tz=UTC]", "when the questions were answered"),
    ("instrument", "string", "name of the instrument, such as PHQ-9"),
    ("score", "decimal128(6, 2)", "total score as it was written, never turned round"),
)


class RegistryError(Exception):
    """A folder that cannot be used: `code` says why and `where` names the place."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where


@dataclass(frozen=True)
class Partition:
    """One bucket of one clinic. `zone` is a name of the tz database; counts are rows of files."""

    folder: Path
    clinic_id: str
    zone: str
    n_sessions: int
    n_check_ins: int

    @property
    def name(self) -> str:
        """The folder below the root."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def bucket_of(patient_id: str, buckets: int) -> int:
    """The bucket of a patient: the same in every export with as many buckets."""
    digest = blake2b(patient_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def clinic_folder(root: Path, clinic_id: str) -> Path:
    """The folder of one clinic."""
    return root / f"clinic={clinic_id}"


def new_folder(root: Path, clinic_id: str) -> Path:
    """The folder of a clinic that is not there yet. Raises RegistryError if it is."""
    folder = clinic_folder(root, clinic_id)
    if folder.exists():
        raise RegistryError("exists", str(folder))
    return folder


def bucket_name(bucket: int) -> str:
    """The folder of one bucket inside its clinic's."""
    return f"bucket={bucket:04d}"


def schema_of(columns: Columns) -> pa.Schema:
    """The Arrow schema, with the meaning of each column in its metadata."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "double": pa.float64(),
        "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC"),
        "decimal128(6, 2)": pa.decimal128(6, 2),
    }
    return pa.schema(
        pa.field(name, types[kind], metadata={"description": meaning})
        for name, kind, meaning in columns
    )


def table_of(frame: pd.DataFrame, columns: Columns) -> pa.Table:
    """The frame's columns as Arrow has them; NaN and None are null. A value that does not fit its
    type raises.
    """
    import pyarrow as pa

    schema = schema_of(columns)
    arrays = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_bucket(folder: Path, sessions: pd.DataFrame, check_ins: pd.DataFrame) -> dict[str, int]:
    """Both files of one bucket from frames; returns its rows as the manifest counts them."""
    import pyarrow.parquet as pq

    folder.mkdir(mode=0o700, parents=True)
    pq.write_table(table_of(sessions, SESSIONS), folder / SESSIONS_FILE)
    pq.write_table(table_of(check_ins, CHECK_INS), folder / CHECK_INS_FILE)
    return {"sessions": len(sessions), "check_ins": len(check_ins)}


def partitions_of(root: Path, clinics: Collection[str] = ()) -> list[Partition]:
    """Every partition below `root`, or those of the given clinics, in order of their names.

    Raises RegistryError when there is none, a clinic is missing, or a manifest cannot be used.
    """
    found = list(_partitions(root, clinics))
    missing = sorted(set(clinics) - {partition.clinic_id for partition in found})
    if missing:
        raise RegistryError("no_such_clinic", missing[0])
    if not found:
        raise RegistryError("no_export", str(root))
    return found


def manifests(root: Path) -> dict[str, dict[str, Any]]:
    """What each clinic's export says of itself, by clinic; see `write_manifest`."""
    found = {}
    for folder in sorted(root.glob("clinic=*")):
        path = folder / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RegistryError("unfinished", str(folder)) from None
        except (OSError, ValueError):
            raise RegistryError("bad_manifest", str(path)) from None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise RegistryError("bad_manifest", str(path))
        if folder != clinic_folder(root, str(manifest.get("clinic_id"))):
            raise RegistryError("bad_manifest", str(path))
        found[manifest["clinic_id"]] = manifest
    return found


def instrument_facts(root: Path, clinics: Collection[str], name: str) -> dict[str, Any]:
    """Scale and direction of a questionnaire that the clinics loaded themselves; {} if none did.

    Raises RegistryError when two clinics mean different scales by the same name.
    """
    found = [
        manifest["instruments"][name]
        for clinic_id, manifest in manifests(root).items()
        if (not clinics or clinic_id in clinics) and name in manifest.get("instruments", {})
    ]
    if any(facts != found[0] for facts in found):
        raise RegistryError("instruments_differ", name)
    return dict(found[0]) if found else {}


def _partitions(root: Path, clinics: Collection[str]) -> Iterator[Partition]:
    for clinic_id, manifest in manifests(root).items():
        if clinics and clinic_id not in clinics:
            continue
        folder = clinic_folder(root, clinic_id)
        try:
            for bucket, rows in sorted(manifest["rows"].items()):
                yield Partition(
                    folder=folder / bucket,
                    clinic_id=clinic_id,
                    zone=manifest["time_zone"],
                    n_sessions=rows["sessions"],
                    n_check_ins=rows["check_ins"],
                )
        except (KeyError, TypeError, AttributeError):
            raise RegistryError("bad_manifest", str(folder / MANIFEST)) from None


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Says of a clinic's folder that it is complete; written after the last row.

    `facts`: clinic_id, time_zone, made_at, buckets, rows by bucket, left_out, instruments.
    """
    text = json.dumps({"format": FORMAT, **facts}, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_partition(partition: Partition, instrument: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sessions with their facts, and the check-ins of one instrument; scores are Decimal.

    Raises RegistryError where a file is missing, damaged or not the one of the manifest.
    """
    own = [("instrument", "==", instrument)]
    sessions = _table(partition.folder / SESSIONS_FILE, SESSIONS, partition.n_sessions, None)
    path = partition.folder / CHECK_INS_FILE
    check_ins = _table(path, CHECK_INS, partition.n_check_ins, own)
    return sessions.to_pandas(), _with_decimals(check_ins)


def _table(path: Path, columns: Columns, rows: int, filters: list[Any] | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            fits = file.metadata.num_rows == rows and file.schema_arrow.equals(schema_of(columns))
        if fits:
            # The folders' names are not columns.
            return pq.read_table(path, filters=filters, partitioning=None)
    except (OSError, pa.ArrowException):
        raise RegistryError("bad_file", str(path)) from None
    raise RegistryError("other_rows", str(path))


def _with_decimals(table: pa.Table) -> pd.DataFrame:
    """The frame, its few distinct scores made once each: decimals stay exact, floats would not."""
    import numpy as np

    score = table["score"].combine_chunks().dictionary_encode()
    distinct = np.array([*score.dictionary.to_pylist(), None], dtype=object)
    frame: pd.DataFrame = table.drop_columns(["score"]).to_pandas()
    codes = score.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    frame["score"] = distinct[codes]
    return frame
