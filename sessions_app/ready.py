"""A query of the ORM whose text is made once, for what is asked thousands of times a minute.

The ORM builds the text of a query from its parts for every call; for a patient's page that was
more than half of the server's work. Here it is built once for each engine. The rows are read
through their fields as ever, and what a query means stays written where it is asked, by the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Row = TypeVar("Row")


class Given(Expression):
    """A value that comes with each call: the one at `place`, sent as a value of `like`."""

    def __init__(self, place: int, like: Field[Any, Any]) -> None:
        super().__init__(output_field=like)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class Text(NamedTuple):
    """`read` turns what the database gave for one row into what the query yields."""

    sql: str
    params: Sequence[Any]
    read: Callable[[Sequence[Any]], Any]


class Ready(Generic[Row]):
    """The rows of `query`, a queryset of whole rows or of `values_list`, with `Given` values."""

    def __init__(self, query: Callable[[], QuerySet[Any, Row]]) -> None:
        self.query = query
        self.texts: dict[str, Text] = {}

    def rows(self, *given: Any) -> list[Row]:
        """The rows for these values, in the order of their places."""
        text = self.texts.get(connection.vendor)
        if text is None:
            text = self.texts[connection.vendor] = _text(self.query())
        with connection.cursor() as cursor:
            cursor.execute(text.sql, [_sent(param, given) for param in text.params])
            return [text.read(row) for row in cursor.fetchall()]

    def first(self, *given: Any) -> Row | None:
        """The first row for these values; the query itself should ask for no second one."""
        found = self.rows(*given)
        return found[0] if found else None


def _sent(param: Any, given: Sequence[Any]) -> Any:
    if isinstance(param, Given):
        return param.output_field.get_db_prep_value(given[param.place], connection)
    return param


def _text(query: QuerySet[Any, Any]) -> Text:
    """As `QuerySet` itself compiles and reads a query, but only the first of these again."""
    compiler = query.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select or ()]
    converters = [
        (place, column, step)
        for place, (steps, column) in compiler.get_converters(columns).items()
        for step in steps
    ]
    make = _maker(query, compiler)

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, column, step in converters:
            values[place] = step(values[place], column, connection)
        return make(values)

    return Text(sql, params, read)


def _maker(query: QuerySet[Any, Any], compiler: Any) -> Callable[[list[Any]], Any]:
    """Whole rows with the rows that `select_related` names, or tuples of `values_list`."""
    if not issubclass(query._iterable_class, ModelIterable):  # type: ignore[attr-defined]
        return tuple
    model, places = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = places[0], places[-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    # The stubs are of a later Django.
    related = get_related_populators(compiler.klass_info, compiler.select, query.db)  # type: ignore[call-arg]

    def make(values: list[Any]) -> Any:
        found = model.from_db(query.db, names, values[start:end])
        for populator in related:
            populator.populate(values, found)
        return found

    return make
