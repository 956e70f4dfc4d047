"""gradviz quiz: in a pipe, in every encoding, with a state folder that is whole, damaged, or not to be written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli_run import Done, fails, process, run

THREE = ("quiz", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def quiz(*words: str, typed: str, state: Path | None = None, **settings: object) -> Done:
    env = {"GRADVIZ_STATE": str(state)} if state else {}
    extra = () if state else ("--no-save",)
    return run(*words, *extra, stdin=typed.encode(), env=env, **settings)  # type: ignore[arg-type]


def test_a_whole_session_in_a_pipe() -> None:
    done = quiz(*THREE, typed="3\n12\n-12\n-4\n3\n-4\n-4\n")
    assert done.code == 0
    assert done.err == ""
    assert done.out.splitlines()[:6] == [
        "Given: x = -2, y = 5, z = -4.",
        "  q = x + y",
        "  f = q · z",
        "Type your answer; ? helps, :hint hints, quit ends.",
        "1. What is the value of q = x + y?  (x = -2, y = 5)",
        "> 3",
    ]
    assert "12 is what comes out with this mistake: sign lost." in done.out
    assert done.out.endswith("Asked: 6. Right at the first try: 5.\nTo revisit:\n  sign lost\n")


@pytest.mark.parametrize("typed", ["", "3\n", "3\n:hint\nfoo", "3\nquit\n12\n", "\n\n?\n", "\x00\n\xff\n" * 3])
def test_the_end_of_the_input_is_the_end(typed: str) -> None:
    done = quiz(*THREE, typed=typed)
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith(("Asked: 1.", "Nothing was answered."))


def test_bytes_that_are_no_text() -> None:
    done = run(*THREE, "--no-save", stdin=b"\xff\xfe\n3\n")
    assert done.code == 0
    assert "Asked: 1." in done.out


def test_random_expressions() -> None:
    words = ("quiz", "--random", "--seed", "7", "--level", "2", "--questions", "3")
    done = quiz(*words, typed="skip\n" * 9)
    assert done.code == 0
    assert done.out.count("Skipped:") == 3
    assert "Asked: 3. Right at the first try: 0." in done.out
    assert quiz(*words, typed="skip\n" * 9).out == done.out
    assert quiz("quiz", typed="quit\n").out.count("1. ") == 1, "without anything, expressions are made up"


def test_without_numbers_friendly_ones_are_chosen_and_said() -> None:
    done = quiz("quiz", "f = x*y", typed="quit\n")
    assert "numbers chosen: x=-4 y=-1" in done.err
    assert "Given: x = -4, y = -1." in done.out
    assert quiz("quiz", "f = x*y", "--quiet", typed="quit\n").err == ""


def test_what_cannot_be_had() -> None:
    fails(quiz("quiz", "x*y", "--level", "2", typed=""), 2, "--level", "SOURCE")
    fails(quiz("quiz", "-", typed="f = x*y"), 2, "standard input")
    fails(quiz("quiz", "--random", "--level", "9", typed=""), 2, "--level")
    fails(quiz("quiz", "x*", typed=""), 2, "line 1")
    assert "nothing to predict" in quiz("quiz", "x = 3", typed="").out


def test_rounding_by_hand() -> None:
    words = ("quiz", "example:sigmoid-neuron", "--decimals", "2", "--rounding", "chained")
    done = quiz(*words, typed="-2.00\n6\n4\n1\n0.73\n0.20\n")
    assert done.out.count("Right.") == 6, done.out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "gbk", "utf-8"])
def test_every_encoding(encoding: str) -> None:
    done = quiz("quiz", "example:sigmoid-expanded", typed="1\n" * 200, encoding=encoding)
    assert done.code == 0
    assert "Asked:" in done.out
    assert "�" not in done.out


def test_ascii() -> None:
    done = quiz(*THREE, "--ascii", typed="3\n-12\n9\n:hint\n:hint\n:hint\nquit\n")
    assert done.out.isascii()


def test_colour_and_a_terminal_change_nothing_but_the_width() -> None:
    done = quiz(*THREE, typed="100\nquit\n", tty=True)
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 100


# --- progress -------------------------------------------------------------------------------------------------


def test_progress_is_kept(state: Path) -> None:
    for _ in range(2):
        assert quiz(*THREE, typed="3\n12\n-12\nquit\n", state=state).err == ""
    path = state / "quiz.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert (data["sessions"], data["asked"], data["right at the first try"]) == (2, 4, 2)
    assert data["misconceptions met"] == {"sign_error": 2}
    assert os.listdir(state) == ["quiz.json"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_no_save(state: Path) -> None:
    quiz(*THREE, "--no-save", typed="3\nquit\n", state=state)
    quiz(*THREE, typed="quit\n", state=state)  # nothing was answered
    assert not state.exists()


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"version": 99}', b'{"version": 1, "asked": "many"}', b"[" * 100_000,
     b'{"version": 1, "misconceptions met": {"sign_error": -1}}', b'{"version": 1, "asked": true}'],
)  # fmt: skip
def test_a_damaged_file_is_said_and_replaced(state: Path, damaged: bytes) -> None:
    state.mkdir()
    (state / "quiz.json").write_bytes(damaged)
    done = quiz(*THREE, typed="3\nquit\n", state=state)
    assert done.code == 0
    assert "does not read" in done.err
    assert json.loads((state / "quiz.json").read_text(encoding="utf-8"))["asked"] == 1
    assert (state / "quiz.damaged.json").read_bytes() == damaged
    assert str(state) not in done.err


def test_an_unknown_misconception_of_a_newer_version_is_passed_over(state: Path) -> None:
    state.mkdir()
    (state / "quiz.json").write_text('{"version": 1, "asked": 3, "misconceptions met": {"new_one": 2}}')
    assert quiz(*THREE, typed="3\nquit\n", state=state).err == ""
    assert json.loads((state / "quiz.json").read_text())["asked"] == 4


def test_a_state_folder_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = quiz(*THREE, typed="3\nquit\n", state=tmp_path / "file" / "state")
    assert done.code == 0
    assert "Asked: 1." in done.out
    assert "progress is not kept" in done.err
    assert str(tmp_path) not in done.err
    (tmp_path / "folder" / "quiz.json").mkdir(parents=True)
    done = quiz(*THREE, typed="3\nquit\n", state=tmp_path / "folder")
    assert done.code == 0
    assert "progress is not kept" in done.err


def test_no_input_at_all() -> None:
    done = process(*THREE, "--no-save", stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert b"Nothing was answered." in done.stdout
    assert done.stderr == b""


def test_step_quiz_is_the_same(state: Path) -> None:
    typed = b"3\n-12\nquit\n"
    env = {"GRADVIZ_STATE": str(state)}
    words = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")
    step = run("step", *words, "--quiz", stdin=typed, env=env)
    assert step == run("quiz", *words, stdin=typed, env=env)
    fails(run("step", *words, "--quiz", "--at", "q"), 2, "--at does not go with it")
    fails(run("step", *words, "--quiz", "--json"), 2, "--quiz")
    fails(run("step", "--quiz"), 2, "SOURCE")


def test_what_readme_shows_is_what_is_said() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    block = text.partition('$ gradviz quiz "f = 3*(x*y)" x=2 y=5\n')[2].partition("```")[0].splitlines()
    done = quiz("quiz", "f = 3*(x*y)", "x=2", "y=5", typed="10\n30\n3\n5\n5\n15\n")
    said = [line for line in done.out.splitlines() if line]
    start = said.index(block[0])
    assert said[start : start + len(block)] == block
