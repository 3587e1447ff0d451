#!/usr/bin/env bash
# Everything CI runs: the set-up of run_all.sh, the linter, then every test in one pytest invocation on three processes,
# a file to one of them, with one thread each (three on two cores: tests also wait for other programs).
# Further arguments go to pytest, e.g. tests/run.sh -k losses
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(./run_all.sh --setup-only)
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY-passive}  # see ferkit.__main__: waiting threads sleep
export PYTHONPATH="$PWD/lib${PYTHONPATH:+:$PYTHONPATH}"
"$python" -m ruff check .
"$python" -m compileall -q lib  # once: where bytecode may not be written, each of some hundred commands would do it
export OMP_NUM_THREADS=${OMP_NUM_THREADS-1}
exec "$python" -m pytest --numprocesses 3 --dist loadfile "$@"
