"""What a person sees while something is trained: one line per epoch, never left in a notebook's outputs.

`run` sets FERKIT_PROGRESS to a file: the kernel appends JSON lines there and `run` shows them. Without it, in
a terminal, one line is updated in place; in a notebook opened by hand one display is, and `finished` clears it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from html import escape

VARIABLE = "FERKIT_PROGRESS"
_shown = True
_line = None  # the display of a notebook opened by hand
_heading = ""  # what stands above it


def set_shown(shown: bool) -> None:
    """Whether this process shows progress in its terminal (`-q` hides it)."""
    global _shown
    _shown = shown


def epoch(system: str, epoch: int, epochs: int, loss: float, val_accuracy: float, seconds_left: float) -> None:
    """Report a finished epoch of a training.

    system: what is trained, e.g. "network/ours seed 0". epoch: counted from 1. loss: mean training loss.
    val_accuracy: a fraction in [0, 1]. seconds_left: estimate for this training, in seconds.
    """
    report("epoch", system=system, epoch=int(epoch), epochs=int(epochs), loss=float(loss),
           val_accuracy=float(val_accuracy), seconds_left=float(seconds_left))


def begin(text: str) -> None:
    """Report what is about to be done and how long it may take; in a notebook it stays above the rest until the end."""
    global _heading
    _heading = text
    note(text)


def note(text: str) -> None:
    """Report one short line of text, e.g. what is being searched or loaded."""
    report("note", text=str(text))


def report(kind: str, **values: object) -> None:
    """Hand one event to whoever watches: the file of FERKIT_PROGRESS, else the terminal, else nobody."""
    event = {"kind": kind, **values}
    target = os.environ.get(VARIABLE)
    if target:
        with contextlib.suppress(OSError), open(target, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(event) + "\n")  # a watcher that has gone must not stop a training
    elif _shown and _in_notebook():
        _display(describe(event))
    elif _shown and sys.stdout is not None and sys.stdout.isatty():
        finished = event.get("epoch") == event.get("epochs")
        sys.stdout.write(f"\r\033[K{describe(event)}" + ("\n" if finished else ""))
        sys.stdout.flush()


def finished() -> None:
    """Clear the line in a notebook opened by hand, so that its outputs are those of any other run."""
    global _line, _heading
    _heading = ""
    if _line is not None:
        _display("")
        _line = None


def _in_notebook() -> bool:
    """Whether this process is a Jupyter kernel; asks only what is imported already."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return found is not None and hasattr(found, "kernel")


def _display(text: str) -> None:
    """The heading and one line of the cell that trains, updated in place."""
    global _line
    from IPython.display import HTML, display

    lines = dict.fromkeys(filter(None, [_heading, text]))
    content = HTML(f"<small>{'<br>'.join(map(escape, lines))}</small>" if lines else "")
    if _line is None:
        _line = display(content, display_id=True)
    else:
        _line.update(content)


def describe(event: dict) -> str:
    """One event in words: ``network/ours seed 0  epoch 3/12  loss 1.230  val 41.2 %  0:32 left``."""
    if event.get("kind") != "epoch":
        return str(event.get("text", ""))
    return (f"{event['system']}  epoch {event['epoch']}/{event['epochs']}  loss {event['loss']:.3f}"
            f"  val {100 * event['val_accuracy']:.1f} %  {clock(event['seconds_left'])} left")


def clock(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``; ``-:--`` where unknown (NaN or infinite)."""
    if not 0 <= seconds < float("inf"):
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
