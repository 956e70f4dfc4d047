"""Every row of the gate table, against central differences in many digits; no derivative is written here.

The tests are parametrized over the table: a new row is tested by being there.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest

from gradviz.errors import GradvizError
from gradviz.gates import GATES, Gate, Kink, Pattern, gate, register, remove
from gradviz.graph import Graph
from gradviz.passes import backward, contribution
from gradviz.value import Value, apply
from tests.oracles import OutsideDomain, central, differences, working_digits

ROWS = pytest.mark.parametrize("row", GATES.values(), ids=lambda row: row.name)
INF, NAN = math.inf, math.nan


def arities(row: Gate, most: int = 5) -> range:
    return range(1, most + 1) if row.arity is None else range(row.arity, row.arity + 1)


def number(dice: random.Random) -> float:
    """A number as it comes: usual, near an edge of some gate's domain, tiny or large."""
    sign = dice.choice((-1.0, 1.0))
    kind = dice.randrange(7)
    if kind == 0:
        return sign * 10 ** dice.uniform(-12, -3)
    if kind == 1:
        return sign * (1 + dice.choice((-1, 1)) * 10 ** dice.uniform(-10, -2))  # asin, acos, log1p
    if kind == 2:
        return sign * 10 ** dice.uniform(1, 6)
    if kind == 3:
        return dice.uniform(-1, 1)
    return dice.uniform(-3, 3)


FAR = (1e-300, -1e-300, 1e-160, 1e160, -1e160, 1e300, -1e300, 30.0, -30.0, 700.0, -700.0, 0.0)


def points(row: Gate, many: int = 120, far: Sequence[float] = FAR) -> Iterator[tuple[float, ...]]:
    """Points off the kinks, the same in every run."""
    dice = random.Random(f"gradviz {row.name}")
    for arity in arities(row):
        for _ in range(many):
            yield tuple(number(dice) for _ in range(arity))
        for x in far:
            yield tuple(x if i == 0 else number(dice) for i in range(arity))
            yield tuple(number(dice) if i == 0 else x for i in range(arity))


def corners(row: Gate) -> Iterator[tuple[float, ...]]:
    """A grid of small integers: the kinks and ties of every gate lie on it."""
    for arity in arities(row, 4):
        for operands in itertools.product((-1.0, 0.0, 1.0, 2.0), repeat=arity):
            if row.name != "clip" or operands[1] < operands[2]:  # bounds the right way round
                yield operands


def exact(row: Gate, operands: Sequence[float]) -> tuple[Any, tuple[Any, ...]]:
    numbers = [mpmath.mpf(x) for x in operands]
    out = row.exact_value(*numbers)
    return out, row.exact_locals(out, *numbers)


def wrong_locals(row: Gate, among: Iterable[tuple[float, ...]] | None = None) -> list[str]:
    """Where the row's partials differ from central differences of its value; empty for a right row."""
    wrong, compared = [], 0
    for operands in points(row) if among is None else among:
        if row.at_kink(row.value(*operands), *operands):
            continue
        with mpmath.workdps(working_digits(operands)):
            for slot in range(len(operands)):
                try:
                    slope = central(row, operands, slot)
                except OutsideDomain:
                    continue
                local = exact(row, operands)[1][slot]
                compared += 1
                if not abs(local - slope) <= 1e-12 * abs(slope) + mpmath.mpf(10) ** -25:
                    wrong.append(f"{row.name}{operands}, slot {slot}: {local} for {slope}")
    assert compared >= 40, f"only {compared} points of {row.name} lie in its domain"
    return wrong


def wrong_at_corners(row: Gate) -> list[str]:
    """Where the kinks differ from the row's word on them: interval, chosen value, and that there are no others."""
    wrong, kinks = [], 0
    for operands in corners(row):
        out = row.value(*operands)
        for slot in range(len(operands)):
            with mpmath.workdps(80):
                try:
                    left, right = differences(row, operands, slot)
                except OutsideDomain:
                    continue
            local = row.locals(out, *operands)[slot]
            where = f"{row.name}{operands}, slot {slot}: {local} for {float(left)} and {float(right)}"
            if max(abs(left), abs(right)) > 1e9:  # a jump: nothing may flow
                right_there = row.selects and local == 0
            elif abs(left - right) < 1e-9:
                right_there = abs(local - left) < 1e-9
            else:
                kinks += 1
                right_there = row.kink is not None and row.at_kink(out, *operands)
                if right_there:
                    sides = sorted(row.one_sided(out, *operands))
                    right_there = (
                        np.allclose(sides, sorted([float(left), float(right)]), atol=1e-9, rtol=0)
                        and sides[0] <= local <= sides[1]
                    )
            if not right_there:
                wrong.append(where)
    assert (kinks > 0) == (row.kink is not None), f"{row.name} has {kinks} kinks on the grid"
    return wrong


@ROWS
def test_locals_are_the_slopes_of_the_value(row: Gate) -> None:
    assert not wrong_locals(row)


@ROWS
def test_kinks_are_where_the_row_says(row: Gate) -> None:
    assert not wrong_at_corners(row)


@ROWS
def test_the_oracle_catches_a_wrong_rule(row: Gate) -> None:
    for slot in range(len(row.partials)):
        bent = list(row.partials)
        bent[slot] = f"({bent[slot]}) * 1.000001 + 0.0000017"
        assert wrong_locals(dataclasses.replace(row, partials=tuple(bent)), points(row, far=())), f"slot {slot}"


@pytest.mark.parametrize(
    ("name", "kink"),
    [
        ("relu", None),
        ("relu", Kink("a == 0", "0", "0.5", "wrong slope")),
        ("relu", Kink("a == 1", "0", "1", "wrong place")),
        ("max", Kink("count(args, out) > 2", "0", "1", "forgets a tie of two")),
        ("exp", Kink("a == 0", "0", "1", "a kink that is none")),
    ],
)
def test_the_oracle_catches_a_wrong_kink(name: str, kink: Kink | None) -> None:
    bent = dataclasses.replace(GATES[name], kink=kink)
    with pytest.raises(AssertionError):
        assert not wrong_at_corners(bent)


@ROWS
def test_ties_and_floats_at_kinks_take_a_right_slope(row: Gate) -> None:
    """What the pass computes at a kink, in floats, is the same in blocks and in many digits."""
    for operands in corners(row):
        out = row.value(*operands)
        if row.kink is not None and row.at_kink(out, *operands):
            assert row.locals(out, *operands) == tuple(map(float, exact(row, operands)[1]))


def close(got: float, wanted: Any, spread: Any, scale: float) -> bool:
    """Equal up to rounding: of the operands (what one unit in their last place does), and of the result."""
    if not abs(wanted) < 1e300:
        return not abs(got) < 1e299
    return bool(abs(got - wanted) <= 16 * spread + 1e-13 * abs(wanted) + 2e-15 * scale + 1e-300)


@ROWS
def test_floats_agree_with_many_digits(row: Gate) -> None:
    """The float forms are the exact forms up to rounding, also for tiny and for large operands."""
    ulp = mpmath.mpf(2) ** -52
    for operands in points(row):
        with mpmath.workdps(working_digits(operands)):
            try:
                for slot in range(len(operands)):
                    central(row, operands, slot)
                out, slopes = exact(row, operands)
            except OutsideDomain:
                continue
            spread, spreads = mpmath.mpf(0), [mpmath.mpf(0) for _ in slopes]
            for slot, sign in itertools.product(range(len(operands)), (-1, 1)):
                moved = [x * (1 + sign * ulp) if i == slot else x for i, x in enumerate(map(mpmath.mpf, operands))]
                try:
                    there, theirs = exact(row, moved)
                    spread = max(spread, abs(there - out))
                    spreads = [max(s, abs(a - b)) for s, a, b in zip(spreads, theirs, slopes, strict=True)]
                except (TypeError, ValueError, ZeroDivisionError):
                    continue
        got = row.value(*operands)
        assert type(got) is float
        scale = 1.0 if abs(got) < 1e290 else 0.0
        assert close(got, out, spread, 0.0), f"{row.name}{operands} = {got}, not {mpmath.nstr(out, 17)}"
        for local, slope, moved_by in zip(row.locals(got, *operands), slopes, spreads, strict=True):
            assert type(local) is float
            assert close(local, slope, moved_by, scale), f"{row.name}{operands}: {local}, not {mpmath.nstr(slope, 17)}"


def same(a: Any, b: Any) -> bool:
    """Equal to a few units in the last place, nan equal to nan."""
    return bool(np.allclose(a, b, rtol=1e-12, atol=1e-307, equal_nan=True))


def in_blocks(row: Gate, columns: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        out = row.block_value(*columns)
        return out, row.block_locals(out, *columns)


def compare_with_blocks(row: Gate, many: Sequence[tuple[float, ...]]) -> None:
    columns = [np.array(column) for column in zip(*many, strict=True)]
    out, slopes = in_blocks(row, columns)
    assert np.shape(out) == (len(many),)
    for i, operands in enumerate(many):
        value = row.value(*operands)
        assert type(value) is float
        assert same(value, out[i]), f"{row.name}{operands} = {value}, in a block {out[i]}"
        for slot, local in enumerate(row.locals(value, *operands)):
            assert type(local) is float
            there = np.broadcast_to(slopes[slot], len(many))[i]
            assert same(local, there), f"{row.name}{operands}, slot {slot}: {local}, in a block {there}"


@ROWS
def test_blocks_are_the_floats(row: Gate) -> None:
    for arity in arities(row):
        compare_with_blocks(row, [p for p in [*points(row), *corners(row)] if len(p) == arity])


EDGES = (NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1 / 3, -8.0, 1000.0, -1000.0, 1e308, -1e308, 5e-324)


@ROWS
def test_ieee_edges_are_the_same_in_floats_and_blocks(row: Gate) -> None:
    """No exception, no warning; nan where IEEE says nan."""
    for arity in arities(row, 3):
        edges = EDGES if arity < 3 else EDGES[:7]
        compare_with_blocks(row, list(itertools.product(edges, repeat=arity)))


@pytest.mark.parametrize(
    ("name", "operands", "wanted"),
    [
        ("div", (1, 0), INF),
        ("div", (-1, 0), -INF),
        ("div", (1, -0.0), -INF),
        ("div", (0, 0), NAN),
        ("reciprocal", (0,), INF),
        ("log", (0,), -INF),
        ("log", (-1,), NAN),
        ("log1p", (-1,), -INF),
        ("sqrt", (-1,), NAN),
        ("exp", (1000,), INF),
        ("exp", (-1000,), 0.0),
        ("sinh", (-1000,), -INF),
        ("cosh", (-1000,), INF),
        ("pow", (0, -1), INF),
        ("pow", (0, 0), 1.0),
        ("pow", (-8, 1 / 3), NAN),
        ("pow", (-10, 401), -INF),
        ("pow", (NAN, 0), 1.0),
        ("sub", (INF, INF), NAN),
        ("max", (NAN, 1), NAN),
        ("max", (1, NAN), NAN),
        ("min", (1, NAN), NAN),
        ("relu", (NAN,), NAN),
        ("abs", (NAN,), NAN),
        ("clip", (NAN, 0, 1), NAN),
        ("where", (1, 2, NAN), 2.0),
        ("where", (0, NAN, 3), 3.0),
        ("where", (0, 3, NAN), NAN),
        ("gelu", (1e200,), 1e200),
        ("softplus", (1e308,), 1e308),
        ("sigmoid", (-1000,), 0.0),
        ("sin", (INF,), NAN),
        ("lt", (NAN, 1), 0.0),
        ("ne", (NAN, NAN), 1.0),
    ],
)
def test_ieee_answers(name: str, operands: tuple[float, ...], wanted: float) -> None:
    operands = tuple(map(float, operands))
    assert same(GATES[name].value(*operands), wanted)
    assert same(in_blocks(GATES[name], [np.array([x]) for x in operands])[0][0], wanted)
    assert same(apply(GATES[name], *operands).data, wanted)


@ROWS
def test_many_digits_know_inf_and_nan_too(row: Gate) -> None:
    """Outside its domain the mpmath form answers inf or nan as the float form does: never complex, no exception."""
    for arity in arities(row, 3):
        for operands in itertools.product(EDGES[:11] if arity < 3 else EDGES[:6], repeat=arity):
            if any(map(math.isinf, operands)):
                continue  # mpmath's inf is no IEEE inf (sin, pow): finite operands are what it is asked for
            if any(x == 0 and math.copysign(1, x) < 0 for x in operands) or (row.name == "pow" and NAN in operands):
                continue  # mpmath has no -0, and takes nan to the power 0 for nan, where IEEE says 1
            value, slopes = exact(row, operands)
            assert isinstance(value, mpmath.mpf | float | int)
            floats = row.value(*operands)
            assert same(float(value), floats), f"{row.name}{operands} = {value}, in floats {floats}"
            for exactly, local in zip(slopes, row.locals(floats, *operands), strict=True):
                assert same(float(exactly), local), f"{row.name}{operands}: {exactly}, in floats {local}"


def test_the_distance_from_zero_is_not_minus_zero() -> None:
    for zero in (0.0, -0.0):
        assert math.copysign(1, GATES["abs"].value(zero)) == 1
        assert math.copysign(1, in_blocks(GATES["abs"], [np.array([zero])])[0][0]) == 1


@pytest.mark.parametrize(
    ("name", "operands", "taken"),
    [
        ("max", (3.0, 1.0, 2.0), (1, 0, 0)),
        ("min", (3.0, 1.0, 2.0), (0, 1, 0)),
        ("relu", (-1.0,), (0,)),
        ("where", (1.0, 5.0, 6.0), (0, 1, 0)),
        ("where", (0.0, 5.0, 6.0), (0, 0, 1)),
        ("clip", (5.0, 0.0, 1.0), (0, 0, 1)),
        ("lt", (1.0, 2.0), (0, 0)),
    ],
)
@pytest.mark.parametrize("upstream", [INF, -INF, NAN])
def test_routers_select_and_do_not_multiply(
    name: str, operands: tuple[float, ...], taken: tuple[int, ...], upstream: float
) -> None:
    row = GATES[name]
    assert row.selects
    leaves = [Value(x) for x in operands]
    graph = Graph.of(apply(GATES["mul"], apply(row, *leaves), Value(upstream)))
    trace = graph.trace()
    events = [e for e in trace.events if graph.gates[e.node] is row]
    points = Graph.of(apply(GATES["mul"], apply(row, *leaves), Value(1, label="up"))).trace(up=np.array([upstream, 1]))
    for event, on in zip(events, taken, strict=True):
        assert same(event.contribution, upstream if on else 0.0)
        assert trace.gradients is not None
        assert points.gradients is not None
        assert same(trace.gradients[event.operand], upstream if on else 0.0)
        assert same(points.gradients[event.operand], [upstream if on else 0.0, float(on)])
        assert contribution(row, upstream, 0.0) == 0.0


# --- the textbook forms, in the language ---------------------------------------------------------------


@pytest.mark.parametrize("row", [r for r in GATES.values() if r.textbook], ids=lambda row: row.name)
def test_the_textbook_form_is_the_same_function(row: Gate) -> None:
    from gradviz.language import build

    assert row.textbook is not None
    dice = random.Random(f"textbook {row.name}")
    compared = 0
    for _ in range(40):
        operands = sorted(dice.uniform(-3, 3) for _ in range(row.arity or 2))
        if row.name == "clip":
            operands = [dice.uniform(-3, 3), *operands[:: max(1, len(operands) - 1)]][:3]
        named = dict(zip("abc", operands, strict=False))
        trace = build(row.textbook, named).trace()
        value = row.value(*operands)
        if math.isnan(value):
            continue
        compared += 1
        assert trace.output == pytest.approx(value, rel=1e-12, abs=1e-14)
        for name, local in zip("abc", row.locals(value, *operands), strict=False):
            assert trace[name].grad == pytest.approx(local, rel=1e-11, abs=1e-13), f"{row.textbook}, d/d{name}, {named}"
    assert compared >= 15


# --- the table as such ---------------------------------------------------------------------------------


def test_names_and_spellings_are_unique() -> None:
    words = [word for row in GATES.values() for word in {row.name, *row.spellings}]
    assert len(words) == len(set(words))
    assert all(GATES[row.name] is row and gate(row.name) is row for row in GATES.values())


@ROWS
def test_a_row_is_complete(row: Gate) -> None:
    assert row.about
    assert row.name.isidentifier()
    assert len(row.partials) == (row.arity or 1)
    assert row.glyph or row.pattern is Pattern.COPIES


HYPOT = Gate(
    "hypot",
    "hyp",
    "sqrt(a * a + b * b)",
    ("a / out", "b / out"),
    arity=2,
    spellings=("hypotenuse",),
    about="the length of (a, b)",
)


def test_a_gate_registered_at_run_time_is_a_gate_like_any_other() -> None:
    before = list(GATES)
    register(HYPOT)
    try:
        assert list(GATES) == [*before, "hypot"]
        assert gate("hypot") is HYPOT
        assert not wrong_locals(HYPOT)
        compare_with_blocks(HYPOT, [p for p in points(HYPOT) if max(map(abs, p)) < 1e100])
        x, y = Value(3, label="x"), Value(4, label="y")
        out = x.hypot(y) * 2
        out.backward()
        assert (out.data, x.grad, y.grad) == (10.0, 1.2, 1.6)
        trace = Graph.of(out).trace(x=np.array([3.0, 0.0]), y=np.array([4.0, 0.0]))
        assert same(trace.output, [10.0, 0.0])
        assert same(trace["x"].grad, [1.2, NAN])  # a cone has no slope at its tip
        assert float(HYPOT.exact_value(mpmath.mpf(3), mpmath.mpf(4))) == 5.0
        with pytest.raises(GradvizError, match="already is a gate called 'hypot'"):
            register(HYPOT)
    finally:
        remove(HYPOT)
    assert list(GATES) == before
    with pytest.raises(GradvizError, match="no gate 'hypot'"):
        gate("hypot")
    with pytest.raises(AttributeError):
        x.hypot(y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "add"}, "already is a gate called 'add'"),
        ({"name": "input"}, "already is a gate called 'input'"),
        ({"name": "σ"}, "already is a gate called 'σ'"),
        ({"spellings": ("ln",)}, "already is a gate called 'ln'"),
        ({"partials": ("1",)}, "needs 2 partials"),
        ({"arity": None}, "needs 1 partials"),
        ({"formula": "a +"}, "do not compile"),
        ({"formula": "a + nowhere"}, "do not compile"),
        ({"formula": "nothing(a)"}, "do not compile"),
        ({"formula": "a.real"}, "do not compile"),
        ({"formula": "a if a else b"}, "do not compile"),
        ({"formula": "a and b"}, "do not compile"),
        ({"formula": "a // b"}, "do not compile"),
        ({"formula": "__import__('os').system('true')"}, "do not compile"),
        ({"formula": "out"}, "do not compile"),
        ({"formula": "c"}, "do not compile"),
        ({"partials": ("1", "1 if a < b < 3 else 0")}, "do not compile"),
        ({"partials": ("1", "[1]")}, "do not compile"),
        ({"kink": Kink("a = 0", "0", "1", "")}, "do not compile"),
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_register_refuses_what_is_no_gate(change: dict[str, Any], said: str) -> None:
    before = dict(GATES)
    row = (
        dataclasses.replace(HYPOT, spellings=(), **{"name": "length", **change})
        if "spellings" not in change
        else (dataclasses.replace(HYPOT, **{"name": "length", **change}))
    )
    with pytest.raises(GradvizError, match=said):
        register(row)
    assert before == GATES


def test_partials_of_the_pass_come_from_the_table() -> None:
    """A wrong row makes the pass wrong: no second place knows a derivative."""
    row = register(dataclasses.replace(HYPOT, name="bent", spellings=(), partials=("7", "b / out")))
    try:
        out = apply(row, Value(3), Value(4))
        graph = Graph.of(out)
        assert backward(graph.tape, graph.trace().values, graph.output)[0] == 7.0
    finally:
        remove(row)
