#!/bin/sh
# Makes .venv and installs Baton into it: `sh packaging/setup.sh [dev]`. Instant when nothing has changed.
# A Python can be named with PYTHON=/path/to/python3.
set -eu
cd "$(dirname "$0")/.."

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo "

fits() { # Python 3.11 or newer
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

complete() { # it can make a virtual environment with pip; Debian leaves that out of python3
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

stop() {
    printf 'Baton cannot be set up: %s\n' "$1" >&2
    exit 3
}

advice() { # $1: the apt packages that would mend it
    if command -v apt-get >/dev/null 2>&1; then
        printf 'Install it with: %sapt-get update && %sapt-get install -y %s' "$sudo" "$sudo" "$1"
    elif [ "$(uname)" = Darwin ]; then
        printf 'Install it from python.org, or with: brew install python@3.13'
    else
        printf 'Install it with your package manager.'
    fi
}

if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    python="" incomplete=""
    for candidate in "${PYTHON:-python3}" ${PYTHON:+none} python3.13 python3.12 python3.11; do
        [ "$candidate" != none ] || break # a Python was named: that one or none
        fits "$candidate" || continue
        if complete "$candidate"; then
            python="$candidate"
            break
        fi
        incomplete="${incomplete:-$candidate}"
    done
    if [ -z "$python" ] && [ -n "$incomplete" ]; then
        version=$("$incomplete" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        stop "$version has no venv and pip modules. $(advice "$version-venv")"
    fi
    [ -n "$python" ] || stop "it needs Python 3.11 or newer, and ${PYTHON:-python3} is not one. $(advice "python3 python3-venv")"
    printf 'Making .venv with %s\n' "$("$python" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])')" >&2
    "$python" -m venv --clear .venv
fi
exec .venv/bin/python packaging/install.py "$@"
