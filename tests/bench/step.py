"""The stepper in a pseudo-terminal: ``python -m tests.bench.step [--rounds N]``.

First frame against the smallest Textual application, in turn; and how long a key press takes until the terminal has
got the new screen, on 12 and on 200 nodes, forward, backward, and with each kind of picture. No test asserts a time.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello world")
Hello().run()
"""
ROOT = Path(__file__).parents[2]
_PATIENCE = 30  # seconds


class Terminal:
    """A process on a pseudo-terminal of 100x40."""

    def __init__(self, *arguments: str) -> None:
        self.begun = time.perf_counter()
        self.child, self.side = pty.fork()
        if not self.child:
            os.environ.update(TERM="xterm-256color", PYTHONPATH=str(ROOT))
            os.chdir(tempfile.gettempdir())  # no configuration of the project's own
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            os.execv(sys.executable, [sys.executable, *arguments])

    def until(self, text: str) -> float:
        """Seconds from now until the terminal has got a text.

        Raises:
            TimeoutError: it does not come.
        """
        begun, seen = time.perf_counter(), b""
        while text.encode() not in seen:
            if not select.select([self.side], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"{text!r} never came; the last was {seen[-300:]!r}")
            seen += os.read(self.side, 65536)
        return time.perf_counter() - begun

    def press(self, key: str, text: str) -> float:
        """Seconds from a key to a text."""
        while select.select([self.side], [], [], 0.05)[0]:
            os.read(self.side, 65536)
        os.write(self.side, key.encode())
        return self.until(text)


@contextmanager
def running(*arguments: str) -> Iterator[Terminal]:
    """A process that is ended at last."""
    terminal = Terminal(*arguments)
    try:
        yield terminal
    finally:
        with suppress(ProcessLookupError):
            os.kill(terminal.child, signal.SIGKILL)
        os.waitpid(terminal.child, 0)
        os.close(terminal.side)


def first_frame(arguments: tuple[str, ...], text: str) -> float:
    """Seconds from the start of a process to its first frame."""
    with running(*arguments) as terminal:
        terminal.until(text)
        return time.perf_counter() - terminal.begun


def source(gates: int) -> str:
    """A graph of so many gates, with forks."""
    kinds = ("tanh(v{0})", "v{0}*a", "v{0} + b", "v{0}*v{1}")
    lines = ["a = 0.5", "b = 1.25", "v0 = a*b"]
    lines += [f"v{i} = {kinds[i % 4].format(i - 1, max(0, i - 4))}" for i in range(1, gates)]
    return "\n".join(lines)


def presses(gates: int, keys_before: str, count: int = 12) -> list[float]:
    """Seconds of single key presses, in the middle of the backward pass of a graph."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.gradviz"
        path.write_text(source(gates), encoding="utf-8")
        with running("-m", "gradviz", "step", str(path)) as terminal:
            terminal.until("next: ")
            for key in f"f{keys_before}":
                terminal.press(key, "\x1b[")
            terminal.press("n", "[BACKWARD 1/")
            return [terminal.press("s", f"[BACKWARD {k}/") for k in range(2, 2 + count)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.step", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="starts of each side (default 7)")
    rounds = parser.parse_args().rounds
    pairs = [
        (
            first_frame(("-m", "gradviz", "step", "example:three-gate"), "next: "),
            first_frame(("-c", HELLO), "hello world"),
        )
        for _ in range(rounds)
    ]
    ours, hello = (1e3 * statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"first frame: {ours:.0f} ms, hello world {hello:.0f} ms, ratio {ours / hello:.2f} (goal <= 1.5)")
    for gates, goal in ((10, 50), (198, 150)):
        for name, keys in (("as it opens", ""), ("next view", "v"), ("view after", "vv")):
            times = [1e3 * t for t in presses(gates, keys)]
            print(
                f"key press, {gates + 2} nodes, {name}: median {statistics.median(times):.0f} ms, "
                f"worst {max(times):.0f} ms (goal <= {goal})"
            )


if __name__ == "__main__":
    main()
