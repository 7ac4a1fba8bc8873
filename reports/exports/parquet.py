"""Frames as tables of fixed columns, and each table as Parquet or as CSV with the same values.

Every column has its description and its unit in the schema of the Parquet file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reports.exports.dictionary import Column
from sessions_app.spreadsheet import safe_cell

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ABOUT = b"afterglow"  # the key of the schema's metadata that tells what the file is


def parquet_of(table: pa.Table) -> bytes:
    """The table as one Parquet file, compressed."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def csv_of(table: pa.Table) -> bytes:
    """The table as CSV in UTF-8: times in ISO 8601, a missing value as an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.column_names)
    columns = [column.to_pylist() for column in table.columns]
    writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"  # a number, also where it begins with a minus
    return safe_cell(value)


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
