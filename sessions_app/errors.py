"""What an action raises when it will not do as asked. Nothing was written then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RuleError:
    """One broken rule: the field, a stable code, the limit and what was typed.

    The words for people are in refusals.py, so that both doors say the same.
    """

    field: str
    code: str
    limit: str = ""
    value: Any = None


class RuleBroken(Exception):
    """One or more rules are broken: 422 at both doors."""

    def __init__(self, *errors: RuleError) -> None:
        self.errors = errors
        super().__init__(", ".join(f"{error.field}: {error.code}" for error in errors))

    def __reduce__(self) -> tuple[type[RuleBroken], tuple[RuleError, ...]]:
        """Whole again in the process that waits for a worker's answer."""
        return type(self), self.errors


class AlreadySaved(Exception):
    """The write key was used for another body: 409. `row` is what was saved then."""

    def __init__(self, row: Any) -> None:
        self.row = row
        super().__init__("the write key was used before")


def refuse(field: str, code: str, limit: str = "", value: Any = None) -> RuleBroken:
    return RuleBroken(RuleError(field, code, limit, value))
