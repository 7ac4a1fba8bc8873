"""A form's post: either the deed is done, or the form says why not and keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.forms.entry import KeyedForm


@dataclass(frozen=True)
class Attempt:
    """`row` is what the deed gave back; None when it was refused, with the answer's status."""

    row: Any
    status: int
    broken: frozenset[tuple[str, str]] = frozenset()

    @property
    def codes(self) -> frozenset[str]:
        """What was broken, without the fields."""
        return frozenset(code for _field, code in self.broken)

    @property
    def is_done(self) -> bool:
        return self.status < 400


def attempt(form: KeyedForm, deed: Callable[[], Any]) -> Attempt:
    """Do `deed` if the form has the right shape. A refusal is written into the form: 422 for a
    broken rule, 409 for a key that was used for something else.
    """
    if not form.is_valid():
        return Attempt(None, 422)
    try:
        return Attempt(deed(), 303)
    except RuleBroken as broken:
        form.add_broken_rules(broken)
        return Attempt(None, 422, frozenset((e.field, e.code) for e in broken.errors))
    except AlreadySaved as earlier:
        form.add_already_saved(earlier)
        return Attempt(None, 409)
