"""Proofs by SymPy: asked for on the command line, bounded in time, and never the last word."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

import gradviz
from gradviz.check.deciding import proving
from gradviz.check.deciding.building import read_side, sides
from gradviz.check.equivalence import decide
from tests.cli_run import run

pytestmark = pytest.mark.extra("sympy")


def test_proofs_are_told_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "hw.txt"
    file.write_text(
        "s = sigmoid(z)\nf = s*x\nz = 1, x = 2\ndf/dz = x*s*(1 - s) = 0.39\n"
        "ds/dz = exp(-z)/(1 + exp(-z))^2\ndf/dx = z\n",
        encoding="utf-8",
    )
    done = run("check", str(file), "--prove", "--json")
    assert done.code == 1
    links = {(link["left"], link["right"]): link for link in json.loads(done.out)["files"][0]["links"]}
    assert [link["verdict"] for link in links.values()][-1] == "wrong"
    assert run("check", str(file), "--prove").out.count("proved by SymPy") >= 2


def test_what_takes_too_long_is_said_and_does_not_keep_anybody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "SECONDS", 0.02)
    left = "(x + y + 1)^6*sin(x)^4 + log(1 + exp(x))*(x + y)^5"
    right = "(1 + y + x)^6*(1 - cos(x)^2)^2 + log(exp(x) + 1)*(y + x)^5"
    assert decide("1", "cos(x)^2 + sin(x)^2", free="x", prove=True).verdict == "equal"  # the child has started
    start = time.monotonic()
    found = decide(left, right, free="xy", prove=True)
    assert (found.verdict, found.proved, found.unfinished) == ("equal", False, True)
    assert time.monotonic() - start < 30
    proving._PROVER.unfinished = 0
    monkeypatch.setattr(proving, "SECONDS", 60.0)
    assert decide("1", "cos(x)^2 + sin(x)^2", free="x", prove=True).proved is True  # another child has started


def test_after_some_that_did_not_finish_no_more_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = sides(read_side("x + x", "x"), read_side("2*x", "x"), None, "x")
    monkeypatch.setattr(proving._PROVER, "unfinished", 99)
    assert proving.proof(pair) == "did not finish"


def test_derivatives_and_primes_are_written_out() -> None:
    graph = gradviz.graph("q = x*y; f = tanh(q) + x")
    assert decide("x*(1 - tanh(q)^2)", "x/cosh(q)^2", graph, prove=True).proved is True
    pair = sides(read_side("x", ["x"]), read_side("y", ["y"]), gradviz.graph("f = x*y"), ())
    assert proving.proof(pair) == "not proved"


def test_a_child_that_does_not_start_is_an_error_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_CHILD", "import sys; sys.exit(3)")
    prover = proving._Prover()
    with pytest.raises(gradviz.errors.EnvironmentFailure, match="does not start"):
        prover.ask(b"", 1.0)
    assert prover.process is None


def test_without_sympy_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(gradviz.errors.EnvironmentFailure, match="sympy is not installed"):
        decide("1", "cos(x)^2 + sin(x)^2", free="x", prove=True)
