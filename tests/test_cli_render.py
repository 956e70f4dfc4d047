"""gradviz render: which file, in which format, and what is never overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradviz.cli import render as render_command
from gradviz.cli.files import safe_name
from gradviz.draw import files
from tests.cli_run import ROOT, fails, run

THREE = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")
DOT = ("--format", "dot")  # needs no layout
MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph", "json": b"{"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("format", MAGIC)
def test_the_suffix_decides(here: Path, format: str) -> None:
    done = run("render", *THREE, "-o", f"pic.{format.upper()}")
    assert (done.code, done.out, done.err) == (0, "", f"wrote pic.{format.upper()}\n")
    data = (here / f"pic.{format.upper()}").read_bytes()
    assert data.startswith(MAGIC[format]) or (format == "svg" and b"<svg" in data[:300])
    assert os.listdir(here) == [f"pic.{format.upper()}"]
    assert run("render", *THREE, "-o", "-", "--format", format).data == data
    assert run("render", *THREE, "-o", "other", "--format", format, "--quiet").err == ""
    assert (here / "other").read_bytes() == data


def test_stdout_is_svg_by_default() -> None:
    done = run("render", *THREE, "-o", "-")
    assert done.err == ""
    assert "<svg" in done.out


def test_json_is_the_same_everywhere() -> None:
    shown = run("show", *THREE, "--json").out
    assert run("render", *THREE, "-o", "-", "--json").out == shown
    assert run("render", *THREE, "--json").err == "wrote f.json\n"
    assert Path("f.json").read_text("utf-8") == shown
    assert json.loads(shown)["output"] == 4


def test_the_name_comes_from_the_output(here: Path) -> None:
    for words, name in (
        (("f = x*2",), "f.dot"),
        (("x*2",), "graph.dot"),
        (("损失 = x*2",), "损失.dot"),
        (("q = x + y; f = q*2", "--output", "q"), "q.dot"),
        (("con = x*2",), "con_.dot"),
        (("z = [x, y*2]; z[1]",), "z[1].dot"),
    ):
        done = run("render", *words, *DOT)
        assert done.code == 0
        assert done.err.endswith(f"wrote {name}\n"), done.err
        assert (here / name).exists()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("f", "f"),
        ("a/b\\c", "a_b_c"),
        ('q<>:"|?*', "q_______"),
        ("NUL", "NUL_"),
        ("com1", "com1_"),
        ("LPT9.x", "LPT9.x_"),
        ("comma", "comma"),
        ("-f", "_f"),
        (".f", "_f"),
        ("f. .", "f"),
        ("", "graph"),
        ("a\nb", "a_b"),
        ("σ₁", "σ₁"),
        ("x" * 300, "x" * 120),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_an_existing_file_without_o_is_kept(here: Path) -> None:
    (here / "f.dot").write_text("mine")
    fails(run("render", *THREE, *DOT), 2, "f.dot exists already", "--force", "-o")
    assert (here / "f.dot").read_text() == "mine"
    assert run("render", *THREE, *DOT, "--force").code == 0
    assert (here / "f.dot").read_text().startswith("digraph")


def test_with_o_it_is_replaced(here: Path) -> None:
    (here / "f.dot").write_text("old")
    assert run("render", *THREE, "-o", "f.dot").code == 0
    assert (here / "f.dot").read_text().startswith("digraph")


@pytest.mark.parametrize("spelling", ["net.txt", "./net.txt", "sub/../net.txt", "absolute", "symlink", "hardlink"])
def test_the_source_is_never_replaced(here: Path, spelling: str) -> None:
    source = here / "net.txt"
    source.write_text("f = x*2")
    (here / "sub").mkdir()
    target = spelling
    if spelling == "absolute":
        target = str(source)
    elif spelling == "symlink":
        (here / "symlink").symlink_to("net.txt")
    elif spelling == "hardlink":
        os.link(source, here / "hardlink")
    fails(run("render", "net.txt", "-o", target, *DOT), 2, "would replace the source")
    fails(run("show", "--file", "net.txt", "-o", target, "--format", "txt"), 2, "would replace the source")
    assert source.read_text() == "f = x*2"


def test_nor_a_python_source_nor_numbers(here: Path) -> None:
    (here / "net.py").write_text("def f(x=1.0):\n    return x * 2\n")
    fails(run("render", "net.py:f", "-o", "net.py", *DOT), 2, "would replace the source")
    (here / "x.csv").write_text("1,2")
    fails(run("render", "f = sum(x)", "x=@x.csv", "-o", "x.csv", *DOT), 2, "would replace the numbers in x.csv")
    assert (here / "x.csv").read_text() == "1,2"


def test_standard_input_is_not_replaced_either(here: Path) -> None:
    (here / "net").write_text("f = x*2")
    with open("net", "rb") as feed:
        done = subprocess.run(
            [sys.executable, "-m", "gradviz", "render", "-", "-o", "net", *DOT],
            stdin=feed, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 2
    assert b"would replace the source" in done.stderr
    assert (here / "net").read_text() == "f = x*2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "nowhere/f.svg"), "no folder nowhere"),
        (("-o", "f.sgv"), "try: -o f.svg"),
        (("-o", "f"), "no suffix"),
        (("-o", "f.jpeg"), ".svg, .png, .pdf, .dot, .json"),
        (("-o", "f.svg", "--format", "png"), "says svg"),
        (("-o", "f.svg", "--json"), "says svg"),
        (("--json", "--format", "png"), "contradict"),
        (("-o", "."), "is a folder"),
        (("-o", ""), "-o needs the name"),
        (("-o", "a\0.svg"), "cannot be the name"),
        (("--format", "gif"), "gif"),
        (("--no-copies", "--copies", "all"), "contradict"),
        (("--hide", "all", "--json"), "JSON holds all numbers"),
        (("--dpi", "1"), "--dpi"),
        (("--font-size", "0"), "--font-size"),
    ],
)
def test_bad_options_are_said_before_any_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    from gradviz.draw.drawing import Drawing

    monkeypatch.setattr(Drawing, "render", lambda *a, **k: pytest.fail("it was drawn"))
    fails(run("render", *THREE, *words), 2, said)
    assert os.listdir(here) == []


def test_a_full_disk_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "f.dot").write_text("old")

    def full(path: object, data: bytes) -> None:
        raise files._told(str(path), OSError(28, "No space left on device"))

    monkeypatch.setattr(files, "write", full)
    fails(run("render", *THREE, "-o", "f.dot"), 1, "f.dot", "disk is full")
    assert os.listdir(here) == ["f.dot"]
    assert (here / "f.dot").read_text() == "old"


def test_a_picture_is_not_thrown_at_a_terminal() -> None:
    fails(run("render", *THREE, "-o", "-", "--format", "png", tty=True), 2, "-o f.png")


def test_hidden_numbers_are_in_no_byte() -> None:
    source = ("q = x + y; f = q * z", "x=-211", "y=513", "z=-417", "-o", "-", *DOT)
    assert "513" in run("render", *source).out
    assert "513" not in run("render", *source, "--hide", "all").out


def test_structure_alone_and_how_to_add_numbers() -> None:
    done = run("render", "f = x*y", "-o", "-", *DOT)
    assert done.code == 0
    assert 'gradviz render "f = x*y" -o - --format dot x=' in done.err


def test_what_a_person_should_know_is_on_stderr() -> None:
    assert "warning" in run("render", "f = log(x)", "x=0", "-o", "-", *DOT).err
    many = "; ".join(["n0 = x", *(f"n{i} = n{i - 1} + x" for i in range(1, 200))])
    assert "one box a node" in run("render", many, "x=1", "-o", "-", *DOT).err


def test_open(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run("render", *THREE, "-o", "f.dot", "--open").out == "f.dot\n"
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **settings: started.append(words))
    assert run("render", *THREE, "-o", "f.dot", "--open", env={"DISPLAY": ":0"}).out == ""
    assert started == [["xdg-open", str(here / "f.dot")]]

    def missing(words: list[str], **settings: object) -> None:
        raise FileNotFoundError(2, "no such program")

    monkeypatch.setattr(subprocess, "Popen", missing)
    done = run("render", *THREE, "-o", "f.dot", "--open", env={"DISPLAY": ":0"})
    assert (done.code, done.out) == (0, "f.dot\n")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "Popen", lambda words, **settings: started.append(words))
    render_command.show_file("f.dot")
    assert started[-1][0] == "open"
