"""The tagged structure of a PDF: what a screen reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader


def tagged(pdf: PdfReader) -> Iterator[Any]:
    """Every element of the structure, from the top of the first page on."""
    yield from _within(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])


def _within(node: Any) -> Iterator[Any]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for one in node:
            yield from _within(one)
    elif hasattr(node, "get"):
        if node.get("/S"):
            yield node
        yield from _within(node.get("/K", []))
