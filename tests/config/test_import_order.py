"""Whatever is asked for first, the project loads: REST framework's checks run in no fixed order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]


def named_in_settings() -> list[str]:
    """Every class and function that REST_FRAMEWORK names by its dotted path, and the URLs."""
    named = []
    for value in settings.REST_FRAMEWORK.values():
        parts = value if isinstance(value, list) else [value]
        named += [part for part in parts if isinstance(part, str) and "." in part]
    return sorted({name.rpartition(".")[0] for name in named} | {settings.ROOT_URLCONF})


def ran(program: str) -> subprocess.CompletedProcess[str]:
    """The program in a fresh interpreter, with the project's test settings."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", named_in_settings())
def test_each_module_that_the_settings_name_can_be_loaded_first(module: str) -> None:
    done = ran(f"import django, importlib; django.setup(); importlib.import_module({module!r})")
    assert done.returncode == 0, done.stderr[-600:]


def test_a_worker_that_only_records_loads_no_statistics_and_no_charts() -> None:
    heavy = ["matplotlib", "numpy", "pandas", "pyarrow", "scipy", "dask"]
    done = ran(
        "import sys, django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert done.returncode == 0, done.stderr[-600:]
    assert done.stdout.strip() == "[]"
