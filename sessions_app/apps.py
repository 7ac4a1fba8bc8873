"""The app that writes. Append-only triggers are laid again after every migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SessionsAppConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self) -> None:
        post_migrate.connect(install_triggers, sender=self)


def install_triggers(using: str, **_: Any) -> None:
    """SQLite's table rebuilds silently drop triggers, so they are laid after each migrate."""
    from sessions_app import triggers

    triggers.install(using)
