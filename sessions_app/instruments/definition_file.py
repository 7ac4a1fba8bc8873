"""A clinic's definition file, JSON or TOML: every part checked, every fault named by its place.

What is not known here is refused and never dropped: a misspelt `red_flag` would call nobody. The
limits are design: what one page can show, and what the record can keep.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sessions_app.instruments.definition import Definition
from sessions_app.instruments.definition_checks import Fault, Part
from sessions_app.instruments.definition_parts import (
    checked_bands,
    checked_flags,
    checked_items,
    checked_missing,
    checked_remission,
    checked_score,
    checked_texts,
)

MOST_BYTES = 100_000
LONGEST_CODE, LONGEST_NAME, LONGEST_STATEMENT = 30, 60, 400
LONGEST_RECALL_DAYS = 366
SCORINGS = ("sum", "mean", "score_only")
CODE = re.compile(r"[a-z][a-z0-9_]*")
# Names of fields in the forms that are made from codes.
RESERVED = ("write", "taken", "due", "opens", "closes", "windows", "version", "reason")
KEYS = (
    "code",
    "name",
    "licence",
    "source",
    "scoring",
    "recall_days",
    "higher_is_better",
    "max_missing",
    "remission_at_most",
    "score",
    "items",
    "bands",
    "red_flags",
    "texts",
)


class DefinitionError(ValueError):
    """The file cannot be used; `faults` says where and why, all that could be found at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


def read_definition(content: bytes, shipped: Collection[str]) -> Definition:
    """The definition in its one normal form, whole numbers as such and decimals as text.

    DefinitionError names each fault by its place in the file ("items 2, highest"). A code of
    `shipped` is refused: a clinic cannot put its own questions in the place of a published scale.
    """
    top = Part("", _parsed(content), [])
    top.refuse_unknown(KEYS)
    found: Definition = {
        "code": _code(top, shipped),
        "name": top.text("name", LONGEST_NAME),
        "licence": top.text("licence", LONGEST_STATEMENT),
        "source": top.text("source", LONGEST_STATEMENT),
        "scoring": top.choice("scoring", SCORINGS),
        "recall_days": top.whole("recall_days", 0, LONGEST_RECALL_DAYS),
        "higher_is_better": top.flag("higher_is_better"),
    }
    found["items"] = checked_items(top, found["scoring"])
    found["score"] = checked_score(top, found["scoring"])
    # What stands on the items can only be checked when they are right.
    if not top.faults:
        found["max_missing"] = checked_missing(top, found)
        found["bands"] = checked_bands(top, found)
        found["remission_at_most"] = checked_remission(top, found)
        found["red_flags"] = checked_flags(top, found)
        found["texts"] = checked_texts(top, found)
    if top.faults:
        raise DefinitionError(top.faults)
    return found


def _code(top: Part, shipped: Collection[str]) -> str:
    code = top.text("code", LONGEST_CODE)
    if code and (not CODE.fullmatch(code) or code in RESERVED):
        top.fault("code", "code_shape", value=code)
    elif code in shipped:
        top.fault("code", "code_shipped", value=code)
    return code


def _parsed(content: bytes) -> dict[str, Any]:
    """The file as a table, numbers with decimals exact."""
    if len(content) > MOST_BYTES:
        raise DefinitionError([Fault("", "file_too_large", f"{MOST_BYTES // 1000}", "")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError([Fault("", "file_not_text")]) from None
    try:
        if text.lstrip().startswith("{"):
            found = json.loads(
                text,
                object_pairs_hook=_once,
                parse_float=Decimal,
                parse_constant=_no_constant,
            )
        else:
            found = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as broken:
        raise DefinitionError([Fault("", "file_unreadable", value=_first_line(broken))]) from None
    return dict(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON takes the last of two keys silently; a file that says two things says nothing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
        raise ValueError(f"{twice!r} stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _first_line(broken: Exception) -> str:
    if isinstance(broken, RecursionError):
        return "nested too deeply"
    return str(broken).splitlines()[0][:120] if str(broken) else type(broken).__name__
