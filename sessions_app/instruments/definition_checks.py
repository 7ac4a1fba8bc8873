"""One table of a definition file at a time: each value in the right shape, or a named fault.

A value that is wrong is given back as a harmless stand-in, so that one reading finds every fault.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MOST_FAULTS = 20
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Fault:
    """`field` is the place in the file ("items 2, highest"); empty means the file itself."""

    field: str
    code: str
    limit: str = ""
    value: object = ""


class Part:
    """A table of the file, with the list of faults that all tables of one file share."""

    def __init__(self, place: str, raw: dict[str, Any], faults: list[Fault]) -> None:
        self.place = place
        self.raw = raw
        self.faults = faults

    def fault(self, key: str, code: str, limit: object = "", value: object = "") -> None:
        """Afterwards the fault is noted, up to a number that somebody can read."""
        if len(self.faults) < MOST_FAULTS:
            field = ", ".join(part for part in (self.place, key) if part)
            self.faults.append(Fault(field, code, str(limit), _short(value)))

    def refuse_unknown(self, keys: Iterable[str]) -> None:
        known = tuple(keys)
        for key in self.raw:
            if key not in known:
                self.fault(_short(key), "unknown_key", ", ".join(known))

    def text(self, key: str, longest: int, *, is_required: bool = True) -> str:
        """Plain words, stripped; "" when they are wrong or left out."""
        value = self.raw.get(key)
        if value is None or value == "":
            if is_required:
                self.fault(key, "required")
            return ""
        if not isinstance(value, str):
            self.fault(key, "not_text", value=value)
            return ""
        value = value.strip()
        if len(value) > longest:
            self.fault(key, "too_long", longest)
        elif is_required and not value:
            self.fault(key, "required")
        elif any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") for sign in value):
            self.fault(key, "not_plain")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key, 40)
        if value and value not in choices:
            self.fault(key, "unknown_choice", ", ".join(choices), value)
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        value = self.raw.get(key, default)
        if value is None:
            self.fault(key, "required")
        elif not isinstance(value, bool):
            self.fault(key, "not_yes_no", value=value)
        return value is True

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number in the range; `low` when it is wrong."""
        value = self.raw.get(key, default)
        if value is None:
            self.fault(key, "required")
        elif not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, "not_whole", f"{low}–{high}", value)
        elif not low <= value <= high:
            self.fault(key, "off_scale", f"{low}–{high}", value)
        else:
            return value
        return low

    def number(self, key: str, *, is_whole: bool) -> Decimal | None:
        """A number with at most two decimals, or none where it has to be whole."""
        value = self.raw.get(key)
        if value is None:
            self.fault(key, "required")
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.fault(key, "not_a_number", value=value)
            return None
        found = Decimal(value)
        if not found.is_finite() or abs(found) > 9999:
            self.fault(key, "off_scale", "-9999–9999", value)
            return None
        if found != found.quantize(Decimal(1) if is_whole else HUNDREDTH):
            self.fault(key, "not_whole" if is_whole else "too_fine", "-9999–9999", value)
            return None
        return found

    def table(self, key: str) -> Part:
        """The table below `key`; an empty one when there is none."""
        return Part(_below(self.place, key), self._kind(key, dict), self.faults)

    def rows(self, key: str, most: int) -> list[Part]:
        """The tables of the list below `key`, numbered from 1."""
        found = self._kind(key, list)
        if len(found) > most:
            self.fault(key, "too_many", most, len(found))
            return []
        parts = []
        for number, raw in enumerate(found, start=1):
            if not isinstance(raw, dict):
                self.fault(f"{key} {number}", "not_a_table")
                continue
            parts.append(Part(_below(self.place, f"{key} {number}"), raw, self.faults))
        return parts

    def _kind(self, key: str, kind: type) -> Any:
        found = self.raw.get(key)
        if found is None:
            return kind()
        if not isinstance(found, kind):
            self.fault(key, "not_a_table" if kind is dict else "not_a_list")
            return kind()
        return found


def _below(place: str, key: str) -> str:
    return ", ".join(part for part in (place, key) if part)


def _short(value: object) -> str:
    """The value as a refusal can print it."""
    text = "".join(sign if sign.isprintable() else "?" for sign in str(value))
    return text if len(text) <= 40 else f"{text[:39]}…"
