"""What `run` prints, in a terminal and elsewhere."""

import io

from ferkit.core.console import Console


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _epoch(number: int, of: int = 3) -> dict:
    return {"kind": "epoch", "system": "lenet5/ours seed 0", "epoch": number, "epochs": of, "loss": 1.0,
            "val_accuracy": 0.5, "seconds_left": 1.0}


def test_a_status_line_is_replaced_in_a_terminal_and_left_out_elsewhere():
    terminal, plain = _Terminal(), io.StringIO()
    for stream in (terminal, plain):
        console = Console(stream)
        console.status("at work")
        console.line("done")
    assert terminal.getvalue() == "\r\033[Kat work\r\033[Kdone\n"
    assert plain.getvalue() == "done\n"


def test_a_terminal_shows_the_latest_event_with_the_time_in_one_line():
    terminal = _Terminal()
    console = Console(terminal)
    console.event("[1/5] a", _epoch(1))
    assert terminal.getvalue() == ""
    console.at(75)
    assert terminal.getvalue().startswith("\r\033[K   1:15  lenet5/ours seed 0  epoch 1/3")


def test_plain_lines_come_rarely_but_a_trained_systems_last_epoch_always():
    stream = io.StringIO()
    console = Console(stream)
    for number in (1, 2, 3):
        console.event("[1/5] a", _epoch(number))
    lines = stream.getvalue().splitlines()
    assert [line.split("epoch ")[1][:3] for line in lines] == ["1/3", "3/3"]
    assert lines[0].startswith("[1/5] a  lenet5/ours seed 0")
