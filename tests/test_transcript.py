"""The steps as text and as JSON, and what decides that it is text."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from cli_run import fails, process, run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cursor import EXAMPLES, big, graphs, load

import gradviz
from gradviz.draw.data import as_json
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.step import transcript
from gradviz.step.cursor import Cursor

THREE = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")


def objects(*words: str) -> list[dict[str, object]]:
    done = run("step", *words, "--json")
    assert (done.code, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def test_one_event_a_line_with_its_sentence() -> None:
    done = run("step", *THREE)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "Given: x = -2, y = 5, z = -4."
    assert lines[1].startswith("Forward")
    assert lines[2] == "  1. The + gate computes q from x and y. q = x + y = -2 + 5 = 3"
    assert lines[4].startswith("Backward")
    assert [line.split(".")[0].strip() for line in lines[5:]] == list("12345")
    assert lines[6].endswith("∂f/∂q via f = upstream × local = 1 × (-4) = -4 (local: ∂f/∂q = z = -4)")
    assert "\x1b" not in done.out


def test_an_update_ends_the_transcript() -> None:
    lines = run("step", "loss = (w - 3)^2", "w=0", "--update", "0.1").out.splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("Update"))
    assert "w ← w − η · ∂loss/∂w = 0 − 0.1 · (-6) = 0.6" in lines[at + 1]
    assert "loss: 9 → 5.76" in lines[at + 2]
    assert len(lines) == at + 3


def test_only_some_inputs_are_updated() -> None:
    updates = [o for o in objects(*THREE, "--update", "0.5", "--only", "x,z") if o["stage"] == "update"]
    assert [o["name"] for o in updates] == ["x", "z", "f"]
    assert updates[0] == {
        "stage": "update",
        "node": 0,
        "name": "x",
        "rate": 0.5,
        "grad": -4.0,
        "before": -2.0,
        "after": 0,
    }
    assert (updates[2]["before"], updates[2]["after"], updates[2]["grad"]) == (-12.0, -27.5, None)


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_is_show_json_with_names(name: str) -> None:
    shown = json.loads(run("show", f"example:{name}", "--json").out)
    told = objects(f"example:{name}")
    stages = [o.pop("stage") for o in told]
    assert stages == sorted(stages, reverse=True)
    forward, backward = ([o for o in told if key in o] for key in ("value", "slot"))
    assert forward == [
        {"node" if k == "id" else k: v for k, v in node.items() if k != "grad"} for node in shown["nodes"]
    ]
    names = [node["name"] for node in shown["nodes"]]
    for event in backward:
        assert event.pop("name") == names[event["node"]]  # type: ignore[call-overload]
        assert event.pop("operand_name") == names[event["operand"]]  # type: ignore[call-overload]
    assert backward == shown["events"]


@given(graphs(), st.sampled_from([0.1, -2.0, 1e300]))
@settings(max_examples=40, deadline=None)
def test_update_lines_against_arithmetic(graph: Graph, rate: float) -> None:
    trace = graph.trace()
    told = [o for o in transcript.objects(graph, rate=rate) if o["stage"] == "update"]
    moved = {}
    for line in told[:-1]:
        _, value, grad = trace[line["name"]]
        new = value - rate * grad
        moved[line["name"]] = new
        if math.isfinite(new):
            assert line["after"] == new
    if all(map(math.isfinite, moved.values())):
        after = graph.trace(moved, backward=False).output
        assert told[-1]["after"] == (after if math.isfinite(after) else transcript.number(after))
    assert json.loads(transcript.json_line(told[-1])) == told[-1]


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_text_and_data_tell_of_the_same_steps(graph: Graph) -> None:
    from gradviz.draw.options import Options

    lines = list(transcript.lines(Cursor(graph, Options(expand="all"))))
    titles = [k for k, line in enumerate(lines) if not line.startswith(" ")]
    events = [o for o in as_json(graph, graph.trace())["events"] if not graph.constant[o["operand"]]]
    if not {"sigmoid", "relu", "square", "tanh"} & {row.name for row in graph.gates}:  # nothing was written out
        assert len(lines) - titles[-1] - 1 == len(events) + 1


def test_a_long_graph_is_told_in_no_time_worth_naming() -> None:
    lines = list(transcript.lines(Cursor(big(2000))))
    assert len(lines) > 4000


def test_at_begins_later() -> None:
    assert run("step", *THREE, "--at", "f").out.splitlines()[0].startswith("Backward")
    names = [o["name"] for o in objects(*THREE, "--at", "q") if o["stage"] == "forward"]
    assert names[0] == "q"


# --- what decides ---------------------------------------------------------------------------------------


def test_no_numbers_are_chosen_and_said() -> None:
    done = run("step", "f = x*y")
    assert done.code == 0
    assert "numbers chosen: x=-4 y=-1" in done.err
    assert "gradviz step" in done.err
    assert done.out.startswith("Given: x = -4, y = -1.")
    fails(run("step", "f = x*y", "x=1"), 2, "no number for y", 'gradviz step "f = x*y" x=1 y=')


def test_numbers_of_a_function_are_chosen_too(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("def loss(a, b):\n    return a * b + a\n", encoding="utf-8")
    done = run("step", f"{path}:loss")
    assert done.code == 0
    assert "numbers chosen" in done.err
    assert done.out.startswith("Given: a = -4, b = -1.")


def test_without_source_the_examples_are_offered() -> None:
    done = run("step", stdin=b"")
    assert done.code == 0
    for name in EXAMPLES:
        assert f"gradviz step example:{name}" in done.out


def test_mistakes_are_one_message() -> None:
    fails(run("step", *THREE, "--at", "qq"), 2, "no node called 'qq'")
    fails(run("step", *THREE, "--at", "qq", "--json"), 2, "no node called 'qq'")
    fails(run("step", *THREE, "--only", "x"), 2, "--update 0.1 --only x")
    fails(run("step", *THREE, "--update", "nan"), 2, "learning rate")
    fails(run("step", *THREE, "--update", "0.1", "--only", "q"), 2, "q is no input")
    fails(run("step", "f = x +", "x=1"), 2, "line 1")
    fails(run("step", *THREE, "--format", "png"), 2, "png")


def test_a_file_takes_the_transcript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("step", *THREE, "-o", "steps.txt")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "steps.txt").read_text("utf-8") == run("step", *THREE).out
    assert run("step", *THREE, "-o", "steps.json").code == 0
    assert len((tmp_path / "steps.json").read_text("utf-8").splitlines()) == 9


def test_rounding_as_by_hand() -> None:
    out = run("step", "example:sigmoid-expanded", "--decimals", "2", "--rounding", "chained").out
    assert "0.40" in out  # the slides' number; the exact one is 0.39


def test_ascii() -> None:
    done = run("step", *THREE, encoding="ascii")
    assert done.code == 0
    assert "--ascii is chosen" in done.err
    assert "df/dq via f = upstream * local" in done.out


def test_a_process_without_a_terminal_prints_and_ends() -> None:
    done = process("step", "example:three-gate", stdin=None)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().startswith("Given: x = -2")
    closed = process("step", "-", input=b"f = x*y")
    assert closed.returncode == 0
    assert b"numbers chosen" in closed.stderr


def test_stepping_needs_numbers_of_one_point() -> None:
    graph = gradviz.graph("f = x * 2")
    with pytest.raises(GradvizError):
        list(transcript.lines(Cursor(graph)))
    assert load("three-gate").missing == ()
