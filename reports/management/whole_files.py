"""Several files written together: all of them, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def write_all(files: Mapping[Path, bytes], folders: Collection[Path | None] = ()) -> None:
    """Every file complete under its name: written beside it first, then renamed.

    A file's folder is made when it is one of `folders` and not there.
    Raises CommandError when a file cannot be written; then none has changed.
    """
    waiting: list[tuple[str, Path]] = []
    path = Path()
    try:
        for path, content in files.items():
            if path.parent in folders:
                path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            waiting.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        for name, path in waiting:
            os.replace(name, path)
    except OSError as error:
        for name, _path in waiting:
            Path(name).unlink(missing_ok=True)
        raise CommandError(
            _("%(file)s cannot be written (%(why)s); choose another place")
            % {"file": path, "why": error.strerror},
            returncode=2,
        ) from None
