"""name=value words: where numbers come from, and what is said when some are missing."""

from __future__ import annotations

import itertools
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from gradviz.cli.values import draw
from tests.cli_run import Done, fails, run


def grads(done: Done) -> dict[str, float]:
    assert done.code == 0, done.err
    return {node["name"]: node["grad"] for node in json.loads(done.out)["nodes"]}


def values(done: Done) -> dict[str, float]:
    assert done.code == 0, done.err
    return {node["name"]: node["value"] for node in json.loads(done.out)["nodes"]}


def suggested(done: Done) -> list[str]:
    """The command that a message offers, as words for ``run``."""
    last = [row.strip().removeprefix("try: ") for row in done.err.splitlines() if "gradviz " in row][-1]
    return shlex.split(last[last.index("gradviz ") :])[1:]


@pytest.mark.parametrize(
    "words", [("x=-2", "y=5"), ("x=-2, y=5",), ("x = -2; y = 5",), ("y=10/2", "x=−2"), ("x=-sqrt(4)", "y=2.5*2")]
)
def test_spellings_of_values(words: tuple[str, ...]) -> None:
    assert values(run("show", "f = x*y", *words, "--json"))["f"] == -10


def test_a_value_overrides_a_number_in_the_source() -> None:
    assert values(run("show", "x = 3; f = x^2", "x=5", "--json"))["f"] == 25


def test_a_computed_node_takes_no_value() -> None:
    fails(run("show", "q = x + y; f = q*2", "q=3", "x=1", "y=1"), 2, "q is computed", "--output q")


def test_another_output() -> None:
    found = grads(run("show", "q = x + y; f = q*z", "x=1", "y=2", "z=3", "--output", "q", "--json"))
    assert found["x"] == 1
    assert found["f"] == 0
    fails(run("show", "q = x + y; f = q*2", "x=1", "y=1", "--output", "qq"), 2, "qq", "try: q")


def test_an_unknown_name() -> None:
    fails(run("show", "speed * time", "spede=3", "time=2"), 2, "spede", "speed")


@pytest.mark.parametrize("torn", [("x", "=", "3"), ("x=", "3"), ("x", "=3")])
def test_a_torn_value_gets_the_whole_line(torn: tuple[str, ...]) -> None:
    done = run("show", "x*y", *torn, "y=2")
    fails(done, 2, 'gradviz show "x*y" x=3 y=2')
    assert run(*suggested(done)).code == 0
    named = run("show", "f = x*y", *torn, "y", "=", "2")  # a SOURCE that looks like a value itself
    fails(named, 2, 'gradviz show "f = x*y" x=3 y=2')
    assert run(*suggested(named)).code == 0


def test_a_value_twice() -> None:
    fails(run("show", "x*y", "x=1", "x=2", "y=1"), 2, "x is given twice")


# --- missing numbers ------------------------------------------------------------------------------------


def test_no_values_at_all_shows_structure_and_says_how() -> None:
    done = run("show", "q = x + y; f = q*z")
    assert done.code == 0
    assert "value" not in done.out
    offered = suggested(done)
    assert offered[:2] == ["show", "q = x + y; f = q*z"]
    assert "gradient" in run(*offered).out


def test_quiet_says_nothing() -> None:
    assert run("show", "x*y", "--quiet").err == ""
    assert run("show", "x*y", "--random", "--quiet").err == ""


@pytest.mark.parametrize(
    ("source", "given", "missing"),
    [
        ("x*y*z", ["x=1"], "y, z"),
        ("x = 1; x*y*z", [], "y, z"),
        ("sum([a, b, c]) * k", ["b=2"], "a, c, k"),
        ("v[0]*v[1] + w", ["w=1"], "v[0], v[1]"),
        ("损失 * x", ["x=1"], "损失"),
    ],
)
def test_some_missing_names_all_and_completes_the_command(source: str, given: list[str], missing: str) -> None:
    done = run("show", source, *given)
    fails(done, 2, f"no number for {missing}\n")
    whole = run(*suggested(done))
    assert whole.code == 0, whole.err
    assert "gradient" in whole.out


def test_random_is_friendly_and_repeatable() -> None:
    one, two = (run("show", "-log(p)*q + sqrt(r)", "--random", "--json") for _ in "ab")
    assert one == two
    found = values(one)
    assert found["p"] > 0
    assert found["r"] > 0
    assert all(found[n] * 2 == int(found[n] * 2) for n in "pqr")
    assert run(*suggested(one)).out == one.out
    other = run("show", "-log(p)*q + sqrt(r)", "--random", "--seed", "5", "--json")
    assert other.out != one.out
    assert run(*suggested(other)).out == other.out


def test_random_keeps_what_is_given() -> None:
    assert values(run("show", "x*y", "x=7", "--random", "--json"))["x"] == 7
    fails(run("show", "x*y", "--seed", "3"), 2, "--random --seed 3")


def test_friendly_numbers_are_small_halves_and_never_zero() -> None:
    drawn = list(itertools.islice(draw(11), 500))
    assert {abs(n) for n in drawn} == {1, 1.5, 2, 2.5, 3, 3.5, 4}
    assert all(a != b for a, b in itertools.pairwise(drawn))


# --- Python functions -----------------------------------------------------------------------------------


def test_a_function_s_defaults_are_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(
        "def loss(x=3.0, w=2.0):\n    return w * x\n\ndef half(x, w=2.0):\n    return w * x\n\n"
        "def bare(x, w):\n    return w * x\n"
    )
    assert grads(run("show", "net.py:loss", "--json"))["w"] == 3
    assert grads(run("show", "net.py:loss", "x=5", "--json"))["w"] == 5
    done = run("show", "net.py:half")
    fails(done, 2, "no number for x")
    assert run(*suggested(done)).code == 0
    structure = run("show", "net.py:bare")
    assert structure.code == 0
    assert "value" not in structure.out
    assert "gradient" in run(*suggested(structure)).out
    assert "numbers chosen" in run("show", "net.py:bare", "--random").err
    fails(run("show", "net.py:los"), 2, "loss")
    fails(run("show", "net.py"), 2, "loss")


# --- files ----------------------------------------------------------------------------------------------


def test_numbers_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("W.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    Path("W.csv").write_text("1, 2\r\n3, −4e0\r\n\r\n", encoding="utf-8")
    Path("x.csv").write_text("﻿10\n20\n", encoding="utf-8")
    for file, corner in (("W.npy", 4), ("W.csv", -4)):
        found = values(run("show", "f = sum(W @ x)", f"W=@{file}", "x=@x.csv", "--json"))
        assert found["W[1,1]"] == corner
        assert found["f"] == 10 + 40 + 30 + 20 * corner


def test_files_without_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save("complex.npy", np.array([1j]))
    Path("empty.csv").write_text("")
    Path("ragged.csv").write_text("1,2\n3\n")
    Path("words.csv").write_text("1,two\n")
    Path("junk.npy").write_bytes(b"junk")
    for file, said in (
        ("object.npy", "object.npy"),
        ("complex.npy", "not real numbers"),
        ("junk.npy", "junk.npy"),
        ("empty.csv", "empty"),
        ("ragged.csv", "line 2"),
        ("words.csv", "line 1: 'two' is no number"),
        ("W.xlsx", ".npy or .csv"),
        ("wrods.csv", "words.csv"),
    ):
        fails(run("show", "sum(W)", f"W=@{file}"), 2, said)
