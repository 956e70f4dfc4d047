"""Sharing the places of variables changes no number: the program as printed is the oracle."""

from __future__ import annotations

import ast
import random
from typing import Any

import numpy as np
import pytest

import gradviz
from gradviz.code import generate
from gradviz.code.flat import function_name
from gradviz.code.slots import reuse


def made(source: str, share: bool) -> Any:
    """The function of a printed program, as it stands or with shared places."""
    tree, function, names = ast.parse(source), function_name(source), {}
    exec(compile(reuse(tree, function) if share else tree, "<test>", "exec"), names)
    return names[function]


def graph(seed: int) -> gradviz.Graph:
    """A random graph with fan-out and gates of many kinds."""
    dice = random.Random(seed)
    lines = [f"x{i} = {dice.uniform(0.5, 2)!r}" for i in range(4)]
    names = [f"x{i}" for i in range(4)]
    kinds = ["{a} + {b}", "{a} * {b}", "{a} - {b}", "tanh({a})", "relu({a})", "max({a}, {b}, 0.3)", "sin({a}) / {b}",
             "sigmoid({a})", "abs({b})", "where({a} > {b}, {a}, 0.1)", "softplus({a})"]  # fmt: skip
    for i in range(30):
        lines.append(f"n{i} = " + dice.choice(kinds).format(a=dice.choice(names), b=dice.choice(names[-4:])))
        names.append(f"n{i}")
    return gradviz.graph("\n".join([*lines, f"f = {' + '.join(names[-6:])}"]))


@pytest.mark.parametrize("seed", range(25))
def test_same_numbers_to_the_last_bit(seed):
    g = graph(seed)
    source = generate(g, "python")
    assert repr(made(source, True)()) == repr(made(source, False)())
    source, points = generate(g, "numpy"), [np.linspace(-2, 2 + i, 7) for i in range(len(g.inputs))]
    given = [p.copy() for p in points]
    (a, da), (b, db) = made(source, True)(*points), made(source, False)(*given)
    np.testing.assert_array_equal(a, b)
    for name in da:
        np.testing.assert_array_equal(da[name], db[name])
    np.testing.assert_array_equal(points, given)


def test_a_chain_needs_few_places():
    g = gradviz.graph("\n".join(["v0 = x + x", *(f"v{i} = v{i - 1} + x" for i in range(1, 200))]), x=1.0)
    assert made(generate(g, "python"), False).__code__.co_nlocals > 400
    assert made(generate(g, "python"), True).__code__.co_nlocals < 10
    assert g.compile()() == (201.0, {"x": 201.0})


def names_in(text: str) -> set[str]:
    """The names of a function after sharing."""
    return {n.id for n in ast.walk(reuse(ast.parse(text), "f")) if isinstance(n, ast.Name)}


def test_parameters_and_scopes_keep_their_names():
    assert names_in("def f(x):\n x = x + 1\n return x") == {"x"}
    kept = names_in("def f(x):\n a = x * 2\n g = lambda: a\n b = g()\n return b")
    assert {"a", "g"} <= kept
    assert "b" not in kept


def test_what_is_not_straight_is_kept():
    assert "a" in names_in("def f(x):\n a = x\n if a > 0:\n  a = 2 * a\n return a")
