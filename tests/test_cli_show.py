"""gradviz show: picture, table, explanation, JSON; in every encoding and width."""

from __future__ import annotations

import json
import math
import re
import sys

import pytest

from gradviz.draw.grid.text import columns
from tests.cli_run import fails, run

THREE = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")
NEURON = "example:sigmoid-neuron"


def rows(out: str) -> dict[str, list[str]]:
    """The table: every node's cells by name, below the rule."""
    lines = out.splitlines()
    rule = next(k for k, line in enumerate(lines) if set(line) <= {"─", "-", " "} and "  " in line)
    starts = [m.start() for m in re.finditer(r"[─-]+", lines[rule])]
    found = {}
    for line in lines[rule + 1 :]:
        if not line:
            break
        ends = [*starts[1:], len(line)]
        cells = [line[a:b].strip() for a, b in zip(starts, ends, strict=False)]
        found[cells[0]] = cells[1:]
    return found


def test_the_first_circuit_of_every_lecture() -> None:
    done = run("show", *THREE)
    assert done.code == 0
    assert done.err == ""
    assert rows(done.out) == {
        "x": ["input", "", "-2", "-4"],
        "y": ["input", "", "5", "-4"],
        "q": ["add", "x, y", "3", "-4"],
        "z": ["input", "", "-4", "3"],
        "f": ["mul", "q, z", "-12", "1"],
    }


def test_the_published_neuron_exact_and_chained() -> None:
    exact = rows(run("show", NEURON, "--decimals", "2").out)
    assert {n: exact[n][-1] for n in ("w0", "x0", "w1", "x1", "w2")} == {
        "w0": "-0.20", "x0": "0.39", "w1": "-0.39", "x1": "-0.59", "w2": "0.20",
    }  # fmt: skip
    chained = rows(run("show", NEURON, "--decimals", "2", "--rounding", "chained").out)
    assert {n: chained[n][-1] for n in ("x0", "w1", "x1")} == {"x0": "0.40", "w1": "-0.40", "x1": "-0.60"}


def test_not_computed_zero_and_a_number_look_different() -> None:
    source = ("f = max(a, b)", "a=1", "b=2")
    assert rows(run("show", *source).out)["a"][-1] == "0"
    forward = run("show", *source, "--no-backward")
    assert "gradient" not in forward.out
    assert "∂" not in forward.out
    assert rows(forward.out)["a"] == ["input", "", "1"]


@pytest.mark.parametrize("hidden", ["grads", "values", "all"])
def test_what_is_hidden_is_in_no_byte(hidden: str) -> None:
    source = ("q = x + y; f = q * z", "x=-211", "y=513", "z=-417")
    numbers = {"values": ("211", "513", "417", "302", "125934"), "grads": ("-417", "302")}
    done = run("show", *source, "--hide", hidden)
    gone = numbers["values"] + numbers["grads"] if hidden == "all" else ()
    assert not [n for n in gone if n in done.out]
    if hidden == "values":
        assert "125" not in done.out
        assert "513" not in done.out
    fails(run("show", *source, "--hide", hidden, "--json"), 2, "JSON holds all numbers")
    fails(run("show", *source, "--hide", hidden, "--explain"), 2, "--explain")


def test_explain_tells_every_event_forward_then_backward() -> None:
    done = run("show", *THREE, "--explain")
    forward, backward = done.out.split("\nForward\n")[1].split("\nBackward\n")
    assert [int(n) for n in re.findall(r"^ *(\d+)\. ", forward, re.M)] == [1, 2, 3, 4, 5]
    assert [int(n) for n in re.findall(r"^ *(\d+)\. ", backward, re.M)] == [1, 2, 3, 4, 5]
    assert "q = x + y = -2 + 5 = 3" in forward
    assert "∂f/∂q via f = upstream × local = 1 × (-4) = -4" in backward
    assert "Backward" not in run("show", *THREE, "--explain", "--no-backward").out
    fails(run("show", "x*y", "--explain"), 2, "--explain needs numbers", 'gradviz show "x*y" --explain x=')


# --- JSON -----------------------------------------------------------------------------------------------


def test_json_is_the_contract() -> None:
    done = run("show", *THREE, "--json", "--digits", "2", "--decimals", "0")
    data = json.loads(done.out)
    assert list(data) == ["output", "nodes", "events"]
    assert [list(node) for node in data["nodes"]] == [["id", "name", "gate", "operands", "value", "grad"]] * 5
    assert [node["id"] for node in data["nodes"]] == list(range(5))
    assert all(operand < node["id"] for node in data["nodes"] for operand in node["operands"])
    keys = ["node", "operand", "slot", "upstream", "local", "contribution", "total"]
    assert [list(event) for event in data["events"]] == [keys] * 4
    order = [(-event["node"], event["slot"]) for event in data["events"]]
    assert order == sorted(order)
    assert data["nodes"][data["output"]]["name"] == "f"
    assert data["nodes"][data["output"]]["grad"] == 1


def test_json_has_full_precision_whatever_is_shown() -> None:
    plain = run("show", NEURON, "--json").out
    rounded = run("show", NEURON, "--json", "--decimals", "1", "--rounding", "chained", "--expand", "all").out
    assert plain == rounded == run("show", NEURON, "--format", "json").out
    found = {n["name"]: n["value"] for n in json.loads(plain)["nodes"]}
    assert found["f"] == 1 / (1 + math.exp(-1))


def test_json_without_numbers_and_without_a_backward_pass() -> None:
    bare = json.loads(run("show", "x*y", "--json").out)
    assert [(n["value"], n["grad"]) for n in bare["nodes"]] == [(None, None)] * 3
    assert bare["events"] == []
    forward = json.loads(run("show", "x*y", "x=2", "y=3", "--json", "--no-backward").out)
    assert [(n["value"], n["grad"]) for n in forward["nodes"]] == [(2, None), (3, None), (6, None)]


def test_json_spells_what_is_not_finite() -> None:
    done = run("show", "f = log(x) - log(y)", "x=0", "y=0", "--json")
    data = json.loads(done.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert {n["value"] for n in data["nodes"]} == {0, "-inf", "nan"}
    assert done.err.count("warning") == 1


def test_infinity_is_no_error() -> None:
    done = run("show", "9**9**9**9")
    assert done.code == 0
    assert "∞" in done.out
    assert done.err.count("\n") == 1
    assert "pow gate" in done.err


# --- looks ----------------------------------------------------------------------------------------------


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b" not in run("show", *THREE).out
    assert "\x1b[32m" in run("show", *THREE, tty=True).out
    assert "\x1b[32m" in run("show", *THREE, env={"FORCE_COLOR": "1"}).out
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"GRADVIZ_PLAIN": "1"}):
        assert "\x1b" not in run("show", *THREE, tty=True, env=env).out
    assert "\x1b" not in run("show", *THREE, "--plain", tty=True, env={"FORCE_COLOR": "1"}).out
    mono = run("show", *THREE, "--theme", "print", tty=True).out
    assert "\x1b[1m" in mono
    assert "\x1b[32m" not in mono
    assert re.sub(r"\x1b\[[\d;]*m", "", run("show", *THREE, tty=True).out) == run("show", *THREE).out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "gbk", "latin-1"])
def test_no_encoding_fails(encoding: str) -> None:
    for words in (
        ("show", NEURON, "--explain"),
        ("show", "损失 = σ * ½ + w₁²", "σ=1", "w₁=2"),
        ("show", "log(x)", "x=0"),
        ("gates",),
        ("gates", "sigmoid"),
        ("examples",),
        ("examples", "three-gate"),
        ("--help",),
        ("show", "--help"),
        ("show", "(ξ"),
        ("show", "示例", "--json"),
    ):
        done = run(*words, encoding=encoding)
        assert done.code == (2 if "(ξ" in words else 0), done.err
        if "--json" not in words:
            assert "�" not in done.out
            assert done.data.decode(encoding) == done.out
    said = run("show", NEURON, encoding=encoding)
    assert said.err.count("--ascii is chosen") == 1
    assert said.out.isascii()
    assert run("show", NEURON, "--ascii", encoding=encoding).err == ""
    assert run("show", NEURON, "--ascii").out == said.out


def test_what_a_stream_lacks_is_spelled_out(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    done = run("render", "σ = x*2", "--format", "dot", "--open", encoding="cp1252")
    assert (done.code, done.out.strip()) == (0, "sigma.dot")
    assert done.err.endswith("wrote sigma.dot\n")
    assert "sigma" in run("show", "(σ", encoding="ascii").err
    monkeypatch.setattr("gradviz.cli.show.command.help", "Shows ∂f/∂x.")
    assert "Shows df/dx." in run("show", "--help", encoding="ascii").out


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_the_table_fits_and_names_stay_whole(width: int) -> None:
    long = "a_rather_long_name"
    source = f"{long} = sum([a, b, c, d, e1, g, h, i, j, k]) * 权重; f = {long} + 1"
    done = run("show", source, "--random", env={"COLUMNS": str(width)})
    table = done.out.split("\n\n")[-1].splitlines()
    assert any(line.startswith(long) for line in table)
    assert any(line.startswith("权重") for line in table)
    if width >= 60:
        assert max(map(columns, table)) <= width
    assert ("one row a node" in done.err or "without frames" in done.err) == ("┌" not in done.out)


def test_wide_characters_keep_the_columns() -> None:
    table = run("show", "损失 = 权重 * x", "权重=2", "x=3").out.split("\n\n")[-1].splitlines()
    assert len({columns(line) for line in table}) == 1  # the last column stands on the right


def test_a_result_in_a_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    done = run("show", *THREE, "-o", "f.txt")
    assert (done.out, done.err) == ("", "wrote f.txt\n")
    with open("f.txt", encoding="utf-8") as file:
        assert file.read() == run("show", *THREE).out
    assert run("show", *THREE, "-o", "f.json", "--quiet") == (0, "", "", b"")
    with open("f.json", encoding="utf-8") as file:
        assert file.read() == run("show", *THREE, "--json").out
    assert run("show", *THREE, "-o", "-", "--format", "json").out == run("show", *THREE, "--json").out
    fails(run("show", *THREE, "-o", "f.svg"), 2, "gradviz render", "-o f.svg")
    fails(run("show", *THREE, "-o", "f.doc"), 2, "no format .doc", ".txt, .json")


def test_words_that_could_mean_something_else_are_noted() -> None:
    assert "Euler" in run("show", "e*x", "x=1").err
    assert "Euler" not in run("show", "e*x", "x=1", "e=2").err
    assert "does not depend" in run("show", "u = x + 1; f = x*2", "x=1").err


def test_a_hundred_thousand_nodes(tmp_path: object) -> None:
    lines = ["x = 1", "n0 = x"] + [f"n{i} = n{i - 1}+x" for i in range(1, 20_000)]
    done = run("show", "-", stdin="\n".join(lines).encode())
    assert done.code == 0
    assert "too many for a picture" in done.err
    assert len(rows(done.out)) == 20_001


def test_explanations_are_as_wide_as_the_screen_and_keep_their_words_whole() -> None:
    words = ("show", "f = sigmoid(w*x + b)", "w=1.5", "x=-2.25", "b=0.125", "--explain")
    narrow, wide = run(*words, env={"COLUMNS": "48"}).out, run(*words, env={"COLUMNS": "400"}).out
    told, whole = (text[text.index("Forward") :] for text in (narrow, wide))
    assert max(columns(line) for line in told.splitlines()) <= 48
    assert told.split() == whole.split()
    assert len(told.splitlines()) > len(whole.splitlines())
    piped = run(*words, env={"COLUMNS": ""}).out
    assert piped[piped.index("Forward") :] == whole
