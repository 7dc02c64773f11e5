#!/bin/sh
# Makes .venv from uv.lock with nothing but a Python that has venv and pip; quick when it is made.
set -eu
cd "$(dirname "$0")/../.."
UV_VERSION=0.13.9
TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/dangjian/tools"

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "dangjian needs Python 3.11 or newer: install it (Debian: apt-get install python3 python3-venv)," \
        "or name one with PYTHON=/path/to/python3 make setup" >&2
    return 1
}

python=$(find_python)
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "dangjian needs Python's venv and pip, which $python lacks: install them" \
        "(Debian: apt-get install python3-venv)" >&2
    exit 1
fi

if ! "$TOOLS/bin/uv" --version 2>/dev/null | grep -q "^uv $UV_VERSION"; then
    echo "getting uv $UV_VERSION into $TOOLS"
    "$python" -m venv "$TOOLS"
    "$TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi

echo "making .venv from uv.lock"
UV_PYTHON_DOWNLOADS=never "$TOOLS/bin/uv" sync --all-packages --all-groups --frozen --quiet \
    --python "$python"
