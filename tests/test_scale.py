"""A million nodes: built, differentiated and freed, at the default recursion limit and in any shape."""

from __future__ import annotations

import gc
import random
import sys
import weakref
from array import array
from collections.abc import Iterator

import pytest

from gradviz.gates import GATES
from gradviz.graph import Graph
from gradviz.value import Value, apply

MILLION = 1_000_000


@pytest.fixture(autouse=True)
def default_limits() -> Iterator[None]:
    """The recursion limit of a fresh Python; what earlier tests left behind is not visited again and again."""
    limit = sys.getrecursionlimit()
    gc.collect()
    gc.freeze()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(limit)
    gc.unfreeze()


class Witness(Value):
    """A Value that can be watched while it disappears."""

    __slots__ = ("__weakref__",)


def test_a_chain_of_a_million_gates() -> None:
    x, one = Witness(0.5), Value(1.0)
    out: Value = x * one
    for _ in range(MILLION // 2):
        out = -(out + one)
    out.backward()
    assert (out.data, x.grad, one.grad) == (0.5, 1.0, 0.5)
    gone = weakref.ref(x)
    del x
    assert gone() is not None
    del out
    assert gone() is None  # freed at once, without recursion and without the garbage collector


def test_a_random_dag_of_a_million_gates() -> None:
    """Against the sum over paths, counted forwards: the derivative moves from the leaf to the output."""
    dice = random.Random(3)
    leaf = Witness(0.75)
    made: list[Value] = [leaf, Value(-0.5)]
    slopes = array("d", [1.0, 0.0])
    add = GATES["add"]
    for i in range(2, MILLION):
        j, k = i - 1 - int(dice.random() * min(i, 50)), int(dice.random() * i)
        a, b = made[j], made[k]
        if -1 < a.data + b.data < 1:
            made.append(a + b)
            slopes.append(slopes[j] + slopes[k])
        else:
            made.append(a * b)
            slopes.append(slopes[j] * b.data + slopes[k] * a.data)
    out = made[-1]
    out.backward()
    assert out.gate in (add, GATES["mul"])
    assert leaf.grad == pytest.approx(slopes[-1], rel=1e-9)
    assert len(Graph.of(out)) > MILLION // 3
    gone = weakref.ref(leaf)
    del leaf, made, out, a, b
    assert gone() is None


def test_one_sum_of_a_hundred_thousand_operands() -> None:
    leaves = [Value(i) for i in range(100_000)]
    out = apply(GATES["sum"], *leaves)
    out.backward()
    assert out.data == sum(range(100_000))
    assert {leaf.grad for leaf in leaves} == {1.0}


def test_a_fan_out_of_a_hundred_thousand() -> None:
    x = Value(2.0)
    out = apply(GATES["sum"], *[x] * 100_000)
    out.backward()
    assert x.grad == 100_000
    graph = Graph.of(out)
    assert list(graph.fan_out) == [100_000, 0]
    assert len(graph.trace().events) == 100_000


def test_a_diamond_chain_has_more_paths_than_could_be_walked() -> None:
    x = Value(1.0)
    out = x
    for _ in range(1000):
        out = out + out
    out.backward()
    assert x.grad == 2.0**1000
