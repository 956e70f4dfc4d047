"""gradviz check: files in, reports and exit codes out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli_run import ROOT, fails, process, run

HOMEWORK = ROOT / "examples" / "homework"
SUFFIXES = (".txt", ".md", ".tex", ".ipynb")
RIGHT = "f(x, y) = x*y at x = 2, y = 3\ndf/dx = y = 3\n"
WRONG = "f(x, y) = x*y at x = 2, y = 3\ndf/dx = x = 2\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.txt").write_text(RIGHT, "utf-8")
    (tmp_path / "wrong.txt").write_text(WRONG, "utf-8")
    (tmp_path / "unread.txt").write_text(RIGHT + "df/dy = quux * 2\n", "utf-8")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "p.gradviz").write_text("f = x*y\nx = 2; y = 3\nrequire df/dx, df/dy\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_right_examples_are_all_right(suffix: str) -> None:
    done = run("check", str(HOMEWORK / f"right{suffix}"), "--json")
    assert done.code == 0, done.out
    [file] = json.loads(done.out)["files"]
    assert {link["verdict"] for link in file["links"]} == {"ok"}
    assert file["problems"][0]["read"][0] == file["problems"][0]["read"][1] > 0


@pytest.mark.parametrize(
    ("suffix", "line", "quantity", "rule"),
    [
        (".txt", 9, "df/dq", "mul_not_swapped"),
        (".md", 9, "dL/dp", "power_rule_wrong"),
        (".tex", 14, "da/dz", "sigmoid_derivative_wrong"),
        (".ipynb", 5, "df/dx", "mul_not_swapped"),
    ],
)
def test_the_wrong_examples_are_told_what_went_wrong(suffix: str, line: int, quantity: str, rule: str) -> None:
    done = run("check", str(HOMEWORK / f"wrong{suffix}"), "--json")
    assert done.code == 1
    [file] = json.loads(done.out)["files"]
    first = file["links"][file["first_wrong"]]
    assert (first["line"], first["quantity"]) == (line, quantity)
    assert rule in first["misconceptions"]
    assert first["cell"] == (2 if suffix == ".ipynb" else None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("right.txt",), 0),
        (("wrong.txt",), 1),
        (("unread.txt",), 3),
        (("scan.pdf",), 2),
        (("right.txt", "unread.txt"), 3),
        (("right.txt", "unread.txt", "wrong.txt"), 1),
        (("right.txt", "wrong.txt", "scan.pdf"), 2),
        (("--recursive", "."), 2),
        (("right.txt", "--problem", "p.gradviz"), 1),
    ],
)
def test_the_exit_code_is_the_worst(folder: Path, words: tuple[str, ...], code: int) -> None:
    assert run("check", *words).code == code


def test_other_files_are_still_checked(folder: Path) -> None:
    done = run("check", "scan.pdf", "wrong.txt")
    assert "scan.pdf: error: scan.pdf is a PDF" in done.out
    assert "wrong.txt:2:1: wrong" in done.out
    assert done.out.splitlines()[0].split()[:2] == ["file", "verdict"]


def test_names_are_relative_to_the_folder_given(folder: Path) -> None:
    (folder / "class" / "ann").mkdir(parents=True)
    (folder / "class" / "ann" / "hw.txt").write_text(WRONG, "utf-8")
    done = run("check", "--recursive", str(folder / "class"), "--json")
    assert [each["file"] for each in json.loads(done.out)["files"]] == ["ann/hw.txt"]
    assert str(folder) not in done.out


def test_standard_input(folder: Path) -> None:
    done = run("check", "-", stdin=WRONG.encode())
    assert done.code == 1
    assert "standard input:2:1: wrong" in done.out or "-:2:1: wrong" in done.out


def test_the_problem_says_what_is_required_and_how_much_is_told(folder: Path) -> None:
    done = run("check", "right.txt", "--problem", "p.gradviz")
    assert "right.txt: df/dy: missing" in done.out
    assert "from p.gradviz" in done.out.splitlines()[0]
    (folder / "p.gradviz").write_text("f = x*y\nx = 2; y = 3\nhints: 1\n", "utf-8")
    assert "mul_not_swapped" not in run("check", "wrong.txt", "--problem", "p.gradviz", "--hints", "3").out


def test_a_derivation_may_be_the_problem(folder: Path) -> None:
    (folder / "staff.md").write_text("$f = x y$, $x = 2$, $y = 3$\n\n$\\frac{df}{dy} = x$\n", "utf-8")
    done = run("check", "right.txt", "--problem", "staff.md", "--json")
    assert json.loads(done.out)["files"][0]["required"] == {"df/dy": "missing"}


@pytest.mark.parametrize("format", ["json", "html", "md", "txt"])
def test_reports_into_files(folder: Path, format: str) -> None:
    done = run("check", "wrong.txt", "-o", f"report.{format}")
    assert (done.code, done.out) == (1, "")
    text = (folder / f"report.{format}").read_text("utf-8")
    assert "wrong" in text
    assert str(folder) not in text


def test_the_report_never_replaces_what_is_checked(folder: Path) -> None:
    fails(run("check", "wrong.txt", "-o", "wrong.txt"), 2, "wrong.txt")
    assert (folder / "wrong.txt").read_text("utf-8") == WRONG


def test_what_is_typed_wrong(folder: Path) -> None:
    fails(run("check"), 2, "no file")
    fails(run("check", "nope.txt"), 2, "nope.txt")
    fails(run("check", "."), 2, "folder", "--recursive")
    fails(run("check", "right.txt", "--hint", "2"), 2, "--hints")
    fails(run("check", "right.txt", "--hints", "7"), 2, "7")


def test_notebook_code_is_never_run(folder: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["open('ran', 'w')"], "metadata": {}, "outputs": [], "execution_count": 1},
        {"cell_type": "markdown", "source": ["$f = x y$\n", "\n", "$\\frac{df}{dx} = y$"], "metadata": {}},
    ]
    metadata = {"authors": [{"name": "Ann Example"}]}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (folder / "hw.ipynb").write_text(json.dumps(book), "utf-8")
    for format in ("text", "json", "html", "md"):
        done = run("check", "hw.ipynb", "--format", format)
        assert done.code == 0
        assert "Ann Example" not in done.out
    assert not os.path.exists("ran")


def test_colour_only_on_a_terminal(folder: Path) -> None:
    assert "\x1b[" in run("check", "wrong.txt", tty=True).out
    assert "\x1b[" not in run("check", "wrong.txt").out
    assert "\x1b[" not in run("check", "wrong.txt", "--plain", tty=True).out


def test_streams_that_carry_only_ascii(folder: Path) -> None:
    done = run("check", "wrong.txt", encoding="ascii")
    assert done.code == 1
    assert done.out.isascii()
    assert "df/dx is not x" in done.out


def test_the_help_has_examples_that_work_and_exit_codes(folder: Path) -> None:
    for name, source in (
        ("homework.txt", "right.txt"),
        ("homework.ipynb", "right.ipynb"),
        ("homework.tex", "right.tex"),
    ):
        (folder / name).write_text((HOMEWORK / source).read_text("utf-8"), "utf-8")
    (folder / "handed-in").mkdir()
    (folder / "handed-in" / "ann.txt").write_text(RIGHT + "df/dy = x\n", "utf-8")
    (folder / "problem.gradviz").write_text("f = x*y\nx = 2; y = 3\nrequire df/dx, df/dy\n", "utf-8")
    text = run("check", "--help").out
    examples = [line.split() for line in text.splitlines() if line.lstrip().startswith("gradviz check ")]
    assert len(examples) >= 4
    assert "Exit codes: 0 all right, 1 something wrong or missing, 2" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    for words in examples:
        assert run(*words[1:]).code == 0, words


def test_as_a_process_of_its_own(folder: Path) -> None:
    done = process("check", "wrong.txt", cwd=str(folder))
    assert done.returncode == 1
    assert b"mul_not_swapped" in done.stdout
