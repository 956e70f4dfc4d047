"""Target ``latex``: the derivation as an ``align*`` environment, forward and then backward, one line a node."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from gradviz.calculus.latex import latex_name
from gradviz.code.plan import Plan
from gradviz.code.spelling import ATOM, POWER, Spelling, Writer
from gradviz.code.target import Target
from gradviz.code.terms import Term
from gradviz.formulas import PRIMITIVES
from gradviz.graph import Graph
from gradviz.numerals import Numerals

_FUNCTIONS = ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")


def variable(name: str) -> str:
    r"""A name in mathematics, in letters that every LaTeX can set.

    >>> variable("x"), variable("w1"), variable("W[0,1]"), variable("σ"), variable("损")
    ('x', 'w_{1}', 'W_{0,1}', '\\sigma', '\\mathrm{u635F}')
    """
    return latex_name("".join(c if _is_plain(c) or latex_name(c) != c else f"u{ord(c):X}" for c in name))


def _is_plain(c: str) -> bool:
    return c.isascii() and (c.isalnum() or c in "_[],")


def number(value: float) -> str:
    r"""A number as a handout has it.

    >>> number(-12.0), number(1.2e-5), number(float("inf"))
    ('-12', '1.2 \\times 10^{-5}', '\\infty')
    """
    text = Numerals(ascii=True).text(value)
    if "inf" in text or "nan" in text:
        return text.replace("inf", "\\infty").replace("nan", "\\mathrm{nan}")
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa} \\times 10^{{{int(exponent)}}}" if exponent else text


def _power(writer: Writer, base: Term, exponent: Term) -> tuple[str, int]:
    if getattr(exponent, "value", None) == 0.5:
        return f"\\sqrt{{{writer.text(base)}}}", ATOM
    simple = isinstance(base, ast.Name | ast.Constant)
    inside = writer.text(base, ATOM) if simple else f"({writer.text(base)})"
    return f"{{{inside}}}^{{{writer.text(exponent)}}}", POWER


def _define(called: str, parameters: Sequence[str], lets: Sequence[tuple[str, str]], text: str, about: str) -> str:
    return about  # handouts name the function; what it is stands in `gradviz gates`


SPELLING = Spelling(
    number=number,
    calls={
        **{f: f"\\operatorname{{{f}}}({{}})" for f in PRIMITIVES},
        **{f: f"\\{f}({{}})" for f in _FUNCTIONS},
        **{f"a{f}": f"\\arc{f}({{}})" for f in ("sin", "cos", "tan")},
        "exp": "e^{{{}}}",
        "expm1": "(e^{{{}}} - 1)",
        "log1p": "\\log(1 + {})",
        "sqrt": "\\sqrt{{{}}}",
        "largest": "\\max({})",
        "smallest": "\\min({})",
        "total": "\\operatorname{{sum}}({})",
        "count": "\\#\\{{{rest} = {first}\\}}",
    },
    choose="\\begin{{cases}} {yes} & \\text{{if }} {test} \\\\ {no} & \\text{{else}} \\end{{cases}}",
    tight=True,
    helpers={},
    constants=("\\infty", "-\\infty", "\\mathrm{nan}"),
    power=_power,
    define=_define,
    equal=("=", "\\neq"),
    product="\\cdot",
    fraction="\\frac{{{}}}{{{}}}",
    native={"sigmoid": "\\sigma({a})", "abs": "\\lvert {a} \\rvert", "relu": "\\max(0, {a})"},
)
_TIDY = (("<=", "\\le"), (">=", "\\ge"))


_NESTED = re.compile(r"\\\\ \\begin\{cases\} (.*?) & \\text\{else\} \\end\{cases\} & \\text\{else\}")


def _tidied(text: str) -> str:
    """Signs, cases one below the other, and the names of rows as functions."""
    text = _NESTED.sub(r"\\\\ \1 & \\text{else}", text)
    text = re.sub(r"\((\(-[^()]*\))\)", r"\1", text)
    for sign, command in _TIDY:
        text = text.replace(f" {sign} ", f" {command} ")
    text = re.sub(r"(?<![\\\w{])([a-z]\w*)_slope(?:_([abc]))?\(", _slope, text)
    text = re.sub(r"(?<![\\\w{])sigmoid\(", r"\\sigma(", text)
    return re.sub(r"(?<![\\\w{])([a-z][a-z_0-9]+)\(", lambda m: f"\\operatorname{{{_plain(m[1])}}}(", text)


def _slope(match: re.Match[str]) -> str:
    below = f"_{match[2]}" if match[2] else ""
    return f"\\operatorname{{{_plain(match[1])}}}'{below}("


def _plain(name: str) -> str:
    return name.replace("_", "\\_")


def _align(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, frozenset())
    numbers = _numbers(graph)
    names = {i: variable(graph.names[i]) if i in plan.names else number(graph.data[i] or 0.0) for i in plan.needed}
    target = names.get(graph.output, "f")
    lines = ["% needs \\usepackage{amsmath}", "\\begin{align*}"]
    rows = _forward(plan, names, numbers) + _backward(plan, names, target, numbers)
    return "\n".join([*lines, *(f"  {row} \\\\" for row in rows[:-1]), f"  {rows[-1]}", "\\end{align*}"]) + "\n"


Numbers = tuple[Sequence[float], Sequence[float]] | None


def _numbers(graph: Graph) -> Numbers:
    """The values and gradients of all nodes, where the inputs have numbers."""
    if graph.missing:
        return None
    trace = graph.trace()
    assert trace.gradients is not None
    return trace.values, trace.gradients


def _forward(plan: Plan, names: Mapping[int, str], numbers: Numbers) -> list[str]:
    rows = ["&\\textbf{forward}"]
    if numbers is not None:
        rows += [f"{names[i]} &= {number(numbers[0][i])}" for i in plan.inputs]
    for i, template in plan.templates.items():
        text = _tidied(template.forward.fill(_holes(plan, i, names, "")))
        rows.append(_row(names[i], text, _worked(plan, template.forward.fill, i, numbers), numbers, 0, i))
    return rows


def _backward(plan: Plan, names: Mapping[int, str], target: str, numbers: Numbers) -> list[str]:
    graph = plan.graph
    slopes = {i: f"\\frac{{\\partial {target}}}{{\\partial {names[i]}}}" for i in plan.names}
    sums: dict[int, list[tuple[str, str | None]]] = {}
    rows = ["&\\textbf{backward}"]

    def finished(node: int) -> None:
        if node == graph.output:
            rows.append(f"{slopes[node]} &= 1")
            return
        terms = sums.get(node, [("0", None)])
        worked = [own for _, own in terms if own is not None]
        both = _added(worked) if len(worked) == len(terms) else None
        rows.append(_row(slopes[node], _added([text for text, _ in terms]), both, numbers, 1, node))

    for i, template in reversed(plan.templates.items()):
        if graph.constant[i]:
            continue
        finished(i)
        for j, text in zip(graph.tape.of(i), template.backward, strict=True):
            if text is None or graph.constant[j]:
                continue
            line = _tidied(text.fill(_holes(plan, i, names, slopes[i])))
            sums.setdefault(j, []).append((line, _worked(plan, text.fill, i, numbers)))
    for j in plan.inputs:
        finished(j)
    return rows


_BREAK = "\\\\\n  &\\qquad"  # of a sum that is too long for a line


def _added(terms: Sequence[str]) -> str:
    """A sum; a long one goes on below."""
    text = "".join(
        (f" {_BREAK} " if k and k % 3 == 0 else " " if k else "") + ("+ " if k else "") + term
        for k, term in enumerate(terms)
    )
    return text.replace("+ -", "- ")


def _row(left: str, text: str, worked: str | None, numbers: Numbers, which: int, node: int) -> str:
    """``q &= x + y = -2 + 5 = 3``; a step that says nothing new is left out."""
    steps = [text]
    if numbers is not None:
        steps += [worked] if worked is not None else []
        steps += [number(numbers[which][node])]
    bare = [step.strip("()") for step in steps]
    kept = [step for k, step in enumerate(steps) if k + 1 == len(steps) or bare[k] != bare[k + 1]]
    return f"{left} &= " + " = ".join(kept)


def _holes(plan: Plan, node: int, names: Mapping[int, str], upstream: str) -> dict[str, str]:
    holes = {f"a{slot}": names[j] for slot, j in enumerate(plan.graph.tape.of(node)) if j in names}
    return {**holes, "out": names[node], "g": upstream}


def _worked(plan: Plan, fill: Callable[[dict[str, str]], str], node: int, numbers: Numbers) -> str | None:
    """The same line with numbers in the place of names; not for cases, which the result decides."""
    if numbers is None:
        return None
    values, grads = numbers
    holes = {f"a{slot}": _bracketed(values[j]) for slot, j in enumerate(plan.graph.tape.of(node))}
    text = fill({**holes, "out": _bracketed(values[node]), "g": _bracketed(grads[node])})
    return None if "cases" in text else _tidied(text)


def _bracketed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("-") or "times" in text else text


TARGET = Target("latex", "the derivation as an align environment, for a handout", ".tex", {"flat": _align})
