"""The parts of a definition file that depend on one another: items, score, bands, flags, words."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sessions_app.instruments.definition import SCORE_ONLY, Definition, score_ends
from sessions_app.instruments.definition_checks import Part

MOST_ITEMS, MOST_BANDS, MOST_LANGUAGES = 60, 12, 20
MOST_ANSWERS = 11  # 0 to 10: what one page of the phone can show
LONGEST_ITEM_CODE, LONGEST_BAND, LONGEST_QUESTION, LONGEST_ANSWER = 20, 40, 400, 120
LARGEST_SCORE = 9999
ITEM_CODE = re.compile(r"[a-z][a-z0-9]*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
TEXT_KEYS = (
    "source",
    "stem",
    "items",
    "options",
    "item_options",
    "low_anchor",
    "high_anchor",
    "item_anchors",
)


def checked_items(top: Part, scoring: str) -> list[dict[str, Any]]:
    """Code, lowest and highest answer of each item. Score only: there are none."""
    rows = top.rows("items", MOST_ITEMS)
    if scoring == SCORE_ONLY:
        if rows:
            top.fault("items", "only_when_asked")
        return []
    if not rows:
        top.fault("items", "required")
    items: list[dict[str, Any]] = []
    for row in rows:
        row.refuse_unknown(("code", "lowest", "highest"))
        code = row.text("code", LONGEST_ITEM_CODE)
        if code and not ITEM_CODE.fullmatch(code):
            row.fault("code", "item_code_shape", value=code)
        elif code in [item["code"] for item in items]:
            row.fault("code", "stands_twice", value=code)
        lowest = row.whole("lowest", -100, 100)
        highest = row.whole("highest", lowest + 1, lowest + MOST_ANSWERS - 1)
        items.append({"code": code, "lowest": lowest, "highest": highest})
    if scoring == "mean" and len({(item["lowest"], item["highest"]) for item in items}) > 1:
        top.fault("items", "mean_of_unlike_items")
    return items


def checked_score(top: Part, scoring: str) -> dict[str, int] | None:
    """The ends of a score that is entered whole; None where it is worked out."""
    if scoring != SCORE_ONLY:
        if "score" in top.raw:
            top.fault("score", "only_for_score_only")
        return None
    if "score" not in top.raw:
        top.fault("score", "required")
        return None
    part = top.table("score")
    part.refuse_unknown(("lowest", "highest"))
    lowest = part.whole("lowest", -LARGEST_SCORE, LARGEST_SCORE)
    return {"lowest": lowest, "highest": part.whole("highest", lowest + 1, LARGEST_SCORE)}


def checked_missing(top: Part, found: Definition) -> int:
    """How many items may be open; one has to be answered."""
    return top.whole("max_missing", 0, max(len(found["items"]) - 1, 0), default=0)


def checked_bands(top: Part, found: Definition) -> list[dict[str, Any]]:
    """From the lowest to the highest score without a gap, or none at all."""
    is_whole = found["scoring"] != "mean"
    bands: list[tuple[Decimal, Decimal, str]] = []
    for row in top.rows("bands", MOST_BANDS):
        row.refuse_unknown(("from", "to", "name"))
        name = row.text("name", LONGEST_BAND)
        low, high = (row.number(end, is_whole=is_whole) for end in ("from", "to"))
        if low is not None and high is not None:
            if low > high:
                row.fault("from", "above_other_end", high, low)
            bands.append((low, high, name))
    if bands and not top.faults:
        _refuse_gaps(top, bands, found)
    return [{"from": _plain(low), "to": _plain(high), "name": name} for low, high, name in bands]


def _refuse_gaps(top: Part, bands: list[tuple[Decimal, Decimal, str]], found: Definition) -> None:
    lowest, highest = score_ends(found)
    if bands[0][0] != lowest or bands[-1][1] != highest:
        top.fault("bands", "bands_ends", f"{lowest}–{highest}", f"{bands[0][0]}–{bands[-1][1]}")
    for number, (before, after) in enumerate(pairwise(bands), start=2):
        step = after[0] - before[1]
        if not 0 < step <= 1:
            top.fault(f"bands {number}, from", "bands_gap", before[1], after[0])


def checked_remission(top: Part, found: Definition) -> int | None:
    """The score at or below which remission is reached; only where lower is better."""
    if top.raw.get("remission_at_most") is None:
        return None
    if found["higher_is_better"]:
        top.fault("remission_at_most", "only_lower_is_better")
        return None
    return top.whole("remission_at_most", *score_ends(found))


def checked_flags(top: Part, found: Definition) -> list[dict[str, Any]]:
    """Which answers call a person, how urgently, and whether the help page answers them."""
    items = {item["code"]: item for item in found["items"]}
    flags = []
    for row in top.rows("red_flags", MOST_ITEMS):
        row.refuse_unknown(("item", "from", "to", "level", "shows_help"))
        code = row.text("item", LONGEST_ITEM_CODE)
        level = row.choice("level", ("high", "medium"))
        shows_help = row.flag("shows_help", default=True)
        if code and code not in items:
            row.fault("item", "unknown_choice", ", ".join(items) or "–", code)
        if code not in items:
            continue
        low = row.whole("from", items[code]["lowest"], items[code]["highest"])
        high = row.whole("to", low, items[code]["highest"])
        flag = {"item": code, "from": low, "to": high, "level": level}
        flags.append({**flag, "shows_help": shows_help})
    return flags


def checked_texts(top: Part, found: Definition) -> dict[str, Any]:
    """The words by language, each with its source, for every item and every answer."""
    part = top.table("texts")
    if found["scoring"] == SCORE_ONLY:
        if part.raw:
            top.fault("texts", "only_when_asked")
        return {}
    if not part.raw:
        top.fault("texts", "required")
    if len(part.raw) > MOST_LANGUAGES:
        top.fault("texts", "too_many", MOST_LANGUAGES, len(part.raw))
        return {}
    texts = {}
    for language in part.raw:
        if not LANGUAGE.fullmatch(language):
            part.fault(language, "language_shape", value=language)
            continue
        texts[language] = _words(part.table(language), found["items"])
    return texts


def _words(part: Part, items: list[dict[str, Any]]) -> dict[str, Any]:
    part.refuse_unknown(TEXT_KEYS)
    codes = [item["code"] for item in items]
    questions, own_options = part.table("items"), part.table("item_options")
    anchors = part.table("item_anchors")
    for table in (questions, own_options, anchors):
        table.refuse_unknown(codes)
    low, high = (
        part.text(end, LONGEST_ANSWER, is_required=False) for end in ("low_anchor", "high_anchor")
    )
    found: dict[str, Any] = {
        "source": part.text("source", LONGEST_QUESTION),
        "stem": part.text("stem", LONGEST_QUESTION, is_required=False),
        "items": {code: questions.text(code, LONGEST_QUESTION) for code in codes},
        "options": {},
        "low_anchor": low,
        "high_anchor": high,
        "item_anchors": {
            code: _anchors(anchors.table(code)) for code in codes if code in anchors.raw
        },
        "item_options": {},
    }
    for item in items:
        has_own = item["code"] in own_options.raw
        options = own_options.table(item["code"]) if has_own else part.table("options")
        has_anchors = bool(low and high) or item["code"] in found["item_anchors"]
        found["item_options"][item["code"]] = _answers(options, item, has_anchors)
    return found


def _anchors(part: Part) -> dict[str, str]:
    part.refuse_unknown(("low", "high"))
    return {end: part.text(end, LONGEST_ANSWER) for end in ("low", "high")}


def _answers(part: Part, item: dict[str, Any], has_anchors: bool) -> dict[str, str]:
    """Words for each answer; between two worded ends the bare numbers will do."""
    wanted = [str(value) for value in range(item["lowest"], item["highest"] + 1)]
    if not part.raw:
        if not has_anchors:
            part.fault("", "answers_without_words", f"{wanted[0]}–{wanted[-1]}", item["code"])
        return {value: value for value in wanted}
    if set(part.raw) != set(wanted):
        part.fault("", "answers_differ", f"{wanted[0]}–{wanted[-1]}", item["code"])
        return {}
    return {value: part.text(value, LONGEST_ANSWER) for value in wanted}


def _plain(value: Decimal) -> int | str:
    return int(value) if value == value.to_integral_value() else str(value)
