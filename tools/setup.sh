#!/bin/sh
# Makes .venv from a hash-pinned lock: `setup.sh prod` or `setup.sh dev`.
#
# True afterwards: .venv holds every pinned package, and .venv/installed.lock is a copy of the lock it
# was made from. A run that finds that copy equal does nothing. The development lock holds the
# production one (tests/promises/test_locks.py), so its environment serves both.
set -eu

kind=${1:-prod}
venv=.venv
stamp=$venv/installed.lock
case $kind in
    prod) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "usage: setup.sh prod|dev" >&2; exit 2 ;;
esac

stop() {
    printf '\nAfterglow cannot be set up: %s\n' "$1" >&2
    exit 1
}

is_ready() { # LOCK: was a working .venv made from it?
    [ -f "$stamp" ] && cmp -s "$stamp" "$1" && "$venv/bin/python" -c '' 2>/dev/null
}

if is_ready "$lock" || { [ "$kind" = prod ] && is_ready requirements-dev.lock; }; then
    exit 0
fi

python=
for candidate in ${PYTHON:-python3.11 python3}; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    found=$(python3 -c 'import sys; print("python3 here is %d.%d." % sys.version_info[:2])' 2>/dev/null || echo 'No python3 was found.')
    stop "it needs Python 3.11 or newer. $found
Next: install Python 3.11 (Debian 12, Ubuntu: apt install python3.11 python3-pip; macOS: brew install python@3.11),
or name yours: make setup PYTHON=/path/to/python3.11"
fi

pip_version=$("$python" -m pip --version 2>/dev/null | awk '{print $2}') || true
if [ -z "$pip_version" ]; then
    stop "$python has no pip.
Next: install it (Debian, Ubuntu: apt install python3-pip; elsewhere: $python -m ensurepip --user) and try again."
fi
# `pip --python` came with 22.3.
if ! "$python" -c 'import sys; v = sys.argv[1].split("."); sys.exit((int(v[0]), int(v[1])) < (22, 3))' "$pip_version"; then
    stop "pip $pip_version is too old, it takes 22.3 or newer.
Next: $python -m pip install --upgrade pip"
fi

printf 'Setting up %s with %s from %s (about a minute the first time).\n' \
    "$venv" "$("$python" --version)" "$lock"
rm -f "$stamp"
if ! "$venv/bin/python" -c '' 2>/dev/null; then
    rm -rf "$venv"
    # ensurepip is missing from some systems' Python, so pip is lent from outside.
    "$python" -m venv --without-pip "$venv" || stop "the virtual environment was not made.
Next: on Debian or Ubuntu apt install python3-venv, then try again."
fi
# The settings that reach pip by environment or pip.conf, such as a mirror or a proxy, stay in force.
"$python" -m pip --python "$venv/bin/python" --disable-pip-version-check install \
    --require-hashes -r "$lock" || stop "a package was not installed; pip's own message stands above.
Next: check the network (and the mirror or proxy, if you have one), then try again. Nothing needs to be removed first."
cp "$lock" "$stamp"
printf 'The environment is ready: %s\n' "$venv"
