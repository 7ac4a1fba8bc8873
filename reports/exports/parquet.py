"""Frames as tables of fixed columns, and each table as Parquet or as CSV with the same values.

Every column has its description and its unit in the schema of the Parquet file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reports.exports.dictionary import Column
from sessions_app.spreadsheet import safe_cell

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROWS_AT_ONCE = 50_000
ABOUT = b"afterglow"  # the key of the schema's metadata that tells what the file is


def parquet_of(table: pa.Table) -> bytes:
    """The table as one Parquet file, compressed."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def csv_of(table: pa.Table) -> bytes:
    """The table as CSV in UTF-8: times in ISO 8601, a missing value as an empty cell."""
    out = io.BytesIO()
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        writer.writerows(zip(*map(_cells, batch.columns), strict=True))
    return out.getvalue()


def _cells(column: pa.Array) -> list[Any]:
    """Numbers stay as they are, also those that begin with a minus; text is defused."""
    import pyarrow as pa

    values: list[Any] = column.to_pylist()
    if pa.types.is_timestamp(column.type):
        return [None if value is None else value.isoformat() for value in values]
    if pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
        return [safe_cell(value) for value in values]
    return values


def table_of(
    frame: pd.DataFrame, columns: tuple[Column, ...], about: Mapping[str, Any]
) -> pa.Table:
    """The columns in their order and kinds; what is missing is null. Others are left out."""
    import pyarrow as pa

    schema = schema_of(columns, about)
    arrays = [
        pa.Array.from_pandas(_prepared(frame[field.name], column), type=field.type)
        for field, column in zip(schema, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def schema_of(columns: tuple[Column, ...], about: Mapping[str, Any]) -> pa.Schema:
    """Names, types, descriptions and units."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "number": pa.float64(),
        "decimal": pa.decimal128(8, 2),
        "whole": pa.int64(),
        "yes_no": pa.bool_(),
    }
    fields = [
        pa.field(
            column.name,
            types[column.kind],
            metadata={"description": str(column.words), "unit": column.unit},
        )
        for column in columns
    ]
    told = json.dumps(dict(about), ensure_ascii=False, default=str)
    return pa.schema(fields, metadata={ABOUT: told.encode()})


def _prepared(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Text and decimals as objects, so that what is missing is None and never "nan"."""
    if column.kind in ("text", "decimal"):
        plain = values.astype(object)
        return plain.where(plain.notna(), None)
    return values
