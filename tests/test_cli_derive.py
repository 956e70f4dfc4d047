"""gradviz derive and gradviz paths: formulas that read back, JSON by contract, words for people."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import gradviz
from gradviz.cli.packaged import examples
from gradviz.errors import GradvizError
from gradviz.gates import GATES
from tests.cli_run import fails, run

TEXTS = {example.name: example.read() for example in examples() if not example.is_python}
SOURCES = {
    **TEXTS,
    "every name used again": "q = x*y; r = q + x; f = r*q/r^2; x = 2; y = 3",
    "vectors": "z = [1, 2, -1]; p = softmax(z); f = -log(p[0]) + norm(z)",
    "a header": "x = 2; y = 3\nf(x, y) = sin(x)^y + y^x",
    "greek": "θ = 0.5; α = 2; f = σ(θ*α) - cos(θ)^2",
    "names that look like ours": "t1 = 2; df_dq = 3; "
    "q = t1*df_dq; t2 = exp(-(q + t1*q*df_dq)/10); f = t2/(1 + t2)/(2 + t2)*q",
    "e is a name": "x = 2; e = exp(x); f = e/(1 + e)",
    "constants": "x = 0.3; f = e^x + pi*x - 1e-3/x + ½x",
    "a renaming": "x = 3; c = x; f = c*x + c",
    "routers": "x = 1; y = -2; f = max(x, y, 0)*min(x*y, 3) + relu(x) - |y| + clip(y, -1, 1)",
    "ties": "x = 1; y = 1; f = max(x, y)*2 + min(x, y, 1)",
    "powers": "x = 1.5; y = 2.5; f = x^y/y^x + (x - y)^3 - x^-2",
    "minus everywhere": "x = 2; y = 3; f = -(-x - -y)^2 - (-x)*(-y) - -(x/y)",
    "a chain": "x = 0.4; " + "; ".join(f"a{k} = sin({'x' if k == 0 else f'a{k - 1}'})" for k in range(30)),
    "unnamed and long": "x = 0.4; y = 2; f = " + "sin(" * 30 + "x*y" + ")" * 30,
    "very deep": "x = 0.4; f = " + "cos(" * 150 + "x" + ")" * 150,
}  # fmt: skip


def derived(source: str, *words: str) -> dict[str, Any]:
    done = run("derive", "--expr", source, *words, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_formulas_read_back_as_a_last_statement_of_the_source(name: str) -> None:
    """The contract: let lines, then the formula, after the source; its value is the gradient."""
    source = SOURCES[name]
    trace = gradviz.graph(source).trace()
    found = derived(source)
    assert set(found) == {"output", "gradients"}
    assert found["output"] == trace.graph.names[trace.graph.output]
    assert list(found["gradients"]) == list(trace.graph.inputs)
    for wrt, entry in found["gradients"].items():
        assert list(entry) == ["formula", "latex", "value", "let"]
        assert entry["value"] == trace[wrt].grad
        lines = [*(f"{let} = {text}" for let, text in entry["let"]), f"the_answer = {entry['formula']}"]
        graph = gradviz.graph("\n".join([source.rstrip(), *lines]))
        if "the_answer" in graph.names and graph.gates[graph.id("the_answer")].name != "input":
            assert graph.output == graph.id("the_answer")
            value = graph.trace(backward=False).output
        else:  # a number alone is an input to the language
            value = graph.data[graph.id("the_answer")]
        assert value == pytest.approx(entry["value"], rel=1e-9, abs=1e-12), (wrt, lines)


@pytest.mark.parametrize("row", GATES.values(), ids=lambda row: row.name)
def test_the_derivative_of_every_gate_reads_back(row: Any) -> None:
    names = "abc"[: row.arity or 3]
    numbers = dict(zip(names, (0.4, 0.7, 0.9), strict=False))
    signs = {"neg": "-a", "copy": "a"}
    infix = f"a {row.infix} b" if row.infix and row.arity == 2 else None
    right = signs.get(row.name) or infix or f"{row.name}({', '.join(names)})"
    source = "; ".join([*(f"{n} = {v}" for n, v in numbers.items()), f"f = ({right})*a"])
    trace = gradviz.graph(source).trace()
    for wrt, entry in derived(source)["gradients"].items():
        text = "; ".join([source, *(f"{n} = {t}" for n, t in entry["let"]), f"r = ({entry['formula']}) + 0*a"])
        assert gradviz.graph(text).trace().output == pytest.approx(trace[wrt].grad, rel=1e-9, abs=1e-12), entry


def test_text() -> None:
    done = run("derive", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["df/dx = z = -4", "df/dy = z = -4", "df/dz = q = 3"]
    bare = run("derive", "q = x + y; f = q * z")
    assert (bare.code, bare.err) == (0, "")
    assert bare.out.splitlines() == ["df/dx = z", "df/dy = z", "df/dz = q"]
    assert run("derive", "x^2", "x=3").out == "d/dx = 2*x = 6\n"
    assert run("derive", "f = x/3", "x=3", "--decimals", "2").out == "df/dx = 1/3 = 0.33\n"
    assert run("derive", "f = 7*x", "x=3").out == "df/dx = 7\n"


def test_shared_parts_get_let_lines_that_no_name_collides_with() -> None:
    done = run("derive", "example:sigmoid-expanded")
    lines = done.out.splitlines()
    assert lines[0].startswith("let t1 = exp(")
    assert all(len(line) < 60 for line in lines)
    found = run("derive", "--expr", SOURCES["names that look like ours"]).out
    lets = [line.split()[1] for line in found.splitlines() if line.startswith("let ")]
    assert lets
    assert not {"t1", "t2", "df_dq", "q", "f"} & set(lets)
    assert len(set(lets)) == len(lets)


def test_order_two_is_the_hessian() -> None:
    done = run("derive", "f = x^2 * y", "--order", "2", "x=3", "y=1")
    assert done.out.splitlines() == ["d²f/dx² = 2*y = 2", "d²f/dxdy = 2*x = 6", "d²f/dy² = 0"]
    one = run("derive", "f = x^2 * y", "--order", "2", "--wrt", "x", "--ascii")
    assert one.out == "d^2f/dx^2 = 2*y\n"
    data = derived("f = x^2 * y; x = 3; y = 1", "--order", "2")
    assert {key: entry["value"] for key, entry in data["gradients"].items()} == {"x,x": 2.0, "x,y": 6.0, "y,y": 0.0}
    assert run("derive", "f = x^5", "--order", "3").out == "d³f/dx³ = 60*x^2\n"


def test_wrt_may_be_any_node_and_a_vector() -> None:
    assert run("derive", "q = x + y; f = q^2", "--wrt", "q").out == "df/dq = 2*q\n"
    assert run("derive", "q = x + y; f = q^2", "--wrt", "y", "--wrt=q").out == "df/dy = 2*q\ndf/dq = 2*q\n"
    assert run("derive", "W = [1, 2]; f = W[0]*W[1]*x", "x=1", "--wrt", "W").out == (
        "df/dW[0] = W[1]*x = 2\ndf/dW[1] = W[0]*x = 1\n"
    )


def test_latex() -> None:
    done = run("derive", "f = w_1*x/(1 + x)", "w_1=2", "x=1", "--format", "latex")
    assert done.out.splitlines()[0] == r"\frac{\partial f}{\partial w_{1}} = \frac{x}{1 + x} = 0.5"
    assert run("derive", "f = 1e-30*x^2", "x=1", "--format", "latex").out == (
        r"\frac{df}{dx} = 2 \cdot 10^{-30} x = 2 \cdot 10^{-30}" + "\n"
    )
    assert run("derive", "f = log(x)", "x=0", "--format", "latex").out == "\\frac{df}{dx} = \\frac{1}{x} = \\infty\n"


def test_steps_spell_out_the_chain_rule() -> None:
    done = run("derive", "example:three-gate", "--steps")
    assert done.out.splitlines() == [
        "Start at the output: df/df = 1.",
        "",
        "1. f = q*z   (the × gate swaps: the factor of each operand is the other one)",
        "   df/dq = df/df · ∂f/∂q = 1 · z = z = -4",
        "   df/dz = df/df · ∂f/∂z = 1 · q = q = 3",
        "",
        "2. q = x + y   (the + gate distributes: its factor is 1)",
        "   df/dx = df/dq · ∂q/∂x = z · 1 = z = -4",
        "   df/dy = df/dq · ∂q/∂y = z · 1 = z = -4",
        "",
        "df/dx = z = -4",
        "df/dy = z = -4",
        "df/dz = q = 3",
    ]
    copies = run("derive", "example:copy-adder", "--steps", "--wrt", "x").out
    assert "x was used in 2 places: its copy gate adds up what comes back." in copies
    assert "df/dx = 1 + y = 1 + 4 = 5" in copies
    assert "df/dy" not in copies


def test_steps_say_where_there_is_a_kink() -> None:
    tie = run("derive", "f = max(x, y)", "x=1", "y=1", "--steps").out
    assert "At a kink here, where several slopes are right; ours: max: at a k-way tie each" in tie
    assert "kink" not in run("derive", "f = max(x, y)", "x=1", "y=2", "--steps").out
    assert "kink" not in run("derive", "f = max(x, y)", "--steps").out


@pytest.mark.parametrize("name", TEXTS)
def test_steps_of_all_examples(name: str) -> None:
    done = run("derive", f"example:{name}", "--steps", "--ascii")
    assert done.code == 0
    assert done.out.isascii()
    plain = run("derive", f"example:{name}", "--ascii")
    assert done.out.endswith(plain.out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("f = (x > y)*z", "--wrt", "x"), "df/dx is 0: the > gate at v1 is flat in what comes from x"),
        (("f = floor + 1; g = where(c, x, y)", "--wrt", "c"), "dg/dc is 0: the where gate at g is flat"),
        (("g = x*z; f = x*y", "--wrt", "z"), "f does not depend on z, so the derivative is 0"),
        (("f = x - x",), "what x contributes to f cancels, so the derivative is 0"),
        (("f = x > 0", "x=1"), "the > gate at f is flat"),
    ],
)
def test_a_derivative_that_is_zero_has_its_reason(words: tuple[str, ...], said: str) -> None:
    done = run("derive", *words)
    assert done.code == 0
    assert said in done.err
    assert "= 0" in done.out
    assert run("derive", *words, "--quiet").err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("f = x*y", "--wrt", "q"), ("no node called 'q'", "x, y")),
        (("f = alpha*y", "--wrt", "alhpa"), ("alpha",)),
        (("f = x*y", "--order", "0"), ("order 0 is the function itself", "--order 1")),
        (("f = x*y", "--order", "-1"), ("order -1",)),
        (("2*3",), ("no input",)),
        (("f = x*y", "--steps", "--order", "2"), ("--order",)),
        (("f = x*y", "--steps", "--json"), ("--steps",)),
        (("sum([" + ", ".join(f"x{k}^3" for k in range(200)) + "])", "--order", "2"), ("more than 1,000", "--wrt x0")),
        (("f = x*y", "x=1"), ("no number for y",)),
        (("f = x*y", "--output", "nothing"), ("nothing",)),
    ],
)
def test_errors_say_what_and_why(words: tuple[str, ...], said: tuple[str, ...]) -> None:
    fails(run("derive", *words), 2, *said)


def test_a_formula_beyond_ten_thousand_characters_is_an_error() -> None:
    source = "f = " + " + ".join(f"sin(x*{k}.5)*cos(y + {k})" for k in range(400))
    fails(run("derive", source, "--wrt", "x"), 2, "10,000")


def test_a_function_that_the_source_uses_as_a_variable() -> None:
    assert run("derive", "log = 2; f = log*ln(x)", "x=1").code == 0
    fails(run("derive", "cos = 2; f = cos*sin(x)", "x=1"), 2, "needs the function cos", "cos_1")


def test_files(tmp_path: Any) -> None:
    for suffix in ("txt", "tex", "json"):
        out = tmp_path / f"d.{suffix}"
        done = run("derive", "f = x^2", "-o", str(out))
        assert (done.code, done.out) == (0, "")
        assert "2" in out.read_text("utf-8")


# --- paths --------------------------------------------------------------------------------------------------


def test_paths_of_the_copy_gate() -> None:
    done = run("paths", "example:copy-adder", "x")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "2 paths lead from f back to x:",
        "",
        "1. f → v1 → x   (v1 = x*y)",
        "   ∂f/∂v1 · ∂v1/∂x = 1 · y = y = 1 · 4 = 4",
        "",
        "2. f → x",
        "   ∂f/∂x = 1",
        "",
        "The sum over the paths is the gradient: df/dx = y + 1 = 4 + 1 = 5",
        "Multiplications: 1 path by path; 1 in reverse mode, which adds where paths meet and multiplies once an edge.",
    ]


def test_paths_without_numbers_and_where_there_are_none() -> None:
    assert "df/dx = y + 1\n" in run("paths", "f = x*y + x", "x").out
    done = run("paths", "g = z; f = x*y", "z")
    assert done.out == "There is no path from f to z: f does not depend on it, so df/dz = 0.\n"
    assert run("paths", "-e", "f = x*y", "x", "x=2", "y=3").out.startswith("1 path leads from f back to x:")
    assert "W[0]" in run("paths", "W = [1, 2]; f = W[0]*x", "W[0]", "x=1").out


def test_paths_too_many_to_list() -> None:
    source = "; ".join(["a0 = x + x", *(f"a{k} = a{k - 1} + a{k - 1}" for k in range(1, 30))])
    done = run("paths", source, "x", "x=1")
    assert done.out.splitlines()[0] == "1,073,741,824 paths lead from a29 back to x, too many to list."
    assert "da29/dx = 1.074×10⁹" in done.out
    assert "58 in reverse mode" in done.out
    data = json.loads(run("paths", source, "x", "x=1", "--json").out)
    assert (data["count"], data["listed"], data["paths"], data["sum"]) == (2**30, False, [], None)
    assert data["multiplications"] == {"paths": 29 * 2**30, "reverse": 58}


def test_paths_json() -> None:
    data = json.loads(run("paths", "example:three-gate", "x", "--json").out)
    assert data == {
        "output": "f",
        "wrt": "x",
        "count": 1,
        "listed": True,
        "paths": [
            {
                "nodes": ["f", "q", "x"],
                "slots": [0, 0],
                "factors": ["z", "1"],
                "locals": [-4.0, 1.0],
                "product": "z",
                "value": -4.0,
            }
        ],
        "sum": -4.0,
        "gradient": -4.0,
        "multiplications": {"paths": 1, "reverse": 1},
    }
    infinite = json.loads(run("paths", "f = log(x)", "x", "x=0", "--json").out)
    assert infinite["gradient"] == "inf"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("f = x*y",), ("the name is missing", 'gradviz paths "f = x*y" x')),
        (("f = x*y", "q"), ("no node called 'q'",)),
        (("f = x*y", "x", "y"), ("y",)),
        (("x*y", "x", "x", "=", "3", "y=1"), ("one word",)),
        (("f = x*y", "x", "x=1"), ("no number for y",)),
        ((), ()),
    ],
)
def test_paths_errors(words: tuple[str, ...], said: tuple[str, ...]) -> None:
    fails(run("paths", *words), 2, *said)


def test_infinite_values_in_json_are_texts() -> None:
    assert derived("x = 0; f = log(x)")["gradients"]["x"]["value"] == "inf"
    assert math.isinf(gradviz.graph("f = log(x)", x=0).trace()["x"].grad)
    with pytest.raises(GradvizError):
        gradviz.graph("f = log(x)", x=0).gradient("y")


@pytest.mark.parametrize(
    ("source", "formula"),
    [
        ("f = 2^z", "f*log(2)"),
        ("f = e^(-z)", "-f"),
        ("f = 1/2*(z - 3)^2", "z - 3"),
        ("f = (2/3)*z^3", "2*z^2"),
        ("f = x^z", "where(f == 0, 0, f*log(x))"),
    ],
)
def test_numbers_meet_and_needless_cases_go(source: str, formula: str) -> None:
    assert f"df/dz = {formula}" in run("derive", source).out
