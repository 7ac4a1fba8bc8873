"""A check-in as a walk: one question per page, in the order in which its instruments are asked."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from sessions_app.instruments import REGISTRY, Item


@dataclass(frozen=True)
class Step:
    """One page. `number` counts from 1 to `of`."""

    number: int
    of: int
    instrument: str
    item: Item

    @property
    def key(self) -> tuple[str, str]:
        return self.instrument, self.item.code


def steps(instruments: Iterable[str]) -> list[Step]:
    """Every question of the instruments, also the unscored closing ones."""
    asked = [
        (code, item)
        for code in instruments
        for item in (*REGISTRY[code].items, *REGISTRY[code].extra_items)
    ]
    return [
        Step(number, len(asked), code, item) for number, (code, item) in enumerate(asked, start=1)
    ]


def first_open(walk: list[Step], answered: Container[tuple[str, str]]) -> Step | None:
    """The first question that was neither answered nor skipped; None when all were."""
    return next((step for step in walk if step.key not in answered), None)
