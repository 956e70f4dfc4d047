"""Programs from graphs: every target and style runs and gives what the trace gives."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import programs
import pytest

import gradviz
from gradviz.code import TARGETS, generate, target
from gradviz.code.identifiers import JAVASCRIPT, PYTHON, Names
from gradviz.errors import GradvizError
from gradviz.gates import GATES, Gate, Pattern, register, remove
from gradviz.graph import Graph
from gradviz.value import Value, apply

INF, NAN = math.inf, math.nan
THREE = "q = x + y; f = q * z"
STYLES = [(name, style) for name in TARGETS for style in target(name).styles]


def three() -> Graph:
    return gradviz.graph(THREE, x=-2, y=5, z=-4)


def body(source: str, between: tuple[str, str] = ("def ", "\n\n\n")) -> str:
    """The text of the last function, without what runs it."""
    start = source.rindex(between[0])
    return source[start : source.find(between[1], start)]


# --- the same answer by many routes ------------------------------------------------------------------


@pytest.mark.parametrize("style", ["flat", "module"])
@pytest.mark.parametrize("name", ["python", "numpy"])
def test_python_and_numpy_give_what_the_trace_gives(name: str, style: str) -> None:
    wrong = [
        (graph, d) for graph in programs.graphs() if (d := programs.difference(graph, programs.run(graph, name, style)))
    ]
    assert not wrong, f"{len(wrong)}, the first: {list(wrong[0][0])} {wrong[0][1]}"


@pytest.mark.needs("node")
@pytest.mark.parametrize("style", ["flat", "module"])
def test_javascript_gives_what_the_trace_gives(style: str) -> None:
    graphs = list(programs.graphs())
    answers = programs.run_javascript(graphs, style)
    wrong = [(g, d) for g, a in zip(graphs, answers, strict=True) if (d := programs.difference(g, a))]
    assert not wrong, f"{len(wrong)}, the first: {list(wrong[0][0])} {wrong[0][1]}"


@pytest.mark.extra("torch")
@pytest.mark.parametrize("style", ["flat", "module"])
def test_torch_gives_what_the_trace_gives(style: str) -> None:
    graphs = [graph for graph in programs.graphs() if programs.finite(graph)]
    assert len(graphs) > 200
    wrong = [(g, d) for g in graphs if (d := programs.difference(g, programs.run_torch(g, style), 1e-9))]
    assert not wrong, f"{len(wrong)}, the first: {list(wrong[0][0])} {wrong[0][1]}"


@pytest.mark.extra("jax")
@pytest.mark.parametrize("style", ["flat", "module"])
def test_jax_gives_what_the_trace_gives(style: str) -> None:
    graphs = [graph for graph in programs.graphs() if programs.finite(graph)][:22]
    wrong = [(g, d) for g in graphs if (d := programs.difference(g, programs.run_jax(g, style), 1e-9))]
    assert not wrong, f"{len(wrong)}, the first: {list(wrong[0][0])} {wrong[0][1]}"


def test_the_comparison_can_fail() -> None:
    value, grads = programs.traced(three())
    assert not programs.difference(three(), (value, grads))
    assert programs.difference(three(), (value, {**grads, "x": grads["x"] + 1e-6}))
    assert programs.difference(three(), (NAN, grads))
    assert programs.difference(three(), (value, {}))


def test_numpy_works_on_points() -> None:
    graph = gradviz.graph("h = relu(w*x + b); f = max(h, x)^2 + where(x > 0, h, w) + x", w=1.5, x=0, b=0.25)
    points = np.concatenate([np.linspace(-2, 2, 41), [INF, -INF, NAN, 0.0]])
    value, grads = programs.defined(generate(graph, "numpy"))(x=points)
    trace = graph.trace(x=points)
    np.testing.assert_allclose(value, trace.output, rtol=1e-12)
    for name in graph.inputs:
        np.testing.assert_allclose(grads[name], trace[name].grad, rtol=1e-12, err_msg=name)


def test_numpy_adds_without_changing_what_others_hold() -> None:
    graph = gradviz.graph("q = x + y; f = q + x + y*y + x*q", x=1, y=2)
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for _ in range(2):
        _, grads = programs.defined(generate(graph, "numpy"))(x=x, y=y)
        for name in ("x", "y"):
            np.testing.assert_array_equal(grads[name], graph.trace(x=x, y=y)[name].grad)
    assert x.tolist() == [1.0, 2.0]


# --- the text ----------------------------------------------------------------------------------------


def test_the_first_circuit_of_every_lecture() -> None:
    assert body(generate(three())) == (
        "def f(x=-2.0, y=5.0, z=-4.0):\n"
        "    # forward\n"
        "    q = x + y\n"
        "    f = q * z\n"
        "    # backward, in reverse order\n"
        "    df = 1.0\n"
        "    dq = z * df  # multiply gate: swapper\n"
        "    dz = q * df\n"
        "    dx = dq  # add gate: distributor\n"
        "    dy = dq\n"
        '    gradients = {"x": dx, "y": dy, "z": dz}\n'
        "    return f, gradients"
    )


def test_a_fan_out_sets_and_then_adds() -> None:
    lines = generate(gradviz.graph("f = x*y + x", x=3, y=4)).splitlines()
    assert [line for line in lines if line.strip().startswith("dx ")] == [
        "    dx = df",
        "    dx += y * dv1  # multiply gate: swapper",
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("f = relu(x)", "dx = df if x > 0.0 else 0.0  # relu gate: router"),
        ("f = x^3", "dx = 3.0 * (x * x) * df  # power gate: scaler"),
        ("f = x/2", "dx = 0.5 * df  # divide gate: scaler"),
        ("f = 1/(1 + exp(-x))", "f = 1.0 / v3"),  # the divisor is positive: no guard
        ("f = log(1 + exp(x))", "f = math.log(v2)"),
        ("f = sigmoid(x)", "dx = f * (1.0 - f) * df  # sigmoid gate: scaler"),
        ("f = max(x, 1)", "dx = 1.0 / (x, 1.0).count(f) * df if x == f else 0.0  # max gate: router"),
    ],
)
def test_lines_as_one_would_write_them(source: str, line: str) -> None:
    assert line in [text.strip() for text in generate(gradviz.graph(source, x=2)).splitlines()]


def test_plain_gates_need_no_import_and_no_helper() -> None:
    source = generate(gradviz.graph("f = max(0, 1) * relu(x*y - 2) + abs(x)/4", x=1, y=2))
    assert "import" not in generate(three())
    assert "def " not in source[: source.index("def f(")].replace("def largest", "")


def test_helpers_are_defined_where_numbers_can_leave_python() -> None:
    for source, x, wanted in (
        ("1/x", 0.0, (INF, -INF)),
        ("log(x)", 0.0, (-INF, INF)),
        ("exp(x)", 1e4, (INF, INF)),
        ("x^2", 1e200, (INF, 2e200)),
        ("x^3", -1e200, (-INF, INF)),
        ("x^0.5", -1.0, (NAN, NAN)),
        ("sin(x)", INF, (NAN, NAN)),
        ("sqrt(x)", 0.0, (0.0, INF)),
        ("relu(x) * 1e300 * 1e300", -1.0, (0.0, 0.0)),
    ):
        value, grads = programs.run(gradviz.graph(f"f = {source}", x=x), "python", "flat")
        assert programs.close(value, wanted[0], 0), source
        assert programs.close(grads["x"], wanted[1], 1e-15), source


def test_same_graph_same_text() -> None:
    for name, style in STYLES:
        graph = gradviz.graph("f = max(x*y, exp(z), x)/y + sigmoid(x)", x=1, y=2, z=3)
        again = gradviz.graph("f = max(x*y, exp(z), x)/y + sigmoid(x)", x=1, y=2, z=3)
        assert generate(graph, name, style) == generate(again, name, style)
    code = "import gradviz.code as c, gradviz; print(c.generate(gradviz.graph('f = max(x*y, exp(z), x)/y'), 'jax'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("name", ["python", "numpy", "torch", "jax"])
def test_formatted_as_ruff_has_it(name: str, tmp_path: Path) -> None:
    sources = ["f = (x + y)*z", "f = relu(w*x + b)", "f = log(x)/y + x^y", "f = max(a, b, c, d)", "f = x@w"]
    count = 30 if name == "python" else 8  # entries of x and w
    values = {"x": [1.0] * count, "w": [2.0] * count}
    for number, text in enumerate(sources):
        graph = gradviz.graph(text, **(values if "@" in text else {}))
        for style in target(name).styles:
            (tmp_path / f"{name}_{style}_{number}.py").write_text(generate(graph, name, style), "utf-8")
    run = [sys.executable, "-m", "ruff"]
    plain = ["--isolated", "--no-cache", str(tmp_path)]
    done = subprocess.run([*run, "format", "--diff", *plain], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run(
        [*run, "check", "--select=E,F,I", "--ignore=E741,E501", *plain], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# --- names -------------------------------------------------------------------------------------------

HOSTILE = (
    *("lambda", "lambda_", "w[0,1]", "w_0_1", "print", "math", "np", "x y", "1x", "", "_", "__", "σ", "ſ", "s", "损失"),
    *('"', "'; import os; os.system('x') #", "\n", "a|b", "\u2028", "el", "del", "self", "f", "df", "dx", "x", "ddx"),
    *("gradients", "value", "exp", "sum", "Math", "let", "function", "__proto__", "constructor", "this", "{x}", "\\"),
    *(
        "torch",
        "jax",
        "inputs",
        "saved",
        "F",
        "None",
        "ℓ",
        "l",
        "𝒙",
        "é",
        "é",
        "\ud800",
        "%s",
        "</script>",
        "*/",
        '"""',
    ),
)


def hostile(names: tuple[str, ...]) -> Graph:
    total = None
    for number, name in enumerate(names):
        value = Value(1.0 + number / 8, label=name)
        term = value * value if number % 2 else gradviz.exp(value)
        total = term if total is None else total + term * value
    assert total is not None
    total.name = "f"
    return Graph.of(total)


@pytest.mark.parametrize("style", ["flat", "module"])
@pytest.mark.parametrize("name", ["python", "numpy"])
def test_hostile_names_are_safe(name: str, style: str) -> None:
    for few in (HOSTILE, *((one, "x", "dx") for one in HOSTILE if one not in ("x", "dx"))):
        graph = hostile(few)
        assert not programs.difference(graph, programs.run(graph, name, style)), few


@pytest.mark.needs("node")
@pytest.mark.parametrize("style", ["flat", "module"])
def test_hostile_names_are_safe_in_javascript(style: str) -> None:
    names = tuple(name for name in HOSTILE if name != "\ud800")
    graphs = [hostile(few) for few in (names, *((one, "x", "dx") for one in names if one not in ("x", "dx")))]
    for graph, answer in zip(graphs, programs.run_javascript(graphs, style), strict=True):
        wanted = programs.traced(graph)
        ordered = (answer[0], {name: answer[1][name] for name in wanted[1]})  # JavaScript puts numbers first
        assert not programs.difference(graph, ordered), list(graph.inputs)


@pytest.mark.extra("torch", "jax")
def test_hostile_names_are_safe_in_frameworks() -> None:
    graph = hostile(HOSTILE)
    for style in ("flat", "module"):
        assert not programs.difference(graph, programs.run_torch(graph, style), 1e-9)
        assert not programs.difference(graph, programs.run_jax(graph, style), 1e-9)


@pytest.mark.parametrize("reserved", [PYTHON, JAVASCRIPT], ids=["python", "javascript"])
def test_names_are_identifiers_once(reserved: frozenset[str]) -> None:
    names = Names(reserved)
    found = [names.fresh(name) for name in (*HOSTILE, *HOSTILE, *sorted(reserved))]
    assert len(set(found)) == len(found)
    assert not set(found) & reserved
    assert all(name.isidentifier() for name in found)


def test_numbers_keep_all_their_digits_and_infinities() -> None:
    x, y = Value(0.1 + 0.2, label="x"), Value(-INF, label="y")
    graph = Graph.of(x * y)
    for name in ("python", "numpy"):
        assert not programs.difference(graph, programs.run(graph, name, "flat"), 0)


# --- modules save what backward needs, and no more ---------------------------------------------------


@pytest.mark.parametrize("graph", programs.graphs()[:120:3])
def test_a_module_saves_exactly_what_backward_reads(graph: Graph) -> None:
    source = generate(graph, "python", "module")
    backward = source[source.index("def backward") :]
    saved, lines = backward.partition("self.cache\n")[::2] if "self.cache" in backward else ("", backward)
    words = set(re.findall(r"\w+", lines.split('if __name__ == "__main__"')[0]))
    kept = set(re.findall(r"\w+", saved.partition(":\n")[2]))
    assert kept <= words, "kept and never read"
    layer = programs.defined(source, "class")()
    layer.forward()
    assert ("cache" in vars(layer)) == bool(kept)


@pytest.mark.parametrize(
    ("source", "saved"),
    [
        ("f = x + y", None),
        ("f = x * y", "x, y"),
        ("f = exp(x)", "f,"),
        ("f = relu(x)", "x,"),
        ("f = tanh(x) * 2", "v1,"),
    ],
)
def test_what_is_saved(source: str, saved: str | None) -> None:
    text = generate(gradviz.graph(source, x=1, **({"y": 2} if "y" in source else {})), "python", "module")
    found = re.findall(r"self\.cache = (.*)", text)
    assert found == ([saved] if saved else [])


@pytest.mark.extra("torch")
def test_a_torch_module_saves_exactly_what_backward_reads() -> None:
    import torch

    source = generate(three(), "torch", "module")
    assert "ctx.save_for_backward(q, z)" in source
    function = programs.defined(source[: source.index("class FLayer")], "class")
    numbers = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (-2.0, 5.0, -4.0)]
    assert torch.autograd.gradcheck(function.apply, numbers)


# --- a gate added at run time ------------------------------------------------------------------------


@pytest.fixture
def softsign() -> Iterator[Gate]:
    slopes = ("1 / ((1 + a) * (1 + a)) if a > 0 else b", "0 if a > 0 else a")
    value = "a / (1 + a) if a > 0 else b * a"
    row = register(Gate("bent", "bent", value, slopes, Pattern.SCALES, 2, defaults=(0.5,)))
    yield row
    remove(row)


def test_a_new_gate_is_in_every_target(softsign: Gate) -> None:
    graphs = [gradviz.graph("f = bent(x*y, 0.5) + bent(y, x)", x=x, y=1.5) for x in (-2.0, 0.0, 3.0)]
    for graph in graphs:
        for style in ("flat", "module"):
            for name in ("python", "numpy"):
                assert not programs.difference(graph, programs.run(graph, name, style))
        assert "bent" in generate(graph, "latex")
        assert "bent gate: scaler" in generate(graph, "js")


@pytest.mark.needs("node")
@pytest.mark.extra("torch", "jax")
def test_a_new_gate_runs_in_every_target(softsign: Gate) -> None:
    graphs = [gradviz.graph("f = bent(x*y, 0.5) + bent(y, x)", x=x, y=1.5) for x in (-2.0, 0.0, 3.0)]
    for style in ("flat", "module"):
        for graph, answer in zip(graphs, programs.run_javascript(graphs, style), strict=True):
            assert not programs.difference(graph, answer)
            assert not programs.difference(graph, programs.run_torch(graph, style), 1e-9)
            assert not programs.difference(graph, programs.run_jax(graph, style), 1e-9)


# --- LaTeX -------------------------------------------------------------------------------------------


def test_latex_of_the_first_circuit() -> None:
    text = generate(three(), "latex")
    assert r"  q &= x + y = (-2) + 5 = 3 \\" in text
    assert r"  \frac{\partial f}{\partial q} &= z \cdot \frac{\partial f}{\partial f} = (-4) \cdot 1 = -4 \\" in text
    assert r"  \frac{\partial f}{\partial x} &= \frac{\partial f}{\partial q} = -4 \\" in text
    assert generate(gradviz.graph(THREE), "latex").count("=") == 7


def balanced(text: str) -> bool:
    opened = re.findall(r"\\begin\{(\w+\*?)\}", text), re.findall(r"\\end\{(\w+\*?)\}", text)
    plain = re.sub(r"\\[{}]", "", text)
    return sorted(opened[0]) == sorted(opened[1]) and plain.count("{") == plain.count("}")


def test_latex_is_balanced_and_ascii() -> None:
    for graph in (*programs.graphs()[:200], hostile(HOSTILE)):
        text = generate(graph, "latex")
        assert balanced(text), text
        assert text.isascii()
        for row in text.split("\n")[2:-2]:
            assert row.count("&") - 2 * row.count(r"\begin{cases}") >= -8  # cases bring their own


@pytest.mark.needs("pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    rows = "\n".join(generate(graph, "latex") for graph in (three(), *programs.graphs()[:60], hostile(HOSTILE)))
    page = "\\documentclass{article}\\usepackage{amsmath}\\allowdisplaybreaks\\begin{document}\n%s\\end{document}\n"
    (tmp_path / "handout.tex").write_text(page % rows, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "handout.tex"],
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


# --- errors, edges -----------------------------------------------------------------------------------


def test_an_unknown_target_lists_the_targets() -> None:
    with pytest.raises(GradvizError, match="no target 'pyton'") as caught:
        generate(three(), "pyton")
    assert all(name in str(caught.value) for name in TARGETS)
    assert caught.value.hint == "python"
    with pytest.raises(GradvizError, match="style of latex"):
        generate(three(), "latex", "module")


@pytest.mark.parametrize(("name", "style"), STYLES)
def test_every_graph_prints(name: str, style: str) -> None:
    alone = Graph.of(Value(3.0, label="x"))
    constant = gradviz.graph("f = 2*3")
    several = Graph.of(apply(GATES["sum"], *[Value(1.0, label=f"x{i}") for i in range(300)]))
    for graph in (alone, constant, several, gradviz.graph(THREE), gradviz.graph("f = (x > 0) * 2 + 0*y", x=1, y=2)):
        assert generate(graph, name, style).endswith("\n")
    for graph in (alone, constant, several):
        if name in ("python", "numpy"):
            assert not programs.difference(graph, programs.run(graph, name, style))


def test_main_parts_run(tmp_path: Path) -> None:
    for name in ("python", "numpy"):
        for style in ("flat", "module"):
            file = tmp_path / f"{name}_{style}.py"
            file.write_text(generate(three(), name, style), "utf-8")
            done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
            assert done.stdout.split("\n") == ["f = -12.0", "df/dx = -4.0", "df/dy = -4.0", "df/dz = 3.0", ""]


@pytest.mark.needs("node")
def test_main_parts_run_in_node() -> None:
    for style, shown in (("flat", "f = -12 { x: -4, y: -4, z: 3 }\n"), ("module", "f = -12\n{ x: -4, y: -4, z: 3 }\n")):
        done = subprocess.run(
            ["node"], input=generate(three(), "js", style), capture_output=True, text=True, check=True
        )
        assert done.stdout == shown
    assert json.dumps("ok")


def test_long_programs_are_printed_quickly_enough() -> None:
    dice = random.Random(5)
    values = [Value(dice.uniform(-1, 1), label=f"x{i}") for i in range(20)]
    for _ in range(20_000):
        a, b = dice.choice(values[-30:]), dice.choice(values[-30:])
        values.append(dice.choice((a + b, a * b, gradviz.tanh(a))))
    source = generate(Graph.of(values[-1]))
    assert source.count("\n") > 30_000
