#!/usr/bin/env bash
# Everything CI runs: the set-up of run_all.sh, the linter, then every test in one pytest invocation.
# Further arguments go to pytest, e.g. tests/run.sh -k losses
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(./run_all.sh --setup-only)
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY-passive}  # see ferkit.__main__: waiting threads sleep
export PYTHONPATH="$PWD/lib${PYTHONPATH:+:$PYTHONPATH}"
"$python" -m ruff check .
exec "$python" -m pytest "$@"
