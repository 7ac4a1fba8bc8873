#!/usr/bin/env python3
"""Afterglow's command line: `python manage.py help` lists what it can do."""

import os
import secrets
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] in (["relief"], ["registry_report"]):
        # They read files, serve nothing and open no database: nothing need be set up first.
        os.environ.setdefault("AFTERGLOW_SECRET_KEY", secrets.token_urlsafe(48))
        os.environ.setdefault("AFTERGLOW_ALLOWED_HOSTS", "localhost")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
