"""Derivations made of random graphs, right or with one planted error, in every format that is read.

The numbers come from a few lines of their own here and not from the engine.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from typing import NamedTuple

INPUTS = ("a", "b", "c")
STEPS = ("p", "q", "r", "s", "t", "u")


class Gate(NamedTuple):
    text: str
    value: Callable[..., float]
    locals: tuple[str, ...]


#: In texts and locals: 1 and 2 are the operands, 0 is the gate itself.
GATES = {
    "mul": Gate("{1}*{2}", lambda x, y: x * y, ("{2}", "{1}")),
    "add": Gate("{1} + {2}", lambda x, y: x + y, ("1", "1")),
    "sub": Gate("{1} - {2}", lambda x, y: x - y, ("1", "(-1)")),
    "square": Gate("{1}^2", lambda x: x * x, ("2*{1}",)),
    "tanh": Gate("tanh({1})", math.tanh, ("(1 - {0}^2)",)),
    "sigmoid": Gate("sigma({1})", lambda x: 1 / (1 + math.exp(-x)), ("{0}*(1 - {0})",)),
}


class Wrong(NamedTuple):
    rule: str
    node: str
    formula: str


class Derivation(NamedTuple):
    lines: list[str]  # in plain text
    planted: int | None  # index of the wrong line
    quantity: str | None
    rule: str | None
    separable: bool


class Circuit:
    """A small random graph with its numbers, and every line of its derivation."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.steps: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.at = {name: self.dice.choice([-1, 1]) * self.dice.randint(15, 30) / 10 for name in INPUTS}
        free = list(INPUTS)
        known = list(INPUTS)
        for name in STEPS[: self.dice.randint(2, 4)]:
            kind = self.dice.choice(list(GATES))
            count = len(GATES[kind].locals)
            first = self.dice.choice(free)
            others = [n for n in known if n != first]
            operands = (first, *self.dice.sample(others, count - 1))
            self.steps[name] = kind, operands
            free = [n for n in free if n not in operands] + [name]
            known.append(name)
        at = 0
        while len(free) > 1:  # the rest is multiplied or added up
            name = "L" if len(free) == 2 else f"h_{at}"
            self.steps[name] = self.dice.choice(["mul", "add", "mul"]), (free[0], free[1])
            free = [*free[2:], name]
            at += 1
        if "L" not in self.steps:
            self.steps["L"] = "mul", (free[0], known[0])
        self.values = dict(self.at)
        for name, (kind, operands) in self.steps.items():
            self.values[name] = GATES[kind].value(*(self.values[n] for n in operands))

    def text(self, name: str) -> str:
        return self._filled(GATES[self.steps[name][0]].text, name)

    def _filled(self, pattern: str, name: str) -> str:
        return pattern.format(name, *self.steps[name][1])

    def shares(self, node: str) -> list[tuple[str, str]]:
        """(the consumer, the local derivative as text), one a use."""
        return [
            (user, self._filled(GATES[kind].locals[slot], user))
            for user, (kind, operands) in self.steps.items()
            for slot, operand in enumerate(operands)
            if operand == node
        ]

    def right(self, node: str) -> str:
        return " + ".join(f"dL/d{user} * {local}" if user != "L" else local for user, local in self.shares(node))

    def order(self) -> list[str]:
        """Nodes to differentiate by, from the output to the inputs."""
        return [*[n for n in reversed(self.steps) if n != "L"], *INPUTS]

    def number(self, formula: str, slopes: dict[str, float], values: dict[str, float] | None = None) -> float:
        """A formula of this file as a number; the texts are ours, so that Python may read them."""
        spelled = re.sub(r"dL/d(\w+)", lambda m: f"S['{m[1]}']", formula).replace("^", "**")
        names = {**(values or self.values), "S": slopes}
        return float(eval(spelled, {"__builtins__": {}}, names))

    def slopes(self, values: dict[str, float] | None = None) -> dict[str, float]:
        found: dict[str, float] = {}
        for node in self.order():
            found[node] = self.number(self.right(node), found, values) if self.shares(node) else 0.0
        return found

    def wrongs(self, node: str) -> list[Wrong]:
        """What a learner may write instead."""
        shares = self.shares(node)
        found: list[Wrong] = []

        def add(rule: str, formula: str) -> None:
            found.append(Wrong(rule, node, formula))

        def joined(at: int, local: str) -> str:
            parts = [f"dL/d{u} * {local if k == at else loc}" if u != "L" else (local if k == at else loc)
                     for k, (u, loc) in enumerate(shares)]  # fmt: skip
            return " + ".join(parts)

        for at, (user, local) in enumerate(shares):
            kind, operands = self.steps[user]
            if kind == "mul":
                add("mul_not_swapped", joined(at, node))
            if kind == "sub" and operands[1] == node:
                add("sign_error", joined(at, "1"))
            if kind == "tanh":
                add("tanh_derivative_wrong", joined(at, f"(1 - {user})"))
            if kind == "sigmoid":
                add("sigmoid_derivative_wrong", joined(at, f"{user}*(1 + {user})"))
            if kind == "square":
                add("power_rule_wrong", joined(at, node))
            if user != "L" and len(shares) == 1:
                add("upstream_dropped", local)
                add("local_dropped", f"dL/d{user}")
                add("added_not_multiplied", f"dL/d{user} + {local}")
        if len(shares) > 1:
            for at in range(len(shares)):
                kept = [f"dL/d{u} * {loc}" if u != "L" else loc for k, (u, loc) in enumerate(shares) if k != at]
                add("fanout_not_summed", " + ".join(kept))
        return found

    def _wrong_choices(self, nodes: list[str]) -> list[Wrong]:
        """What is wrong in both readings of ∂: over all paths, and with the other steps held fixed."""
        found = []
        for node in nodes:
            held = " + ".join(local for user, local in self.shares(node) if user == "L")
            right = [self.right(node), *([held] if held else [])]
            found += [w for w in self.wrongs(node) if not any(self._same(w.formula, r) for r in right)]
        return found

    def _elsewhere(self, k: int) -> dict[str, float]:
        values = {name: x * (1 + 0.17 * k) + 0.1 * k * (i + 1) for i, (name, x) in enumerate(self.at.items())}
        for name, (kind, operands) in self.steps.items():
            values[name] = GATES[kind].value(*(values[n] for n in operands))
        return values

    def _same(self, one: str, other: str) -> bool:
        for k in (0, 1, 2):
            values = self._elsewhere(k)
            slopes = self.slopes(values)
            a, b = self.number(one, slopes, values), self.number(other, slopes, values)
            if abs(a - b) > 1e-6 * max(1.0, abs(a)):
                return False
        return True

    def derivation(self, *, planted: bool) -> Derivation | None:
        """The lines; None where no error can be planted, or numbers are not fit for a page."""
        wrong: Wrong | None = None
        separable = True
        if planted:
            nodes = [n for n in self.order() if self.shares(n)]
            choices = self._wrong_choices(nodes)
            if not choices:
                return None
            rule = self.dice.choice(sorted({w.rule for w in choices}))
            wrong = self.dice.choice([w for w in choices if w.rule == rule])
            separable = not any(
                w.rule != wrong.rule and self._same(w.formula, wrong.formula) for w in self.wrongs(wrong.node)
            )
        lines = [f"{name} = {value:g}" for name, value in self.at.items()]
        lines += [f"{name} = {self.text(name)} = {_shown(self.values[name])}" for name in self.steps]
        slopes: dict[str, float] = {}
        index = None
        for node in self.order():
            if not self.shares(node):
                continue
            formula = self.right(node)
            if wrong is not None and wrong.node == node:
                formula, index = wrong.formula, len(lines)
            slopes[node] = self.number(formula, slopes)
            lines.append(f"dL/d{node} = {formula} = {_shown(slopes[node])}")
        numbers = [*self.values.values(), *slopes.values()]
        if any(x != 0 and not 1e-2 < abs(x) < 1e4 for x in numbers):
            return None
        if any(abs(float(_shown(x)) - x) > 1e-12 and len(_shown(x)) < 6 for x in numbers):
            return None  # tanh so near to 1 that it would be written as 1
        return Derivation(lines, index, wrong and f"dL/d{wrong.node}", wrong and wrong.rule, separable)


def _shown(value: float) -> str:
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def latex(line: str) -> str:
    """A line in LaTeX."""
    line = re.sub(r"dL/d(\w+)", lambda m: rf"\frac{{\partial L}}{{\partial {m[1]}}}", line)
    for plain, spelled in (("*", r" \cdot "), ("tanh", r"\tanh"), ("sigma", r"\sigma")):
        line = line.replace(plain, spelled)
    return line


def rendered(lines: list[str], suffix: str) -> tuple[str, dict[int, int]]:
    """A document, and for every line of the derivation the line of the file (of the cell) it stands on."""
    if suffix == ".txt":
        return "\n".join(lines) + "\n", {i: i + 1 for i in range(len(lines))}
    if suffix == ".md":
        text = ["# Backprop by hand", ""] + [f"- ${latex(line)}$" for line in lines]
        return "\n".join(text) + "\n", {i: i + 3 for i in range(len(lines))}
    if suffix == ".tex":
        head = [r"\documentclass{article}", r"\begin{document}", "We go backwards.", r"\begin{align*}"]
        rows = [latex(line).replace(" = ", " &= ", 1) + r" \\" for line in lines]
        tail = [r"\end{align*}", r"\end{document}"]
        return "\n".join([*head, *rows, *tail]) + "\n", {i: i + 5 for i in range(len(lines))}
    cells = [
        {"cell_type": "code", "source": "import os; os.abort()", "metadata": {}, "outputs": [], "execution_count": 1},
        {"cell_type": "markdown", "source": [f"$${latex(line)}$$\n" for line in lines], "metadata": {}},
    ]
    book = {"cells": cells, "metadata": {"authors": [{"name": "Ann"}]}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book), {i: i + 1 for i in range(len(lines))}
