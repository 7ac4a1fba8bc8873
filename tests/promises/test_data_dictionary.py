"""docs/data-dictionary.md lists every table as it is.

After a change of a model, write the page anew, to be read in the diff:
`DJANGO_SETTINGS_MODULE=tests.settings python -m tests.promises.test_data_dictionary`.
"""

from __future__ import annotations

import inspect
from pathlib import Path

from django.apps import apps
from django.db import models

DOC = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"
HEAD = """# Data dictionary

Every table of the record, written from the code. Times are UTC; keys are time-ordered UUIDs. A
table marked *append-only* refuses UPDATE and DELETE by a trigger; one marked *versions kept* has a
`historical…` twin with every former version, who changed it and when.

The columns of the frames and of the response episodes, with their units, are in
[response episodes](response-episodes.md) and in `reports/frames.py`.
"""


def page() -> str:
    """The whole document, from the models."""
    from sessions_app.models import APPEND_ONLY

    parts = [HEAD]
    for model in apps.get_app_config("sessions_app").get_models():
        if model.__name__.startswith("Historical"):
            continue
        marks = []
        if model in APPEND_ONLY:
            marks.append("append-only")
        if hasattr(model, "history"):
            marks.append("versions kept")
        note = f" ({', '.join(marks)})" if marks else ""
        parts.append(
            f"## {model.__name__}{note}\n\n"
            f"Table `{model._meta.db_table}`. {inspect.getdoc(model)}\n\n"
            "| column | type | may be null | what |\n|---|---|---|---|\n"
            + "".join(line(field) for field in model._meta.concrete_fields)
        )
    return "\n".join(parts)


def line(field: models.Field) -> str:
    empty = "yes" if field.null else "no"
    return f"| `{field.column}` | {kind(field)} | {empty} | {what(field)} |\n"


def kind(field: models.Field) -> str:
    if isinstance(field, models.ForeignKey):
        return f"→ {field.related_model.__name__}"
    if isinstance(field, models.DecimalField):
        return f"decimal({field.max_digits}, {field.decimal_places})"
    if isinstance(field, models.CharField):
        return f"text, at most {field.max_length}"
    return field.get_internal_type().removesuffix("Field").lower()


def what(field: models.Field) -> str:
    codes = ", ".join(f"`{code}`" for code, _ in (field.choices or []))
    named = str(field.verbose_name)
    plain = field.name.replace("_", " ")
    words = "" if named.lower() == plain else named
    return "; ".join(part for part in (words, codes) if part) or plain


def test_the_page_lists_every_table_as_it_is() -> None:
    assert DOC.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    import django

    django.setup()
    DOC.write_text(page(), encoding="utf-8")
