"""What a picture shows, decided apart from how: constants in glyphs, boxes, forks, marks, rounding, options."""

from __future__ import annotations

import re
from typing import Any

import pytest

import gradviz
from gradviz.draw.dot import digraph
from gradviz.draw.options import CHOICES, RANGES, Options
from gradviz.draw.view import Cell, View, patterns, view
from gradviz.errors import GradvizError


def seen(source: str, options: dict[str, Any] | None = None, **values: float) -> View:
    return gradviz.graph(source, **values).draw(**(options or {})).view


def cells(source: str, options: dict[str, Any] | None = None, **values: float) -> dict[str, Cell]:
    return {cell.key: cell for cell in seen(source, options, **values).cells}


@pytest.mark.parametrize(
    ("source", "glyph"),
    [
        ("f = x + 1", "+1"),
        ("f = 1 + x", "+1"),
        ("f = x - 1", "−1"),
        ("f = 1 - x", "1−x"),
        ("f = x * -1", "×−1"),
        ("f = -x", "×−1"),
        ("f = 2x", "×2"),
        ("f = x / 2", "÷2"),
        ("f = 1 / x", "1/x"),
        ("f = x^2", "x²"),
        ("f = x^-2", "x⁻²"),
        ("f = x^0.5", "x^0.5"),
        ("f = 2^x", "2ˣ"),
        ("f = max(0, x)", "max(0,·)"),
        ("f = max(x, 0)", "max(0,·)"),
        ("f = min(x, 3)", "min(3,·)"),
        ("f = clip(x, -1, 1)", "clip [−1, 1]"),
        ("f = 1/2 * x", "×1/2"),
        ("f = ½x", "×½"),
        # Brackets where the glyph would else say something different.
        ("f = x / (1/2)", "÷(1/2)"),
        ("f = (1/2) / x", "(1/2)/x"),
        ("f = x^(1/2)", "x^(1/2)"),
        ("f = x * (2 + 3)", "×(2+3)"),
        ("f = (2 + 3) / x", "(2+3)/x"),
        ("f = x - (1 - 3)", "−(1−3)"),
        ("f = x - (-2)", "−(−2)"),
        ("f = x + (-2)", "+(−2)"),
        ("f = (-2)^x", "(−2)ˣ"),
        ("f = x * (2 + 3*(7 - 1) + 1)", "×21"),
    ],
)
def test_constants_go_into_the_glyph(source: str, glyph: str) -> None:
    shown = seen(source, x=2).cells
    assert [cell.kind for cell in shown] == ["input", "gate"]
    assert shown[1].glyph == glyph


def test_constants_stay_visible_where_no_glyph_takes_them() -> None:
    shown = cells("f = max(x, 1, 2)", x=3)
    assert [cell.name for cell in shown.values() if cell.kind == "const"] == ["1", "2"]
    assert all(cell.value is None and cell.grad is None for cell in shown.values() if cell.kind == "const")
    assert len(shown["f"].ports) == 3


def test_constants_are_known_without_any_values() -> None:
    assert cells("f = x * (2 + 3*(7 - 1) + 1)")["f"].glyph == "×21"


def test_names_are_the_users_and_automatic_ones_never_shown() -> None:
    shown = cells("q = x + y; f = (q + x) * z", x=1, y=2, z=3)
    assert {key: cell.name for key, cell in shown.items()} == {
        "x": "x", "y": "y", "q": "q", "v1": None, "z": "z", "f": "f",
    }  # fmt: skip
    dot = gradviz.graph("f = (x + y) * z", x=1, y=2, z=3).draw().digraph().source
    assert ">v1<" not in dot


# --- library functions ----------------------------------------------------------------------------------

NET = "y = w*x + b; loss = mse([y, x], [1, t])"
NUMBERS = {"w": 1.0, "x": 2.0, "b": 3.0, "t": 4.0}


def test_a_folded_function_is_one_box_with_its_own_numbers() -> None:
    box = cells(NET, **NUMBERS)["loss"]
    view_ = seen(NET, **NUMBERS)
    assert (box.kind, box.glyph, box.value, box.grad) == ("box", "mse", "10", "1")
    # What flows back across its side, by argument; the constant target needs no wire.
    assert [(view_.cells[p.source].key, p.share) for p in box.ports] == [("y", "4"), ("x", "-2"), ("t", "2")]


def test_expanding_one_level_and_all() -> None:
    one = seen(NET, {"expand": "mse"}, **NUMBERS).cells
    assert [cell.glyph for cell in one if cell.kind == "box"] == ["mean"]
    everything = seen(NET, {"expand": "all"}, **NUMBERS).cells
    assert not [cell for cell in everything if cell.kind == "box"]
    assert len(everything) > len(one)
    assert seen(NET, {"expand": ["mean", "mse"]}, **NUMBERS).cells == everything


def test_a_box_inside_a_box_belongs_to_the_outer_one() -> None:
    shown = seen("f = cross_entropy([x, y], 1)", x=1, y=2).cells
    assert [cell.kind for cell in shown] == ["input", "input", "box"]


def test_two_calls_are_two_boxes() -> None:
    shown = seen("f = norm([x, y]) * norm([x, y])", x=3, y=4).cells
    assert [(cell.glyph, cell.value) for cell in shown if cell.kind == "box"] == [("norm", "5"), ("norm", "5")]


def test_a_function_with_several_results_in_use_is_no_box() -> None:
    shown = seen("p = softmax([x, y]); f = p[0] + 2*p[1]", x=1, y=2).cells
    assert not [cell for cell in shown if cell.kind == "box"]
    assert {"p[0]", "p[1]"} <= {cell.name for cell in shown}


def test_shares_of_boxes_and_gates_add_up_to_the_gradient() -> None:
    graph = gradviz.graph("q = x*y; f = q*x + mse([x, q], [1, y]) + x/y", x=1.5, y=-2)
    trace = graph.trace()
    shown = view(graph, trace, Options(digits=17))
    sums = [0.0] * len(shown.cells)
    for cell in shown.cells:
        for port in cell.ports:
            sums[port.source] += float(port.share or 0)
    assert trace.gradients is not None
    for i, cell in enumerate(shown.cells):
        if i != shown.output:
            assert sums[i] == pytest.approx(trace.gradients[cell.node])


# --- forks ----------------------------------------------------------------------------------------------


def branches(source: str, **options: Any) -> tuple[int, int]:
    """How many dots and how many labelled branches the wire style draws."""
    drawing = gradviz.graph(source, x=2).draw(**options)
    text = digraph(drawing.view, drawing.theme, drawing.options, "wires").source
    return len(re.findall(r'id="copy-', text)), len(re.findall(r'id="branch-', text))


def test_a_fork_has_a_dot_and_a_share_on_every_branch_up_to_four() -> None:
    assert branches("f = x") == (0, 0)
    assert branches("f = x*x") == (1, 2)
    assert branches("f = x*x*x*x") == (1, 4)
    assert branches("f = x*x*x*x*x") == (1, 0)
    assert branches("f = x*x*x*x*x", copies="all") == (1, 5)
    assert branches("f = x*x", copies="none") == (0, 0)


def test_a_named_copy_is_a_wire_of_its_own_with_its_share() -> None:
    shown = cells("c = x; f = c * x", x=3)
    assert (shown["x"].grad, shown["c"].grad, shown["c"].kind, shown["c"].glyph) == ("6", "3", "copy", "")
    assert branches("c = x; f = c * x") == (1, 1)  # the named branch is its own label


def test_two_operands_from_one_source_are_two_ports() -> None:
    shown = seen("f = x * x", x=3)
    assert [port.share for port in shown.cells[1].ports] == ["3", "3"]
    assert shown.branches == [[(1, 0), (1, 1)], []]


# --- marks and what is left out -------------------------------------------------------------------------


def test_ties_and_the_first_nonfinite_gate_are_marked() -> None:
    assert cells("f = max(x, y)", x=2, y=2)["f"].mark == "tie"
    assert cells("f = max(x, y)", x=2, y=3)["f"].mark is None
    shown = cells("q = log(x); f = exp(q) / x", x=0)
    assert [key for key, cell in shown.items() if cell.mark == "nonfinite"] == ["q"]
    assert cells("f = mse([x], [y])", x=1e200, y=0)["f"].mark == "nonfinite"


@pytest.mark.parametrize("hide", ["values", "grads", "all"])
def test_marks_would_tell_what_is_hidden(hide: str) -> None:
    assert cells("q = log(x); f = q * x", {"hide": hide}, x=0)["q"].mark is None


def test_what_does_not_reach_the_output_is_left_out_and_said() -> None:
    drawing = gradviz.graph("f = x + y; g = x * 2; h = f * 3", x=1, y=2).draw()
    assert [cell.key for cell in drawing.view.cells] == ["x", "y", "f", "h"]
    assert drawing.notes == ["g: not drawn, because h does not depend on it"]  # and not the 2 in it


def test_structure_alone_without_values() -> None:
    shown = seen("f = (x + y) * 2")
    assert all(cell.value is None and cell.grad is None for cell in shown.cells)
    assert all(port.share is None for cell in shown.cells for port in cell.ports)


def test_patterns_in_the_order_of_the_table() -> None:
    assert [p.value for p in patterns(seen("f = max(x, y) * x + y", x=1, y=2))] == [
        "distributor", "swapper", "router", "adder",
    ]  # fmt: skip
    assert [p.value for p in patterns(seen("f = x * y", x=1, y=2))] == ["swapper"]


# --- numbers --------------------------------------------------------------------------------------------

NEURON = "f = sigmoid(w0*x0 + w1*x1 + w2)"
AT = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}


def test_the_lectures_numbers() -> None:
    exact = cells(NEURON, {"decimals": 2}, **AT)
    assert exact["f"].value == "0.73"
    assert [exact[n].grad for n in ("w0", "x0", "w1", "x1", "w2")] == ["-0.20", "0.39", "-0.39", "-0.59", "0.20"]


@pytest.mark.parametrize("source", [NEURON, "f = 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))"])
def test_the_slides_numbers_are_chained(source: str) -> None:
    slide = cells(source, {"decimals": 2, "rounding": "chained"}, **AT)
    assert slide["f"].value == "0.73"
    assert [slide[n].grad for n in ("w0", "x0", "w1", "x1", "w2")] == ["-0.20", "0.40", "-0.40", "-0.60", "0.20"]


def test_digits_and_decimals() -> None:
    assert cells("f = x / 3", {"digits": 2}, x=2)["f"].value == "0.67"
    assert cells("f = x / 3", {"decimals": 3}, x=6)["f"].value == "2.000"


def test_locals_have_symbol_and_number() -> None:
    shown = cells("q = x * y; f = 2 * q", {"locals": True}, x=3, y=4)
    assert [port.local for port in shown["q"].ports] == ["y = 4", "x = 3"]
    assert [port.local for port in shown["f"].ports] == ["2"]
    assert [p.local for p in cells("q = x * y", {"locals": True})["q"].ports] == ["∂q/∂x", "∂q/∂y"]


# --- options --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"them": "dark"}, "try: theme"),
        ({"theme": "drak"}, "try: theme=dark"),
        ({"direction": "lr"}, "try: direction=LR"),
        ({"direction": ["LR"]}, "one of LR, TB, RL, BT"),
        ({"font_size": "big"}, "a number from 4 to 96"),
        ({"font_size": None}, "a number from 4 to 96"),
        ({"digits": 2.5}, "a whole number from 1 to 17"),
        ({"digits": True}, "a whole number"),
        ({"decimals": "2"}, "a whole number from 0 to 15"),
        ({"dpi": float("nan")}, "a whole number from 10"),
        ({"dpi": 10**9}, "2400"),
        ({"locals": "yes"}, "True or False"),
        ({"legend": 1}, "True or False"),
        ({"background": "#12345"}, "#ffeecc"),
        ({"background": "red"}, "#ffeecc"),
        ({"background": '"]; evil ['}, "#ffeecc"),
        ({"background": 3}, "#ffeecc"),
        ({"width": "wide"}, "12cm"),
        ({"width": ["12cm"]}, "12cm"),
        ({"expand": 3}, "names"),
        ({"expand": ["mse", 3]}, "names"),
        ({"expand": None}, "names"),
    ],
)
def test_options_say_what_would_be_right(options: dict[str, Any], words: str) -> None:
    with pytest.raises(GradvizError) as caught:
        gradviz.graph("f = x", x=1).draw(**options)
    assert words in str(caught.value)
    assert next(iter(options)) in str(caught.value)


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_allowed(name: str) -> None:
    for word in CHOICES[name]:
        assert getattr(Options.of(**{name: word}), name) == word


@pytest.mark.parametrize("name", RANGES)
def test_ranges_hold_at_their_ends(name: str) -> None:
    low, high, _ = RANGES[name]
    assert getattr(Options.of(**{name: low}), name) == low
    assert getattr(Options.of(**{name: high}), name) == high
    for wrong in (low - 1, high + 1):
        with pytest.raises(GradvizError):
            Options.of(**{name: wrong})


def test_widths_and_expansions_in_several_spellings() -> None:
    assert Options.of(width=400).width == 400
    assert Options.of(expand=("mse", "mean")).expanded == Options.of(expand=" mean,mse ").expanded == {"mse", "mean"}
    assert Options.of(expand="none").expanded == set()
