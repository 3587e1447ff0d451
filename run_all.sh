#!/usr/bin/env bash
# Sets up an environment if need be, then runs the replication: python -m ferkit run "$@"
# (./run_all.sh --help tells its options; --setup-only stops after the set-up and prints the interpreter).
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
venv=$home/.venv
export PYTHONPATH="$home/lib${PYTHONPATH:+:$PYTHONPATH}"

say() { printf '%s\n' "$*" >&2; }
refuse() { say "run_all.sh: $*"; exit 2; }

# Whether an interpreter is new enough and finds what will be imported; 0.1 s, nothing is imported for it.
wanted="torch torchvision numpy scipy sklearn skimage skops pandas PIL cv2 safetensors plotly papermill ipykernel ipywidgets psutil jinja2 jsonschema"
case "$*" in *--profile?standard* | *--profile?full*) wanted="$wanted aeon" ;; esac  # its random convolutions
is_ready() {
    "$1" - $wanted 2>/dev/null <<'PY'
import importlib.util, sys
sys.exit(sys.version_info < (3, 11) or not all(map(importlib.util.find_spec, sys.argv[1:])))
PY
}

# An interpreter to check arguments with and to make .venv from: 3.11 or newer, able to make environments.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null && "$name" -c \
            'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    refuse "no Python 3.11 or newer with its venv module found: install one (Debian: apt install python3-venv)"
}

# What .venv is made from, as one line: where the checkout lies, and the hash of its lock and pyproject.toml.
recipe() {
    "$1" - "$home" <<'PY'
import hashlib, pathlib, sys
home = pathlib.Path(sys.argv[1])
parts = [(home / name).read_bytes() for name in ("requirements.lock", "pyproject.toml")]
print(home, hashlib.sha256(b"\0".join(parts)).hexdigest())
PY
}

# What .venv is: current, stale (made from another lock), foreign (usable, made by someone else), bare (made by
# someone else, packages missing), useless (made by someone else, without a Python that is new enough), broken (absent,
# broken off in the middle, damaged, or moved). What this script makes has .begun or .complete in it; only that is ever
# removed.
state_of_venv() {
    local made=""
    if [ -f "$venv/.complete" ]; then made=$(cat "$venv/.complete"); fi
    if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        [ -f "$venv/.begun" ]; then
        if [ -n "$made" ] || [ -f "$venv/.begun" ] || [ -z "$(ls -A "$venv" 2>/dev/null)" ]; then
            echo broken
        else
            echo useless
        fi
    elif is_ready "$venv/bin/python"; then
        if [ -z "$made" ]; then
            echo foreign
        elif [ "$made" = "$(recipe "$venv/bin/python")" ]; then
            echo current
        elif [ "${made% *}" = "$home" ]; then
            echo stale
        else
            echo broken
        fi
    elif [ -n "$made" ]; then
        echo broken
    else
        echo bare
    fi
}

install_with_pip() {
    "$venv/bin/python" -m pip install -qq --require-hashes -r "$home/requirements.lock" >&2
    "$venv/bin/python" -m pip install -qq --no-deps --no-build-isolation -e "$home" >&2
}

# Less than half of pip's time. Where uv is not installed it is fetched for this once, unless pip has been told of an
# index of its own (a company's mirror), which uv would not ask. Fails where uv does: pip then installs.
install_with_uv() {
    local own=$venv/.uv uv=(uv)
    if ! command -v uv >/dev/null; then
        if [[ $("$venv/bin/python" -m pip config list) == *.index-url=* ]]; then return 1; fi
        "$venv/bin/python" -m pip install -qq --target "$own" uv >&2 || return
        uv=("$own/bin/uv" --cache-dir "$own/cache")
    fi
    "${uv[@]}" pip install --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes \
        -r "$home/requirements.lock" >&2 &&
        "${uv[@]}" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e "$home" >&2
}

# Makes .venv from requirements.lock, or brings it up to date. The mark of completion is written last, so that
# what was broken off before is made anew.
set_up() {
    local python=$1 state
    exec 9<"${BASH_SOURCE[0]}"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "another run_all.sh is setting up .venv: waiting for it"
        flock 9
    fi
    state=$(state_of_venv)
    case $state in
        current | foreign) exec 9<&-; return ;;
        useless) refuse "$venv was not made by run_all.sh and has no Python 3.11 or newer: move it away or remove it" ;;
        broken) rm -rf "$venv"; mkdir "$venv"; touch "$venv/.begun" ;;
        stale) touch "$venv/.begun"; rm -f "$venv/.complete" ;;
    esac
    say "setting up .venv from requirements.lock (about 7 GB, once: one to five minutes)"
    # A sign of life every half minute; it holds neither the lock nor standard output.
    (looks=0; while sleep 5; do
        [ $((++looks % 6)) -ne 0 ] || say "  .venv: $(du -sm "$venv" 2>/dev/null | cut -f1) MB so far; about 7,000 MB when it is done"
    done) >/dev/null 9<&- &
    alive=$!
    trap 'kill $alive 2>/dev/null || true; say "run_all.sh: the set-up of .venv did not finish; the same command tries again"' EXIT
    if [ "$state" = broken ]; then "$python" -m venv "$venv" >&2; fi
    install_with_uv || { say "installing with pip instead, in about twice the time"; install_with_pip; }
    rm -rf "$venv/.uv"
    is_ready "$venv/bin/python"
    # What someone else made is filled up, and stays theirs.
    if [ "$state" != bare ]; then recipe "$venv/bin/python" >"$venv/.complete"; fi
    rm -f "$venv/.begun"
    kill $alive 2>/dev/null || true
    trap - EXIT
    exec 9<&-
}

setup_only=
if [ "${1-}" = --setup-only ]; then  # what tests/run.sh calls: its tools are wanted too
    setup_only=1
    wanted="$wanted pytest xdist nbval hypothesis importlinter captum onnxruntime ruff"
fi

# An active environment that has everything is used as it is; else the checkout's own .venv.
python=
for active in "${VIRTUAL_ENV-}" "${CONDA_PREFIX-}"; do
    if [ -z "$python" ] && [ -n "$active" ] && [ "$active" != "$venv" ] && is_ready "$active/bin/python"; then
        python=$active/bin/python
    fi
done
if [ -z "$python" ]; then
    case $(state_of_venv) in
        current | foreign) ;;
        *)
            builder=$(find_python)
            case " $* " in *" -h "* | *" --help "*) exec "$builder" -m ferkit run --help ;; esac
            if [ -z "$setup_only" ]; then
                status=0
                "$builder" -m ferkit run --check-only "$@" || status=$?
                case $status in 0) ;; 100) exit 0 ;; *) exit "$status" ;; esac
            fi
            set_up "$builder"
            ;;
    esac
    python=$venv/bin/python
fi
if [ -n "$setup_only" ]; then printf '%s\n' "$python"; exit; fi
exec "$python" -m ferkit run "$@"
