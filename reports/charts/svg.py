"""A matplotlib figure as SVG that stands inside a page with a strict content security policy.

matplotlib writes ``style="..."`` attributes, which such a policy drops. Here, and only here, they
become presentation attributes (for size, dash, opacity) and classes (for colour): an attribute
keeps the light hex value, so the drawing is right on its own, and the class, defined in
``static/css/base.css``, gives it the colour of the page's theme.
"""

from __future__ import annotations

import io
import re

# The only XML read here is the one matplotlib has just written.
import xml.etree.ElementTree as ET  # nosec B405
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from matplotlib.figure import Figure

from reports.charts.style import PALETTE, PX_PER_INCH, clean_text

_COLOUR_NAMES = {value: name for name, value in PALETTE.items()}
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_SPACES = re.compile(r"\s+")
_NUMERIC_ATTRIBUTES = frozenset({"d", "x", "y", "points", "transform"})
_KEPT_PROPERTIES = frozenset(
    {
        "fill-opacity",
        "font-size",
        "opacity",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
    }
)
# What the root sets for all: nothing is gained by repeating it on each mark.
_INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def to_svg(
    figure: Figure,
    *,
    prefix: str,
    title: str,
    desc: str,
    link_names: Mapping[str, str] | None = None,
) -> str:
    """The figure as one ``<svg>`` element of its size, ready to be put into a page.

    ``prefix`` starts every id and must be unique on the page. ``title`` and ``desc`` (the finding
    and its key numbers) are what a screen reader says. A figure with links has ``role="group"``,
    because the role ``img`` would hide its links; ``link_names`` maps each address to its name.
    The output holds no date, no style attribute, no XML header, and is the same for the same
    figure. Raises ValueError for an empty title, an empty desc, a prefix that cannot start an id,
    or a colour outside the palette.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", prefix):
        raise ValueError(f"{prefix!r} cannot start an id")
    if not clean_text(title).strip() or not clean_text(desc).strip():
        raise ValueError("a chart needs a title and a description")
    drawn = ET.fromstring(_written_by_matplotlib(figure))  # nosec B314
    marks = list(_flattened(drawn))
    _name_links(marks, link_names or {})
    width_px, height_px = figure.get_size_inches() * PX_PER_INCH
    root = _root(prefix, width_px, height_px, has_links=any(m.tag == "a" for m in marks))
    for tag, text in (("title", title), ("desc", desc)):
        element = ET.SubElement(root, tag, {"id": f"{prefix}-{tag}"})
        element.text = clean_text(text)
    root.extend(marks)
    _rename_ids(root, prefix)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _written_by_matplotlib(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()


def _root(prefix: str, width_px: float, height_px: float, *, has_links: bool) -> ET.Element:
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "ch",
            "viewBox": f"0 0 {width_px:g} {height_px:g}",
            "width": f"{width_px:g}",
            "height": f"{height_px:g}",
            "role": "group" if has_links else "img",
            "aria-labelledby": f"{prefix}-title {prefix}-desc",
            "font-family": "system-ui, sans-serif",
            **_INHERITED,
        },
    )


def _flattened(parent: ET.Element) -> Iterator[ET.Element]:
    """The children in plain SVG names; groups that say nothing give way to what they hold."""
    for child in parent:
        tag = child.tag.rpartition("}")[2]
        if tag in ("metadata", "style"):
            continue
        element = ET.Element(tag, _attributes(tag, child.attrib))
        element.text = (child.text or "").strip() or None
        inside = list(_flattened(child))
        if tag == "g" and not element.attrib:
            yield from inside
            continue
        if not inside and tag in ("g", "defs", "a"):
            continue
        element.extend(inside)
        if "halo" in element.get("class", ""):
            _add_halo(element)
        yield element


def _attributes(tag: str, attrib: Mapping[str, str]) -> dict[str, str]:
    """A mark's attributes, with colours as class + hex and numbers cut to two decimals."""
    result: dict[str, str] = {}
    classes: list[str] = []
    for raw_name, value in attrib.items():
        name = raw_name.rpartition("}")[2]
        if name == "style":
            styled, classes_of_style = _from_style(value)
            result |= styled
            classes += classes_of_style
        elif name == "id" and tag == "g":
            # A group's id carries the role given to Sheet; all other group ids are dropped.
            if value.startswith("role:"):
                classes += [f"ch-{word}" for word in value[5:].split()]
        elif name in _NUMERIC_ATTRIBUTES:
            short = _NUMBER.sub(_cut, _SPACES.sub(" ", value).strip())
            if not short.startswith("rotate(-0 "):
                result[name] = short
        elif name in ("id", "href"):
            result[name] = value
    if classes:
        result["class"] = " ".join(classes)
    return result


@lru_cache(maxsize=1024)
def _from_style(style: str) -> tuple[Mapping[str, str], Sequence[str]]:
    """What the declarations become; the same few stand on every mark of a chart."""
    attributes: dict[str, str] = {}
    classes: list[str] = []
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name in ("fill", "stroke"):
            attributes[name] = value
            if value != "none":
                classes.append(f"ch-{name}-{_colour_name(value)}")
        elif name == "font-weight":
            attributes[name] = "600"
        elif name in _KEPT_PROPERTIES and _INHERITED.get(name) != value:
            attributes[name] = _NUMBER.sub(_cut, value.removesuffix("px"))
    return attributes, classes


def _colour_name(value: str) -> str:
    if value not in _COLOUR_NAMES:
        raise ValueError(f"{value} is not a colour of the palette and would not follow the theme")
    return _COLOUR_NAMES[value]


def _cut(match: re.Match[str]) -> str:
    return f"{round(float(match[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _add_halo(group: ET.Element) -> None:
    """Texts of the group stand out from what they cross."""
    for text in group.iter("text"):
        text.attrib |= {
            "paint-order": "stroke",
            "stroke": PALETTE["surface"],
            "stroke-width": "3.5",
            "class": f"{text.get('class', '')} ch-stroke-surface".strip(),
        }


def _name_links(marks: list[ET.Element], names: Mapping[str, str]) -> None:
    """Neighbouring marks with the same address become one named link: one stop for Tab."""
    merged: list[ET.Element] = []
    for mark in marks:
        links = list(mark) if mark.tag == "g" else [mark]
        is_link = bool(links) and all(link.tag == "a" for link in links)
        if not is_link:
            merged.append(mark)
            continue
        for link in links:
            if merged and merged[-1].tag == "a" and merged[-1].get("href") == link.get("href"):
                merged[-1].extend(list(link))
            else:
                name = names.get(link.get("href", ""))
                if name:
                    link.set("aria-label", clean_text(name))
                merged.append(link)
    marks[:] = merged


def _rename_ids(root: ET.Element, prefix: str) -> None:
    """Marker ids become short and start with the prefix; ids nobody points to go."""
    used = {use.get("href", "")[1:] for use in root.iter("use")}
    new: dict[str, str] = {}
    for defs in root.iter("defs"):
        for shape in defs:
            old = shape.attrib.pop("id", "")
            if old in used:
                new.setdefault(old, f"{prefix}-{len(new) + 1}")
                shape.set("id", new[old])
    for use in root.iter("use"):
        use.set("href", f"#{new[use.get('href', '')[1:]]}")
