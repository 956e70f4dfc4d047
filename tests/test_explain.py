"""A local derivative as a formula says the number that the engine has for it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradviz
from gradviz.explain import local_symbol
from gradviz.formulas import PRIMITIVES
from gradviz.gates import GATES


def symbols(source: str, **values: Any) -> dict[tuple[str, str], str]:
    trace = gradviz.graph(source).trace(**values)
    names = trace.graph.names
    return {(names[e.node], names[e.operand]): local_symbol(trace, e.node, e.slot) for e in trace.events}


@pytest.mark.parametrize(
    ("source", "operand", "symbol"),
    [
        ("f = w^2", "w", "2·w"),
        ("f = w^3", "w", "3·w^2"),
        ("f = w^1", "w", ""),
        ("f = w^0.5", "w", "0.5·w^-0.5"),
        ("f = 2^w", "w", "f·log(2)"),
        ("f = x*w", "w", "x"),
        ("f = max(x, w)", "w", ""),
        ("f = max(w, x, w)", "w", ""),
        ("f = sigmoid(w)", "w", "f·(1 - f)"),
        ("f = gelu(w)", "w", ""),
    ],
)
def test_symbols(source: str, operand: str, symbol: str) -> None:
    found = symbols(source, **{name: 3.0 if name == "w" else 2.0 for name in ("w", "x") if name in source[1:]})
    assert found["f", operand] == symbol


FUNCTIONS: dict[str, Any] = {name: getattr(math, name) for name in PRIMITIVES if hasattr(math, name)}
CALLS = {row.name: 2 if row.arity is None else row.arity for row in GATES.values() if row.arity != 0 and not row.infix}


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([*CALLS, "^", "^", "/"]),
    st.lists(st.sampled_from([0.5, 2.0, 3.0, 0.25, 1.5, -0.75]), min_size=3, max_size=3),
    st.integers(0, 2),
)
def test_a_symbol_has_the_value_of_the_local_derivative(gate: str, numbers: list[float], constant: int) -> None:
    names = [repr(abs(n)) if k == constant else "pqr"[k] for k, n in enumerate(numbers)]
    count = CALLS.get(gate, 2)
    if gate == "copy":
        return
    source = f"f = {gate}({', '.join(names[:count])})" if gate in CALLS else f"f = {names[0]} {gate} {names[1]}"
    values: dict[str, Any] = {n: x for n, x in zip(names[:count], numbers, strict=False) if n in "pqr"}
    if not values:
        return
    trace = gradviz.graph(source).trace(**values)
    for event in trace.events:
        symbol = local_symbol(trace, event.node, event.slot)
        if not symbol or not math.isfinite(event.local):
            continue
        scope = {**FUNCTIONS, "sigmoid": lambda z: 1 / (1 + math.exp(-z)), **values, "f": trace.values[event.node]}
        said = eval(symbol.replace("·", "*").replace("^", "**"), {"__builtins__": {}}, scope)  # the table's own formula
        assert said == pytest.approx(event.local, rel=1e-3), (source, symbol)
