"""Whole columns from the database, without a Python object per row where there are many.

A registry is read through ADBC, which fills Arrow columns in C. Inside a transaction ADBC would not
see what the transaction wrote, and a small table is not worth another connection: there the rows
come through Django's cursor. Both ways give the same frame. SQLite is read by another process.
"""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from reports.sqlite_columns import encoded

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Kind = Literal["key", "word", "code", "float", "int", "bool"]


def read_columns(
    rows: QuerySet[Any], kinds: dict[str, Kind], *, through_adbc: bool
) -> pd.DataFrame:
    """The columns named in `kinds`, in the order of the query.

    "key": text, mostly different; "word": one of a few texts; "code": text as a category, a number
    in the order of the texts; "float": NaN for null; "int": never null; "bool": null stays. ADBC is
    left out in a transaction and for a database in memory.
    """
    import pandas as pd

    found = rows.values_list(*kinds)
    if through_adbc and can_use_adbc():
        places = [i for i, kind in enumerate(kinds.values()) if kind in ("word", "code")]
        table = _arrow(found, places)
        columns = {
            name: _from_arrow(table[i], kind) for i, (name, kind) in enumerate(kinds.items())
        }
    else:
        lists = list(zip(*found.iterator(chunk_size=10_000), strict=True)) or [()] * len(kinds)
        columns = {
            name: _from_list(values, kind)
            for (name, kind), values in zip(kinds.items(), lists, strict=True)
        }
    # Each column stays where it was read; a copy of a registry would be the largest thing here.
    return pd.DataFrame(columns, columns=list(kinds), copy=False)


def can_use_adbc() -> bool:
    """Whether a second connection sees what this one sees."""
    name = str(connection.settings_dict["NAME"])
    in_memory = connection.vendor == "sqlite" and (":memory:" in name or "mode=memory" in name)
    return not connection.in_atomic_block and not in_memory


def _arrow(rows: QuerySet[Any], places: Iterable[int]) -> pa.Table:
    """The rows that are committed, read on a connection of its own; texts `encoded` there."""
    sql, params = rows.query.sql_with_params()
    if connection.vendor == "sqlite":
        return _from_sqlite(sql.replace("%s", "?"), params, places)
    with _postgresql() as link, link.cursor() as cursor:
        # Types that Arrow has no word for, such as uuid, are written out by the driver.
        cursor.execute(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]
        return encoded(cursor.fetch_arrow_table(), places)


def _from_sqlite(sql: str, params: Sequence[Any], places: Iterable[int]) -> pa.Table:
    """Through another process, because of the locks: see `reports.sqlite_columns`."""
    import pyarrow as pa

    file = str(connection.settings_dict["NAME"])
    asked = {"file": file, "sql": sql, "params": list(params), "encoded": list(places)}
    with _nameless_file() as found:
        subprocess.run(  # nosec B603
            [sys.executable, "-m", "reports.sqlite_columns"],
            input=json.dumps(asked, default=str).encode(),
            cwd=settings.BASE_DIR,
            stdout=found,
            check=True,
        )
        # Read where the other process has written it; it is gone with the last column.
        written = mmap.mmap(found.fileno(), 0, access=mmap.ACCESS_READ)
    with pa.ipc.open_stream(pa.py_buffer(written)) as stream:
        return stream.read_all()


def _nameless_file() -> IO[bytes]:
    """In memory where the system can, else on disk; nobody else can open it."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("columns"), "w+b")
    return tempfile.TemporaryFile()


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
    codes, names = _in_order_of_texts(column)
    if kind == "code":
        return pd.Categorical.from_codes(codes, pd.Index(names, dtype=object))
    return np.array([*names, None], object)[codes]


def _in_order_of_texts(column: pa.ChunkedArray) -> tuple[Any, list[str]]:
    """A number for each row, -1 for null, and the texts by number, ascending."""
    import numpy as np
    import pyarrow.compute as pc

    whole = column.unify_dictionaries().combine_chunks()
    codes, names = whole.indices.fill_null(-1).to_numpy(), whole.dictionary
    if pc.all(pc.less_equal(names[:-1], names[1:])).as_py() is False:
        order = pc.sort_indices(names).to_numpy()
        rank = np.full(len(names) + 1, -1, np.int32)
        rank[order] = np.arange(len(names), dtype=np.int32)
        codes, names = rank[codes], names.take(order)
    return codes, names.to_pylist()


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
    if kind == "code":
        return pd.Categorical(list(values), sorted({one for one in values if one is not None}))
    words = np.empty(len(values), object)
    words[:] = values
    return words
