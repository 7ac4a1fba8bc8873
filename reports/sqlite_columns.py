"""One query on a SQLite file as an Arrow stream on standard output: a program of its own.

    python -m reports.sqlite_columns < {"file": ..., "sql": ..., "params": [...], "encoded": [...]}

ADBC brings a SQLite of its own. Two of them in one process do not see each other's locks: the one
that closes last, as it believes, deletes the write-ahead log under the other. In a process of its
own it is a reader like any other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# ADBC looks at the first batch for a column's type; all rows are one batch, so that it sees them.
ALL_ROWS = "100000000"


def encoded(table: pa.Table, places: Iterable[int]) -> pa.Table:
    """The table with the texts at these places as numbers and a dictionary of each text once."""
    import pyarrow as pa

    for place in places:
        column = table.column(place).cast(pa.string()).dictionary_encode()
        table = table.set_column(place, table.schema.names[place], column)
    return table


def main() -> None:
    import pyarrow as pa
    from adbc_driver_sqlite import dbapi

    asked = json.load(sys.stdin)
    options = {"adbc.sqlite.query.batch_rows": ALL_ROWS}
    with (
        dbapi.connect(asked["file"], autocommit=True) as link,
        link.cursor(adbc_stmt_kwargs=options) as cursor,
    ):
        cursor.execute(asked["sql"], asked["params"])
        table = encoded(cursor.fetch_arrow_table(), asked["encoded"])
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)


if __name__ == "__main__":
    main()
