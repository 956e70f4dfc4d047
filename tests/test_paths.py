"""The sum over paths is the gradient; paths are counted exactly, however many there are."""

from __future__ import annotations

import random
from math import comb

import networkx as nx
import pytest

import gradviz
from gradviz.calculus.paths import LONGEST, MOST_PATHS, counted
from gradviz.cli.packaged import examples
from gradviz.errors import GradvizError
from gradviz.gates import CONST, register, remove
from gradviz.graph import Graph
from tests.test_calculus import close, example_graph, random_graphs


def doubling(times: int) -> Graph:
    return gradviz.graph("; ".join(["a0 = x + x", *(f"a{k} = a{k - 1} + a{k - 1}" for k in range(1, times))]), x=1)


@pytest.mark.parametrize("name", [example.name for example in examples()])
def test_the_sum_over_paths_is_the_gradient_on_all_examples(name: str) -> None:
    graph = example_graph(name)
    trace = graph.trace()
    for wrt in graph.names:
        if graph.gates[graph.id(wrt) if wrt in graph._ids else 0] is not CONST and wrt in graph._ids:
            found = graph.paths(wrt)
            assert found.listed
            assert close(found.sum, trace[wrt].grad)
            assert found.gradient == trace[wrt].grad


def test_the_sum_over_paths_is_the_gradient_on_random_graphs() -> None:
    several = 0
    for graph in random_graphs(400, 23):
        trace = graph.trace()
        for wrt in graph.inputs:
            found = graph.paths(wrt)
            several += found.count > 2
            if found.listed:
                assert len(found.found) == found.count
                assert close(found.sum, trace[wrt].grad), (found.sum, trace[wrt].grad)
    assert several > 50


def test_paths_are_those_of_networkx() -> None:
    """Counted by another library, every operand slot an edge of its own."""
    for graph in random_graphs(60, 31):
        drawn = nx.MultiDiGraph()
        drawn.add_nodes_from(range(len(graph)))
        for i in range(len(graph)):
            drawn.add_edges_from((i, j) for j in graph.operands(i))
        for wrt in graph.inputs:
            node = graph.id(wrt)
            if node == graph.output:
                continue
            wanted = list(nx.all_simple_edge_paths(drawn, graph.output, node))
            found = graph.paths(wrt)
            assert found.count == len(wanted)
            assert found.by_paths == sum(len(way) - 1 for way in wanted)
            used = {edge for way in wanted for edge in way}
            assert found.by_reverse == sum(edge[0] != graph.output for edge in used)
            if found.listed:
                assert sorted(path.nodes for path in found) == sorted(
                    (graph.output, *(edge[1] for edge in way)) for way in wanted
                )


def test_one_path_in_full() -> None:
    found = gradviz.graph("q = x + y; f = q*z", x=-2, y=5, z=-4).paths("x")
    [path] = found
    assert [found.graph.names[i] for i in path.nodes] == ["f", "q", "x"]
    assert (path.slots, path.factors, path.product) == ((0, 0), ("z", "1"), "z")
    assert (path.locals, path.value) == ((-4.0, 1.0), -4.0)
    assert (found.sum, found.gradient, found.by_paths, found.by_reverse) == (-4.0, -4.0, 1, 1)
    assert repr(found) == "<1 path from f to x>"


def test_without_numbers_there_are_formulas() -> None:
    found = gradviz.graph("f = x*y + x").paths("x")
    assert [path.product for path in found] == ["y", "1"]
    assert [path.value for path in found] == [None, None]
    assert found.sum is None
    assert found.gradient is None


def test_the_same_operand_twice_is_two_paths() -> None:
    found = gradviz.graph("f = x*x", x=3).paths("x")
    assert [(path.slots, path.value) for path in found] == [((0,), 3.0), ((1,), 3.0)]


def test_ends_of_the_range() -> None:
    graph = gradviz.graph("q = 2*x; g = y; f = q*q", x=1, y=1)
    own = graph.paths("f")
    assert (own.count, own.sum, own.gradient) == (1, 1.0, 1.0)
    none = graph.paths("y")
    assert (none.count, none.sum, none.gradient, list(none)) == (0, 0.0, 0.0, [])
    with pytest.raises(GradvizError, match="no node called 'r'"):
        graph.paths("r")
    with pytest.raises(GradvizError, match="literal number"):
        graph.paths(graph.operands(graph.id("q"))[0])


def test_a_path_through_a_router_that_did_not_take_it_is_zero_also_for_inf() -> None:
    found = gradviz.graph("f = sqrt(max(x, y))", x=0, y=-1).paths("y")
    assert [path.value for path in found] == [0.0]


def test_too_many_paths_are_counted_and_not_listed() -> None:
    found = doubling(1000).paths("x")
    assert found.count == 2**1000
    assert not found.listed
    assert list(found) == []
    assert found.sum is None
    assert found.gradient == 2.0**1000
    assert found.by_paths == 999 * 2**1000
    assert found.by_reverse == 2 * 999
    assert repr(found) == "<2^1000 (about 10^301) paths from a999 to x>"


def test_the_bound_is_where_it_is_said_to_be() -> None:
    assert MOST_PATHS == 1000
    for times, listed in ((9, True), (10, False)):  # 512 and 1,024 paths
        assert doubling(times).paths("x").listed is listed
    for length, listed in ((LONGEST, True), (LONGEST + 1, False)):
        chain = gradviz.graph("; ".join(["a0 = sin(x)", *(f"a{k} = sin(a{k - 1})" for k in range(1, length))]), x=1)
        assert chain.paths("x").listed is listed


def test_a_grid_has_a_binomial_number_of_paths() -> None:
    """Pascal's triangle as a graph: no formula of ours."""
    size = 9
    rows = ["n0_0 = 2*x"]
    for total in range(1, 2 * size + 1):
        for i in range(max(0, total - size), min(total, size) + 1):
            before = [
                f"n{a}_{b}" for a, b in ((i - 1, total - i), (i, total - i - 1)) if 0 <= a <= size and 0 <= b <= size
            ]
            rows.append(
                f"n{i}_{total - i} = {' + '.join(before)}" if len(before) > 1 else f"n{i}_{total - i} = 1*{before[0]}"
            )
    found = gradviz.graph("; ".join(rows), x=1).paths("x")
    assert found.count == comb(2 * size, size)
    assert found.gradient == 2 * comb(2 * size, size)


def test_counts_need_no_recursion_and_little_memory() -> None:
    found = doubling(20_000).paths("x")
    assert found.count == 2**20_000
    assert repr(found).startswith("<2^20000 (about 10^6020) paths")


def test_counts_as_people_read_them() -> None:
    dice = random.Random(2)
    for _ in range(200):
        number = dice.randrange(10**40, 10**60)
        power = int(counted(number).rpartition("^")[2].rstrip(")"))
        assert 10 ** (power - 1) <= number < 10 ** (power + 2)
    assert counted(0) == "0"
    assert counted(12_345_678) == "12,345,678"


def test_a_gate_registered_at_run_time_is_on_paths_like_any_other() -> None:
    from tests.test_gates import HYPOT

    row = register(HYPOT)
    try:
        found = gradviz.graph("f = hypot(x, x*y)", x=3, y=1).paths("x")
        assert [path.factors for path in found] == [("x/f",), ("v1/f", "y")]
        assert close(found.sum, found.gradient)
    finally:
        remove(row)
