"""What a drawn chart shows, found in its SVG by the role of each mark."""

from __future__ import annotations

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def groups(root: ET.Element, role: str) -> list[ET.Element]:
    """The groups of marks that stand for `role`."""
    return [g for g in root.iter(f"{SVG}g") if f"ch-{role}" in g.get("class", "").split()]


def marks(root: ET.Element, role: str) -> list[tuple[float, float]]:
    """Where its markers stand, in pixels."""
    uses = [use for group in groups(root, role) for use in group.iter(f"{SVG}use")]
    return [(float(use.get("x", "nan")), float(use.get("y", "nan"))) for use in uses]


def count(root: ET.Element, role: str, tag: str = "use") -> int:
    """How many elements its groups hold."""
    return sum(1 for group in groups(root, role) for _ in group.iter(f"{SVG}{tag}"))


def words(root: ET.Element) -> list[str]:
    """Every text that is drawn."""
    return [text.text or "" for text in root.iter(f"{SVG}text")]
