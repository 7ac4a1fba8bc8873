"""The project's own app: it has no tables, only what must be configured."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Importing the module registers its checks."""
        from config import checks  # noqa: F401
