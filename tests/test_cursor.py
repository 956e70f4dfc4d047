"""The stepper without a terminal: what is known when, going back, what-ifs, updates, folding."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal_decode import decode

import gradviz
from gradviz.cli.packaged import example, examples
from gradviz.draw.grid.text import columns
from gradviz.draw.options import Options
from gradviz.draw.view import Cell, View, view
from gradviz.errors import GradvizError
from gradviz.explain import backward_steps
from gradviz.graph import Graph
from gradviz.step.cursor import Cursor, Stage
from gradviz.step.picture import MODES, Painter, lit
from gradviz.step.screen import Look, screen
from gradviz.step.telling import telling

EXAMPLES = [one.name for one in examples()]
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]
LIGHT = str.maketrans("━┃┏┓┗┛┣┫┳┻┿╂", "─│╭╮╰╯├┤┬┴┼┼")


def load(name: str) -> Graph:
    one = example(name)
    if one.is_python:
        from gradviz.bridges.loading import load as load_function

        return gradviz.from_function(load_function(f"{one.path}:{one.name}"))
    return gradviz.graph(one.read())


def three() -> Cursor:
    return Cursor(gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4))


def big(gates: int = 197) -> Graph:
    """A graph with forks, 200 nodes by default."""
    kinds = ("tanh(v{0})", "v{0}*a", "v{0} + b", "v{0}*v{1}")
    lines = ["a = 0.5", "b = 1.25", "v0 = a*b"]
    lines += [f"v{i} = {kinds[i % 4].format(i - 1, max(0, i - 4))}" for i in range(1, gates + 1)]
    return gradviz.graph("\n".join(lines))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs with sharing, routing, constants, folded boxes."""
    dice = random.Random(draw(st.integers(0, 10**9)))
    lines = [f"{name} = {dice.choice([-2, -1, 0.5, 1, 3])}" for name in "abc"]
    names = list("abc")
    forms = (
        *("{0} + {1}", "{0} * {1}", "{0} - {1}", "max({0}, {1})", "tanh({0})", "-{0}", "2 * {0} + {1}", "{0} * {0}"),
        *("sigmoid({0})", "mse([{0}, {1}], [1, 2])", "{0}^2 / 3", "relu({0}) + {1}", "where({0} > 0, {0}, {1})"),
    )
    for n in range(dice.randint(1, 9)):
        names.append(f"n{n}")
        lines.append(f"n{n} = {dice.choice(forms).format(*dice.sample(names[:-1], 2))}")
    return gradviz.graph("\n".join(lines))


def snapshot(cursor: Cursor) -> tuple[object, ...]:
    return cursor.shown, lit(cursor), telling(cursor), cursor.stage


# --- what is known when ---------------------------------------------------------------------------------


def test_three_gates_step_by_step() -> None:
    cursor = three()
    names = cursor.graph.names

    def shown() -> dict[str, tuple[str | None, str | None]]:
        return {names[cell.node]: (cell.value, cell.grad) for cell in cursor.shown.cells}

    start = {"x": ("-2", None), "y": ("5", None), "z": ("-4", None), "q": (None, None), "f": (None, None)}
    assert shown() == start
    assert cursor.step is None
    assert cursor.next_gate()
    assert shown() == {**start, "q": ("3", None)}
    assert cursor.next_gate()
    assert cursor.next_gate()
    assert cursor.stage is Stage.BACKWARD
    forward = {**start, "q": ("3", None), "f": ("-12", "1")}
    assert shown() == forward
    cursor.next_contribution()
    assert shown() == {**forward, "q": ("3", "-4")}
    cursor.next_gate()
    assert shown() == {**forward, "q": ("3", "-4"), "z": ("-4", "3")}
    cursor.next_gate()
    assert shown() == {**forward, "q": ("3", "-4"), "z": ("-4", "3"), "x": ("-2", "-4"), "y": ("5", "-4")}
    assert not cursor.next_gate()
    assert not cursor.next_contribution()


def test_a_copy_gate_waits_for_all_its_branches() -> None:
    cursor = Cursor(gradviz.graph("f = x*y + x", x=3, y=4))
    cursor.end_of_pass()
    seen = []
    while cursor.next_contribution():
        seen.append(cursor.shown.cells[0].grad)
    assert seen == [None, None, "1 + ?", "5", "5"]
    assert cursor.known.gradient(0) is not None


def test_zero_is_a_number_and_not_blank() -> None:
    cursor = Cursor(gradviz.graph("f = max(x, y) * 2", x=3, y=-1))
    grads = []
    cursor.end_of_pass()
    while cursor.next_contribution():
        grads.append(cursor.shown.cells[1].grad)
    assert grads == [None, None, None, "0"]


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_known_against_a_pass_by_hand(graph: Graph) -> None:
    """At every position: exactly the numbers that a person who follows the events has."""
    options = Options(expand="all")
    cursor = Cursor(graph, options)
    totals: dict[int, float] = {}
    values = {i for i in range(len(cursor.graph)) if not cursor.graph.operands(i)}
    seeded = False
    every = list(cursor.trace.events)
    need = {i: sum(e.operand == i for e in every) for i in range(len(cursor.graph))}
    got = dict.fromkeys(need, 0)
    while cursor.next_contribution():
        step = cursor.step
        assert step is not None
        if step.stage is Stage.FORWARD:
            values.add(step.node)
        elif step.is_seed:
            seeded = True
        for event in every[sum(got.values()) : step.done]:
            totals[event.operand] = totals.get(event.operand, 0.0) + event.contribution
            got[event.operand] += 1
        for cell in cursor.shown.cells:
            if cell.kind == "const":
                continue
            i = cell.node
            assert (cell.value is not None) == (i in values), cursor.graph.names[i]
            if i == cursor.graph.output:
                assert cell.grad == ("1" if seeded else None)
            elif cell.grad is not None:
                noise = abs(totals[i]) < 1e-12 * max(1.0, *(abs(e.contribution) for e in every))
                shown = {options.numerals.text(totals[i]), "0" if noise else ""}  # what only rounding left may be 0
                assert cell.grad.removesuffix(" + ?") in shown
                assert cell.grad.endswith(" + ?") == (got[i] < need[i])
            elif not cursor.graph.constant[i]:
                assert not got[i]


@pytest.mark.parametrize("name", EXAMPLES)
def test_at_the_end_all_is_known(name: str) -> None:
    cursor = Cursor(load(name))
    cursor.last()
    whole = view(cursor.graph, cursor.trace, Options())

    def numbers(cell: Cell) -> object:
        return cell.key, cell.value, cell.grad, cell.ports, cell.mark

    assert [numbers(a) for a in cursor.shown.cells] == [numbers(b) for b in whole.cells]


def test_steps_are_the_explained_ones() -> None:
    """Every backward step says what explain.py says, in its order."""
    for name in EXAMPLES:
        cursor = Cursor(load(name), Options(expand="all"))
        told = [e.sentence for e in backward_steps(cursor.trace, cursor.options.numerals)]
        cursor.goto(cursor.script.starts[Stage.BACKWARD])
        said = []
        while cursor.next_contribution():
            said.append(telling(cursor).sentence)
        assert said == told, name


# --- back and forth -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("unit", ["gate", "contribution"])
def test_forward_and_back_is_the_same(name: str, unit: str) -> None:
    cursor = Cursor(load(name))
    there = [snapshot(cursor)]
    while getattr(cursor, f"next_{unit}")():
        there.append(snapshot(cursor))
    assert cursor.position == len(cursor.script)
    back = [snapshot(cursor)]
    while getattr(cursor, f"previous_{unit}")():
        back.append(snapshot(cursor))
    assert cursor.position == 0
    assert back[::-1] == there


@given(graphs(), st.lists(st.sampled_from(["n", "N", "s", "S", "f", "F", "g", "G"]), max_size=30))
@settings(max_examples=50, deadline=None)
def test_what_is_shown_depends_on_the_position_alone(graph: Graph, keys: list[str]) -> None:
    cursor, fresh = Cursor(graph), Cursor(graph)
    moves = {"n": "next_gate", "N": "previous_gate", "s": "next_contribution", "S": "previous_contribution"}
    moves |= {"f": "end_of_pass", "F": "start_of_pass", "g": "first", "G": "last"}
    for key in keys:
        before = cursor.position
        moved = getattr(cursor, moves[key])()
        assert moved == (cursor.position != before)
        assert 0 <= cursor.position <= len(cursor.script)
    fresh.goto(cursor.position)
    assert snapshot(fresh) == snapshot(cursor)


def test_two_hundred_nodes_to_the_end_and_back() -> None:
    cursor = Cursor(big())
    assert len(cursor.graph) == 200
    look = Look("big")
    first = screen(cursor, look, 80, 24)
    count = 0
    while cursor.next_gate():
        count += 1
        if not count % 20:
            assert len(screen(cursor, look, 80, 24)) == 24
    for _ in range(count):
        assert cursor.previous_gate()
    assert cursor.position == 0
    assert screen(cursor, look, 80, 24) == first


def test_passes_have_ends() -> None:
    cursor = three()
    positions = []
    for move in (
        cursor.end_of_pass,
        cursor.end_of_pass,
        cursor.end_of_pass,
        cursor.start_of_pass,
        cursor.start_of_pass,
    ):
        move()
        positions.append(cursor.position)
    assert positions == [2, 7, 7, 2, 0]


# --- places ---------------------------------------------------------------------------------------------


def test_find_goes_where_the_number_comes() -> None:
    cursor = three()
    cursor.find("f")
    assert (cursor.stage, cursor.position) == (Stage.FORWARD, 2)
    cursor.find("x")
    assert cursor.position == 0
    cursor.last()
    cursor.find("q")
    assert cursor.position == 4
    cursor.find("y")
    assert cursor.position == 7
    with pytest.raises(GradvizError, match="no node called 'qq'"):
        cursor.find("qq")


def test_breakpoints_stop_where_a_node_gets_its_number() -> None:
    cursor = three()
    assert cursor.toggle("q")
    halts = []
    for _ in range(4):
        cursor.to_breakpoint()
        halts.append(cursor.position)
    assert halts == [1, 4, 7, 7]  # q computed, q's gradient complete, the end
    back = []
    for _ in range(4):
        cursor.back_to_breakpoint()
        back.append(cursor.position)
    assert back == [4, 1, 0, 0]
    assert not cursor.toggle("q")
    cursor.to_breakpoint()
    assert cursor.position == 2


def test_a_node_that_takes_no_part_is_said() -> None:
    cursor = Cursor(gradviz.graph("p = x + 1; f = x * 2", x=3))
    with pytest.raises(GradvizError, match="does not depend on it"):
        cursor.find("p")


# --- what if --------------------------------------------------------------------------------------------


def test_edit_keeps_the_place_and_can_be_undone() -> None:
    cursor = three()
    cursor.goto(5)
    before = snapshot(cursor)
    cursor.edit({"x": 1})
    assert cursor.position == 5
    assert cursor.trace["f"].value == -24
    assert cursor.values == {"x": 1.0, "y": 5.0, "z": -4.0}
    assert cursor.undo()
    assert snapshot(cursor) == before
    assert not cursor.undo()


@pytest.mark.parametrize("bad", [{"q": 1}, {"nope": 1}, {"x": [1, 2]}, {"x": "three"}])
def test_bad_edits_change_nothing(bad: dict[str, object]) -> None:
    cursor = three()
    before = snapshot(cursor)
    with pytest.raises(GradvizError):
        cursor.edit(bad)
    assert snapshot(cursor) == before
    assert not cursor.history


@pytest.mark.parametrize("name", ["sigmoid-neuron", "mse-weight-decay", "two-layer-net"])
def test_a_small_nudge_moves_the_output_as_the_gradient_says(name: str) -> None:
    cursor = Cursor(load(name))
    for name in cursor.values:
        made = cursor.nudge(name, 1e-6)
        assert made.change == pytest.approx(made.predicted, abs=1e-9)
        assert cursor.values[name] == made.value
    with pytest.raises(GradvizError, match="no input"):
        cursor.nudge("loss", 0.1)


@pytest.mark.parametrize("h", [0.0, math.nan, math.inf])
def test_a_nudge_needs_a_size(h: float) -> None:
    with pytest.raises(GradvizError, match="tells nothing"):
        three().nudge("x", h)


def test_an_update_moves_against_the_gradient_with_old_weights() -> None:
    """CURRICULUM 27: w1 and w2 both use the old numbers."""
    cursor = Cursor(gradviz.graph("f = (w2*w1)^2", w1=3, w2=2))
    old, rate = dict(cursor.values), 0.1
    grads = {name: cursor.trace[name].grad for name in old}
    cursor.update(rate)
    assert cursor.stage is Stage.BACKWARD
    moved = []
    while cursor.upcoming is not None:
        cursor.next_gate()
        moved.append(dict(cursor.moved))
    assert cursor.stage is Stage.UPDATE
    assert [len(m) for m in moved] == [1, 2, 2]
    assert cursor.next_gate()  # takes it
    assert cursor.position == 0
    assert cursor.state.losses == (36.0,)
    for name, value in old.items():
        grad = grads[name]
        assert grad is not None
        assert cursor.values[name] == pytest.approx(value - rate * grad)
    assert cursor.undo()
    assert cursor.stage is Stage.UPDATE
    assert cursor.undo()
    assert cursor.values == old
    assert cursor.state.plan is None


def test_after_the_update_the_picture_shows_the_new_forward_pass() -> None:
    cursor = Cursor(gradviz.graph("loss = (w - 3)^2", w=0))
    cursor.update(0.1)
    cursor.last()
    cells = {cell.key: cell for cell in cursor.shown.cells}
    assert (cells["w"].value, cells["loss"].value, cells["w"].grad) == ("0.6", "5.76", None)  # CURRICULUM 25
    assert "5.76" in " ".join(telling(cursor).arithmetic)


def test_descent_by_repeated_updates() -> None:
    cursor = Cursor(gradviz.graph("loss = (w - 3)^2", w=6))
    for _ in range(3):
        cursor.update(1.1)
        cursor.last()
    cursor.next_gate()
    assert cursor.values["w"] == pytest.approx(3 + 3 * (-1.2) ** 3)
    assert len(cursor.state.losses) == 3


def test_only_the_chosen_inputs_move() -> None:
    cursor = three()
    cursor.update(0.5, ["z"])
    cursor.last()
    cursor.next_gate()
    assert cursor.values == {"x": -2.0, "y": 5.0, "z": -5.5}
    for bad in (["q"], ["nope"]):
        with pytest.raises(GradvizError):
            cursor.update(0.1, bad)
    with pytest.raises(GradvizError):
        cursor.update(math.nan)


# --- folding --------------------------------------------------------------------------------------------


def test_a_folded_box_is_one_step_and_unfolds() -> None:
    cursor = Cursor(load("mse-weight-decay"))
    cursor.find("fit")
    step = cursor.step
    assert step is not None
    assert step.box is not None
    folded = len(cursor.script)
    assert cursor.fold() == "mse"
    assert len(cursor.script) > folded
    assert cursor.step is not None
    assert cursor.graph.names[cursor.step.node] == "fit"
    assert cursor.fold("fold") == "mse"
    assert len(cursor.script) == folded
    assert cursor.step == step


@pytest.mark.parametrize("name", ["sigmoid-neuron", "mse-weight-decay", "two-layer-net"])
def test_unfolding_and_folding_keeps_every_place_that_both_have(name: str) -> None:
    cursor = Cursor(load(name))
    for position in cursor.script.stops:
        cursor.goto(position)
        before = snapshot(cursor)
        done = cursor.fold("unfold")
        if done is None:
            continue
        assert cursor.stage is Stage.FORWARD or cursor.position > cursor.script.starts[Stage.BACKWARD]
        while cursor.state.unfolded:
            assert cursor.fold("fold") is not None
        assert cursor.position == position
        assert snapshot(cursor) == before


def test_a_sigmoid_written_out_has_the_same_gradients() -> None:
    cursor = Cursor(load("sigmoid-neuron"))
    cursor.find("f")
    grads = {name: cursor.trace[name].grad for name in cursor.values}
    assert cursor.fold() == "sigmoid"
    assert [row.name for row in cursor.graph.gates[-4:]] == ["neg", "exp", "add", "div"]
    for name, grad in grads.items():
        assert cursor.trace[name].grad == pytest.approx(grad)


def test_expand_all_can_be_folded_gate_by_gate() -> None:
    cursor = Cursor(load("sigmoid-neuron"), Options(expand="all"))
    cursor.find("f")
    assert cursor.fold("fold") == "sigmoid"
    assert cursor.graph.gates[cursor.graph.output].name == "sigmoid"


# --- the painted graph ----------------------------------------------------------------------------------


def whole_rows(cursor: Cursor, painter: Painter) -> list[str]:
    size = painter.size(cursor, 10_000, 10_000)
    assert size is not None
    return ["".join(text for text, _ in row) for row in painter.rows(cursor, "whole", *size)]


def _numbered(view: View) -> View:
    """Every cell under a name that stands nowhere else, so that the picture can be read back."""
    return View(tuple(replace(cell, name=f"n{at:02}q") for at, cell in enumerate(view.cells)), view.output)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_painted_graph_is_right_in_every_state_and_never_moves(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradviz.step.run._named", _numbered)
    cursor, painter = Cursor(load(name)), Painter()
    cells = cursor.run.view.cells
    names = [str(cell.name) for cell in cells]
    wanted = sorted((names[p.source], names[i], k) for i, cell in enumerate(cells) for k, p in enumerate(cell.ports))
    places: set[tuple[tuple[int, int, int, int], ...]] = set()
    while True:
        text = "\n".join(whole_rows(cursor, painter)).translate(LIGHT)
        for cell in cells:  # a box keeps its double frame for the reader, also where it is drawn heavy
            text = text.replace(f"╭ {cell.glyph} {cell.name}", f"╔ {cell.glyph} {cell.name}")
        edges, boxes = decode(text, names, style="box", ascii=False)
        assert edges == wanted
        places.add(tuple((box.top, box.left, box.bottom, box.right) for _, box in sorted(boxes.items())))
        for cell in cursor.shown.cells:
            inside = boxes[str(cell.name)].inside.replace("◂∂", "")
            assert (cell.value or "") in inside
            assert ("∂ " in inside) == (cell.grad is not None)
            assert (cell.grad or "") in inside
        if not cursor.next_contribution():
            break
    assert cursor.position == len(cursor.script)
    assert len(places) == 1


def test_the_current_gate_is_the_heavy_one() -> None:
    cursor, painter = three(), Painter()
    cursor.next_gate()
    rows = whole_rows(cursor, painter)
    assert [row.count("┏ (") for row in rows if "┏ (" in row] == [1]
    assert any("┏ (+) q ┓" in row for row in rows)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_screen_has_its_size(name: str, size: tuple[int, int]) -> None:
    cursor = Cursor(load(name))
    for mode, table in ((None, False), *itertools.product(MODES, (False, True))):
        look = Look(name, mode=mode, table=table)
        for position in range(0, len(cursor.script) + 1, 5):
            cursor.goto(position)
            rows = screen(cursor, look, *size)
            assert len(rows) == size[1]
            assert all(sum(columns(text) for text, _ in row) <= size[0] for row in rows)


def test_a_screen_in_ascii_is_ascii() -> None:
    cursor = Cursor(load("sigmoid-neuron"), Options(ascii=True))
    look = Look("σ-neuron", ascii=True)
    cursor.toggle("f")
    for _ in range(30):
        text = "".join(text for row in screen(cursor, look, 80, 24) for text, _ in row)
        assert text.isascii(), [c for c in text if not c.isascii()]
        if not cursor.next_contribution():
            break


@pytest.mark.parametrize("size", [(20, 5), (39, 30), (90, 11), (1, 1)])
def test_a_small_screen_says_so(size: tuple[int, int]) -> None:
    rows = screen(three(), Look("f"), *size)
    text = " ".join("".join(text for text, _ in row) for row in rows)
    assert len(rows) == size[1]
    assert all(sum(columns(text) for text, _ in row) <= size[0] for row in rows)
    assert text.startswith("gradviz step needs 40x12"[: size[0]])


def test_the_screen_does_not_tell_what_is_not_known() -> None:
    """Numbers of later steps stand nowhere: the values are chosen so that none can be there by chance."""
    cursor = Cursor(gradviz.graph("q = x + y; f = q * z", x=-2371, y=5119, z=-4657))
    numbers = {"2748": 1, "-12797436": 2}
    for position in range(3):
        cursor.goto(position)
        for size in SIZES:
            text = "\n".join("".join(t for t, _ in row) for row in screen(cursor, Look("f"), *size))
            for number, since in numbers.items():
                assert (number in text or "1.28×10⁷" in text) >= (position >= since) or size == (60, 20)
                if position < since:
                    assert number not in text
    cursor.goto(2)
    text = "\n".join("".join(t for t, _ in row) for row in screen(cursor, Look("f"), 120, 40))
    assert "∂ " not in text.split("─" * 120)[0]


def test_a_loss_that_is_not_finite_is_marked_when_it_is_known() -> None:
    cursor = Cursor(gradviz.graph("f = log(x) * y", x=0, y=2))
    marks = []
    while True:
        marks.append([cell.mark for cell in cursor.shown.cells])
        if not cursor.next_contribution():
            break
    assert not any(marks[0])
    assert any(marks[1])


def test_a_sum_of_many_shares_is_told_in_short() -> None:
    cursor = Cursor(gradviz.graph("f = " + " + ".join(f"{k} * x" for k in range(1, 10)), x=2))
    cursor.last()
    (total,) = [line for line in telling(cursor).arithmetic if line.startswith("sum so far")]
    assert total == "sum so far: 44 + 1 = 45"


def test_numbers_are_needed() -> None:
    with pytest.raises(GradvizError, match="no number for"):
        Cursor(gradviz.graph("f = x * y"))


def test_the_screen_in_the_readme() -> None:
    cursor = Cursor(load("three-gate"))
    cursor.goto(4)
    rows = screen(cursor, Look("three-gate"), 80, 24)
    text = "\n".join("".join(text for text, _ in row).rstrip() for row in rows)
    shown = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    assert f"```text\n{text}\n```" in shown, f"README shows another screen than this one:\n{text}"
