"""gradviz code: what is printed, where it goes, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradviz
from gradviz.code import TARGETS, generate, target
from tests.cli_run import fails, run

WORDS = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")


@pytest.mark.parametrize(("name", "style"), [(n, s) for n in TARGETS for s in target(n).styles])
def test_the_program_is_printed(name: str, style: str) -> None:
    graph = gradviz.graph(WORDS[0], x=-2, y=5, z=-4)
    done = run("code", *WORDS, "--target", name, "--style", style)
    assert (done.code, done.err) == (0, "")
    assert done.out == generate(graph, name, style)


def test_python_is_the_default_and_structure_prints_too() -> None:
    assert run("code", *WORDS).out == run("code", *WORDS, "--target", "python", "--style", "flat").out
    done = run("code", "f = x*y")
    assert "def f(x, y):" in done.out
    assert "with numbers" in done.err
    assert run("code", "f = x*y", "--quiet").err == ""


@pytest.mark.parametrize(("suffix", "name"), [("py", "python"), ("js", "js"), ("tex", "latex")])
def test_the_suffix_chooses_the_language(suffix: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / f"program.{suffix}"
    done = run("code", *WORDS, "-o", str(file))
    assert (done.code, done.out) == (0, "")
    assert file.read_text("utf-8") == run("code", *WORDS, "--target", name).out
    assert run("code", *WORDS, "-o", "-").out == run("code", *WORDS).out


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    fails(run("code", *WORDS, "--target", "pyton"), 2, "python, numpy, js, torch, jax, latex", "did you mean python?")
    fails(run("code", *WORDS, "--style", "modul"), 2, "flat, module")
    fails(run("code", *WORDS, "--target", "latex", "--style", "module"), 2, "no style of latex called 'module'")
    fails(run("code", *WORDS, "-o", str(tmp_path / "f.txt")), 2, "no format .txt")
    fails(run("code", "f = x*y", "x=1"), 2, "no number for y")
