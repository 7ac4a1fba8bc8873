"""How the API reads a body. A module of its own: REST framework loads it while it loads its views,
which config/api.py needs first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser


class WholeText(JSONParser):
    """JSON whose every text can be kept and written back: half a surrogate pair is no character."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        data = super().parse(stream, media_type, parser_context)
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError as fault:
            raise exceptions.ParseError from fault
        return data
