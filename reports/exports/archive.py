"""Several files as one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime


def zip_of(files: Mapping[str, bytes], made_at: datetime) -> bytes:
    """The files by name, dated `made_at` (UTC), in the given order."""
    out = io.BytesIO()
    when = made_at.timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (when[0], when[1], when[2], when[3], when[4], when[5]))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            made.writestr(entry, content)
    return out.getvalue()
