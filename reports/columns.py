"""Whole columns from the database, without a Python object per row where there are many.

A registry is read through ADBC, which fills Arrow columns in C. Inside a transaction ADBC would not
see what the transaction wrote, and a small table is not worth another connection: there the rows
come through Django's cursor. Both ways give the same frame. SQLite is read by another process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Kind = Literal["key", "word", "float", "int", "bool"]


def read_columns(
    rows: QuerySet[Any], kinds: dict[str, Kind], *, through_adbc: bool
) -> pd.DataFrame:
    """The columns named in `kinds`, in the order of the query.

    "key": text, mostly different; "word": one of a few texts; "float": NaN for null; "int": never
    null; "bool": null stays. ADBC is left out in a transaction and for a database in memory.
    """
    import pandas as pd

    found = rows.values_list(*kinds)
    if through_adbc and can_use_adbc():
        table = _arrow(found)
        columns = {
            name: _from_arrow(table[i], kind) for i, (name, kind) in enumerate(kinds.items())
        }
    else:
        lists = list(zip(*found.iterator(chunk_size=10_000), strict=True)) or [()] * len(kinds)
        columns = {
            name: _from_list(values, kind)
            for (name, kind), values in zip(kinds.items(), lists, strict=True)
        }
    return pd.DataFrame(columns, columns=list(kinds))


def can_use_adbc() -> bool:
    """Whether a second connection sees what this one sees."""
    name = str(connection.settings_dict["NAME"])
    in_memory = connection.vendor == "sqlite" and (":memory:" in name or "mode=memory" in name)
    return not connection.in_atomic_block and not in_memory


def _arrow(rows: QuerySet[Any]) -> pa.Table:
    """The rows that are committed, read on a connection of its own."""
    sql, params = rows.query.sql_with_params()
    if connection.vendor == "sqlite":
        return _from_sqlite(sql.replace("%s", "?"), params)
    with _postgresql() as link, link.cursor() as cursor:
        # Types that Arrow has no word for, such as uuid, are written out by the driver.
        cursor.execute(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]
        return cursor.fetch_arrow_table()


def _from_sqlite(sql: str, params: Sequence[Any]) -> pa.Table:
    """Through another process, because of the locks: see `reports.sqlite_columns`."""
    import pyarrow as pa

    asked = {"file": str(connection.settings_dict["NAME"]), "sql": sql, "params": list(params)}
    done = subprocess.run(  # nosec B603
        [sys.executable, "-m", "reports.sqlite_columns"],
        input=json.dumps(asked, default=str).encode(),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        check=True,
    )
    with pa.ipc.open_stream(done.stdout) as stream:
        return stream.read_all()


def _postgresql() -> Any:
    from adbc_driver_postgresql import dbapi as postgresql

    given = connection.settings_dict
    facts = {
        "user": given.get("USER"),
        "password": given.get("PASSWORD"),
        "host": given.get("HOST"),
        "port": given.get("PORT"),
        **{k: v for k, v in given.get("OPTIONS", {}).items() if k.startswith("ssl")},
    }
    options = urlencode({key: str(value) for key, value in facts.items() if value})
    return postgresql.connect(
        f"postgresql:///{quote(str(given['NAME']))}?{options}", autocommit=True
    )


def _from_arrow(column: pa.ChunkedArray, kind: Kind) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if kind == "float":
        return column.cast(pa.float64()).to_numpy()
    if kind == "int":
        return column.cast(pa.int64()).to_numpy()
    if kind == "bool":
        return pd.array(column.cast(pa.bool_()).to_pandas(), dtype="boolean")
    if kind == "key":
        return pd.array(column.cast(pa.large_string()), dtype="str")
    words = column.cast(pa.large_string()).combine_chunks().dictionary_encode()
    return np.array([*words.dictionary.to_pylist(), None], object)[
        words.indices.fill_null(-1).to_numpy()
    ]


def _from_list(values: tuple[Any, ...], kind: Kind) -> Any:
    import numpy as np
    import pandas as pd

    if kind == "float":
        return np.array(values, np.float64)
    if kind == "int":
        return np.array(values, np.int64)
    if kind == "bool":
        return pd.array(list(values), dtype="boolean")
    if kind == "key":
        return pd.array(list(values), dtype="str")
    words = np.empty(len(values), object)
    words[:] = values
    return words
