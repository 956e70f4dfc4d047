"""Defaults: the command line wins over the environment, which wins over the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_run import fails, run

SHOW = ("show", "f = x/3", "x=2")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "course" / "week1"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def value(out: str) -> str:
    return next(line.split()[-2] for line in out.splitlines() if line.startswith("f "))


def test_the_order_of_precedence(here: Path) -> None:
    assert value(run(*SHOW).out) == "0.6667"
    (here.parent / "pyproject.toml").write_text("[tool.gradviz]\ndecimals = 1\n")
    assert value(run(*SHOW).out) == "0.7"
    (here / "gradviz.toml").write_text("decimals = 2\n")
    assert value(run(*SHOW).out) == "0.67"
    (here / "gradviz.toml").write_text("[tool.gradviz]\ndecimals = 1\n[tool.gradviz.show]\ndecimals = 3\n")
    assert value(run(*SHOW).out) == "0.667"
    assert value(run(*SHOW, env={"GRADVIZ_DECIMALS": "4"}).out) == "0.6667"
    assert value(run(*SHOW, env={"GRADVIZ_DECIMALS": "4", "GRADVIZ_SHOW_DECIMALS": "5"}).out) == "0.66667"
    assert value(run(*SHOW, "--decimals", "6", env={"GRADVIZ_SHOW_DECIMALS": "5"}).out) == "0.666667"


def test_flags_can_be_turned_off_again(here: Path) -> None:
    (here / "gradviz.toml").write_text("ascii = true\nquiet = true\n")
    assert run(*SHOW).out.isascii()
    assert not run(*SHOW, "--no-ascii").out.isascii()
    assert run("show", "x*y").err == ""
    assert run("show", "x*y", "--no-quiet").err != ""


def test_options_of_another_command_do_no_harm(here: Path) -> None:
    (here / "gradviz.toml").write_text('dpi = 300\ntheme = "dark"\nexpand = ["mse", "sigmoid"]\n')
    assert run(*SHOW).code == 0
    assert "exp" in run("show", "sigmoid(x)", "x=1").out
    assert "#151b23" in run("render", "x*y", "-o", "-", "--format", "dot").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('them = "dark"', "try: theme"),
        ('theme = "drak"', "did you mean dark"),
        ("digits = 99", "--digits"),
        ('digits = "many"', "--digits"),
        ("[shwo]\ndigits = 3", "try: show"),
        ("[show]\ndpi = 100", "dpi in [tool.gradviz.show]"),
        ("output = 'x'", "output"),
        ("digits = {a = 1}", "digits"),
        ("digits = 1979-05-27", "digits"),
        ("theme = ", "does not read as TOML"),
    ],
)
def test_a_wrong_file_is_named(here: Path, text: str, said: str) -> None:
    (here / "gradviz.toml").write_text(text)
    done = run("render", "x*y", "-o", "-", "--format", "dot") if "theme" in text else run(*SHOW)
    fails(done, 2, "gradviz.toml", said)


def test_other_people_s_pyproject_is_left_alone(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.black]\nline-length = 3\n")
    assert run(*SHOW).code == 0
    (here / "pyproject.toml").write_text("this is no toml")
    assert run(*SHOW).code == 0
    (here / "pyproject.toml").write_text("[tool.gradviz")
    fails(run(*SHOW), 2, "pyproject.toml does not read as TOML")


def test_a_wrong_variable_is_named() -> None:
    fails(run(*SHOW, env={"GRADVIZ_DIGITS": "99"}), 2, "GRADVIZ_DIGITS", "1 to 17")
    fails(run(*SHOW, env={"GRADVIZ_HIDE": "grad"}), 2, "GRADVIZ_HIDE", "grads")
    fails(run(*SHOW, env={"GRADVIZ_PLAIN": "perhaps"}), 2, "GRADVIZ_PLAIN")
    assert run(*SHOW, env={"GRADVIZ_DIGITS": ""}).code == 0


def test_what_belongs_to_one_source_has_no_default(here: Path) -> None:
    env = {"GRADVIZ_OUTPUT": "x", "GRADVIZ_EXPR": "y", "GRADVIZ_FILE": "z", "GRADVIZ_OUT": "o.txt"}
    assert run(*SHOW, env=env) == run(*SHOW)
    assert not (here / "o.txt").exists()
