"""The stepper in a real terminal: what tmux has on its screen, signals, and how the terminal is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_step_app import stepper

import gradviz
from gradviz.step.screen import screen

pytestmark = pytest.mark.needs("tmux")
ROOT = Path(__file__).parents[1]
PROMPT = "READY>"
PATIENCE = 15.0


class Tmux:
    """A shell in a tmux of its own."""

    def __init__(self, folder: Path, width: int = 80, height: int = 24) -> None:
        self.socket = str(folder / "tmux")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRADVIZ", "TMUX", "NO_COLOR"))}
        self.environment = {**kept, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        size = ["-x", str(width), "-y", str(height)]
        self("-f", "/dev/null", "new-session", "-d", *size, f"env PS1='{PROMPT}' bash --noprofile --norc -i")
        self.until(PROMPT)

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self.socket, *words],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self("send-keys", *keys)

    def type(self, text: str) -> None:
        """A line for the shell."""
        self("send-keys", "-l", text)
        self.keys("Enter")

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return self("capture-pane", "-p").rstrip("\n")

    def until(self, text: str, *, gone: bool = False) -> str:
        """The screen, once a text is on it (or has gone)."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            seen = self.screen
            if (text in seen) is not gone:
                return seen
            time.sleep(0.03)
        raise AssertionError(f"{text!r} {'stays' if gone else 'never came'}:\n{self.screen}")

    def step(self, words: str, before: str = "", expected: str = "next: ") -> str:
        """Start the stepper from a clean screen."""
        self.type(f"clear; {before} {sys.executable} -m gradviz step {words}")
        return self.until(expected)

    def left(self, code: int) -> str:
        """The shell again, with the exit code of what ended; the terminal echoes as it did."""
        self.until("? help", gone=True)
        self.until(PROMPT)
        self.type("echo code=$? echo")
        return self.until(f"code={code} echo\n")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path)
    try:
        yield made
    finally:
        made("kill-server")


def ours(keys: str, size: tuple[int, int] = (80, 24)) -> str:
    """The screen that the page gives after these keys."""
    page = stepper(gradviz.graph((ROOT / "examples" / "three-gate.gradviz").read_text("utf-8")), "three-gate")
    for key in keys:
        page.key(key, key)
    rows = screen(page.cursor, page.look, *size)
    return "\n".join("".join(text for text, _ in row).rstrip() for row in rows).rstrip("\n")


def same(seen: str, keys: str, size: tuple[int, int] = (80, 24)) -> None:
    assert "\n".join(line.rstrip() for line in seen.split("\n")) == ours(keys, size)


def test_the_screen_is_what_the_pilot_claims(tmux: Tmux) -> None:
    same(tmux.step("example:three-gate"), "")
    for keys, mark in (("n", "FORWARD 1/2"), ("nnn", "BACKWARD 1/5"), ("nnnss", "BACKWARD 3/5"), ("nnnssnN", "3/5")):
        tmux.keys(*keys[len(keys) - (2 if keys.endswith(("nn", "ss", "nN")) else 1) :])
        same(tmux.until(mark), keys)
    tmux("resize-window", "-x", "60", "-y", "20")
    tmux.until("∂f/∂z via f", gone=False)
    time.sleep(0.3)
    same(tmux.screen, "nnnssnN", (60, 20))
    tmux("resize-window", "-x", "20", "-y", "5")
    tmux.until("40x12")
    tmux("resize-window", "-x", "120", "-y", "40")
    tmux.until("BACKWARD 3/5")
    time.sleep(0.3)
    same(tmux.screen, "nnnssnN", (120, 40))
    tmux.keys("q")
    tmux.left(0)


def test_typing_an_answer(tmux: Tmux) -> None:
    tmux.step("example:three-gate")
    tmux.keys("e")
    tmux.until("Other numbers for x, y, z")
    tmux.keys("x=7", "Enter")
    tmux.until("│ 7 ")
    tmux.keys("?")
    tmux.until("next gate, previous gate")
    tmux.keys("Escape")
    tmux.until("[FORWARD 0/2]")
    tmux.keys("q")
    tmux.left(0)


def test_ctrl_c_restores_the_terminal(tmux: Tmux) -> None:
    before = tmux.screen
    tmux.step("example:three-gate")
    tmux.keys("C-c")
    after = tmux.left(130)
    assert "┌ x" not in after
    assert PROMPT in before
    assert tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").split() == ["0", "1", "0"]


def test_ctrl_z_suspends_and_fg_comes_back(tmux: Tmux) -> None:
    tmux.step("example:three-gate")
    tmux.keys("n")
    tmux.until("FORWARD 1/2")
    tmux.keys("C-z")
    tmux.until("Stopped")
    tmux.type("echo typed")
    tmux.until("\ntyped")
    tmux.type("fg")
    tmux.until("FORWARD 1/2")
    tmux.keys("n")
    tmux.until("FORWARD 2/2")
    tmux.keys("q")
    tmux.left(0)


def test_a_polite_kill_restores_the_terminal(tmux: Tmux) -> None:
    tmux.step("example:three-gate")
    shell = int(tmux("display-message", "-p", "#{pane_pid}"))
    child = subprocess.run(
        ["pgrep", "-P", str(shell)], capture_output=True, encoding="utf-8", check=True, timeout=PATIENCE
    ).stdout.split()[0]
    os.kill(int(child), 15)
    tmux.left(143)


def test_without_colour(tmux: Tmux) -> None:
    tmux.step("example:three-gate", "NO_COLOR=1")
    tmux.keys("n")
    tmux.until("FORWARD 1/2")
    painted = tmux("capture-pane", "-p", "-e")
    for colour in (*range(30, 38), *range(40, 48), *range(90, 98)):
        assert f"[{colour}m" not in painted
        assert f";{colour}m" not in painted
    assert "\x1b[1m" in painted
    assert "\x1b[5m" not in painted  # nothing blinks


def test_the_terminals_own_colours(tmux: Tmux) -> None:
    """Light and dark: no background of ours, no colour beyond the eight that terminals adapt."""
    tmux.step("example:three-gate")
    tmux.keys("G")
    tmux.until("BACKWARD 5/5")
    painted = tmux("capture-pane", "-p", "-e")
    assert "\x1b[32m" in painted
    assert "48;" not in painted
    assert "38;" not in painted


def test_what_is_no_terminal_gets_text(tmux: Tmux) -> None:
    ways = [("TERM=dumb", ""), ("GRADVIZ_PLAIN=1", ""), ("", "--plain"), ("", "| cat"), ("", "<&-")]
    for number, (before, words) in enumerate(ways):
        seen = tmux.step(f"example:three-gate {words}; echo end{number}", before, f"\nend{number}")
        assert "Given: x = -2" in seen
        assert "(local: ∂q/∂y = 1)" in seen
        assert "Traceback" not in seen


def test_choosing_an_example(tmux: Tmux) -> None:
    tmux.step("", "", "Step through which example?")
    tmux.keys("End", "Up", "Enter")
    tmux.until("three-gate  [FORWARD 0/2]")
    tmux.keys("q")
    tmux.left(0)


def test_numbers_that_were_chosen_are_said(tmux: Tmux) -> None:
    assert "numbers chosen: x=-4 y=-1" in tmux.step('"f = x*y"', "", "numbers chosen")
    tmux.keys("n")
    tmux.until("FORWARD 1/1")
    tmux.keys("q")
    tmux.left(0)
