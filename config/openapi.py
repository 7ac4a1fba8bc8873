"""What the generator cannot see: every operation may answer with a problem."""

from __future__ import annotations

from typing import Any

from config.api import PROBLEM

METHODS = ("get", "post", "patch", "put", "delete")
TEXT = {"type": "string"}
ERROR = {
    "type": "object",
    "required": ["field", "code", "limit", "value", "message", "next"],
    "properties": {
        "field": {**TEXT, "description": "The field of the request, or what the rule is about."},
        "code": {**TEXT, "description": "Stable: programs read this one."},
        "limit": {**TEXT, "description": "The limit that was passed, as printed; else empty."},
        "value": {**TEXT, "nullable": True, "description": "What was sent."},
        "message": {**TEXT, "description": "What is wrong, in the reader's language."},
        "next": {**TEXT, "description": "What to do about it."},
    },
}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "errors"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
    },
}
DESCRIPTION = (
    "400 unreadable, 401 not signed in, 403 not this role's deed, 404 missing or another clinic's, "
    "409 the write key was used for something else, 422 a broken rule, 429 too many wrong tries."
)


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Afterwards every operation has a `default` answer in the one error shape."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"], schemas["ProblemError"] = PROBLEM_SCHEMA, ERROR
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for method in METHODS:
            if method in operations:
                answer = {"description": DESCRIPTION, "content": content}
                operations[method]["responses"]["default"] = answer
    return result
