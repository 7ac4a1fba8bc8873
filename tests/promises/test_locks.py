"""The lock files install the same packages, wherever the reader's pip is pointed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]


def read_lock(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package of a lock: its version and its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=")
        package = Requirement(requirement.strip())
        (version,) = package.specifier
        assert version.operator == "==", line
        found = frozenset(value.strip() for value in hashes)
        pins[canonicalize_name(package.name)] = (version.version, found)
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_no_place_of_this_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    # An address, an option to pip at the start of a line, or a package from a place.
    assert re.findall(r"(?m)\S*://\S*|^-.*|file:.*|.* @ .*", text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_is_pinned_by_a_hash(name: str) -> None:
    pins = read_lock(name)
    assert len(pins) > 20
    for package, (_, hashes) in pins.items():
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), package


def test_the_development_lock_holds_the_production_lock_pin_for_pin() -> None:
    production, development = map(read_lock, LOCKS)
    assert production.items() <= development.items()


@pytest.mark.parametrize("requirement", DIRECT + DEVELOPMENT, ids=str)
def test_every_direct_dependency_has_a_compatible_bound(requirement: Requirement) -> None:
    assert [bound.operator for bound in requirement.specifier] == ["~="]


@pytest.mark.parametrize(
    ("requirement", "lock"),
    [(requirement, LOCKS[0]) for requirement in DIRECT]
    + [(requirement, LOCKS[1]) for requirement in DEVELOPMENT],
    ids=str,
)
def test_the_lock_holds_every_direct_dependency_within_its_bound(
    requirement: Requirement, lock: str
) -> None:
    version, _ = read_lock(lock)[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version), f"{requirement} but {lock} has {version}"
