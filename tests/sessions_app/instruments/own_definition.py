"""A questionnaire that a clinic could load: invented words, under nobody's licence."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

SLEEP: dict[str, Any] = {
    "code": "sleep_short",
    "name": "Sleep, short",
    "licence": "Our own wording",
    "source": "Northside 2026",
    "scoring": "sum",
    "recall_days": 7,
    "higher_is_better": False,
    "max_missing": 1,
    "remission_at_most": 2,
    "items": [
        {"code": "q1", "lowest": 0, "highest": 3},
        {"code": "q2", "lowest": 0, "highest": 3},
        {"code": "q3", "lowest": 0, "highest": 10},
    ],
    "bands": [
        {"from": 0, "to": 2, "name": "good sleep"},
        {"from": 3, "to": 16, "name": "poor sleep"},
    ],
    "red_flags": [{"item": "q2", "from": 3, "to": 3, "level": "high"}],
    "texts": {
        "en": {
            "source": "Northside 2026",
            "stem": "In the last week:",
            "items": {"q1": "Falling asleep", "q2": "Waking afraid", "q3": "How tired were you?"},
            "options": {"0": "never", "1": "once", "2": "often", "3": "every night"},
            "item_options": {"q3": {}},
            "item_anchors": {"q3": {"low": "not at all", "high": "as tired as can be"}},
        }
    },
}


def sleep(**changes: Any) -> dict[str, Any]:
    """The definition with some of its parts replaced; None takes one out."""
    found = {**deepcopy(SLEEP), **changes}
    return {key: value for key, value in found.items() if value is not None}


def as_file(definition: dict[str, Any]) -> bytes:
    return json.dumps(definition).encode()
