#!/bin/sh
# make bench. The peer gets an environment of its own; .venv is the project's, from make. Options: see --help.
set -eu
cd "$(dirname "$0")/.."
peer=.venv-bench
if ! cmp -s bench/requirements.txt "$peer/.installed"; then
    echo "Installing Cloud Custodian into $peer …"
    "${PYTHON:-python3}" -m venv "$peer"
    "$peer/bin/python" -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
    cp bench/requirements.txt "$peer/.installed"
fi
exec .venv/bin/python -m bench.side_by_side --peer "$peer/bin/custodian" "$@"
