"""The wrong rules that may have made a link: for every derivative in it the number that a learner's rule gives.

Rules follow the graph gate by gate (``wrong_rules``); a few are also tried line by line, on the student's own named
steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from gradviz.check.deciding.running import Run
from gradviz.check.deciding.sides import Derived, Sides
from gradviz.draft import Draft
from gradviz.gates import GATES
from gradviz.graph import Graph
from gradviz.language.limits import check_time
from gradviz.misconceptions.wrong_rules import Asked, mutants
from gradviz.passes import FLOATS, Trace, backward, forward

MOST_NODES = 400  # in a larger problem, rules are not run
MOST_LEAVES = 4

#: A wrong rule at some points: the nodes of the sides that get other numbers, and these.
Wrong = tuple[str, Callable[[Run], Mapping[int, Any] | None]]


def wrongs(pair: Sides, *, only_rules: bool = False) -> Iterator[Wrong]:
    """Every wrong rule for every derivative (or value) in the link, then factors between the sides."""
    if len(pair.base) <= MOST_NODES:
        for leaf, derived in list(pair.derivatives.items())[:MOST_LEAVES]:
            yield from _gate_by_gate(pair, leaf, Asked("gradient", derived.by), derived.of)
            yield from _line_by_line(pair, leaf, derived)
        yield from _primes(pair)
        if not pair.derivatives and not only_rules:
            for leaf, node in list(pair.nodes.items())[:MOST_LEAVES]:
                if pair.base.operands(node):
                    yield from _gate_by_gate(pair, leaf, Asked("value", node), node)
    if not only_rules:
        yield "sign_error", lambda run: {-1: -1.0}
        yield "half_lost", lambda run: {-1: 2.0}
        yield "half_lost", lambda run: {-1: 0.5}
        yield "log_base", lambda run: {-1: 2.302585092994046}
        yield "log_base", lambda run: {-1: 1 / 2.302585092994046}


def _gate_by_gate(pair: Sides, leaf: int, asked: Asked, output: int) -> Iterator[Wrong]:
    graph = pair.base.with_output(output)
    traces: dict[int, list[Trace]] = {}

    def at(run: Run) -> list[Trace]:
        if id(run) not in traces:  # the run outlives this generator
            traces[id(run)] = list(traces_of(graph, run))
        return traces[id(run)]

    for mutant in mutants(graph, asked):

        def numbers(run: Run, number: Callable[[Trace], float | None] = mutant.number) -> Mapping[int, Any] | None:
            import numpy as np

            check_time()
            found = [number(trace) for trace in at(run)]
            said = [x for x in found if x is not None]
            return {leaf: np.array(said)} if len(said) == len(found) else None

        yield mutant.rule, numbers


def traces_of(graph: Graph, run: Run) -> Iterator[Trace]:
    """One trace a point."""
    import numpy as np

    for k in range(len(run.one)):
        check_time()
        values = [float(x[k] if np.ndim(x) else x) for x in run.base]
        forward(graph.tape, values, FLOATS)
        yield Trace(graph, values, backward(graph.tape, values, graph.output, graph.reaches))


def _line_by_line(pair: Sides, leaf: int, derived: Derived) -> Iterator[Wrong]:
    """The chain rule on named steps: f → c → x, for every named c that uses x itself."""
    of, by = derived
    base = pair.base
    above = pair.reach(of, False)
    uses = [
        i
        for i in range(by + 1, of)
        if above[i] and base.given[i] is not None and base.gates[i].arity != 0 and pair.reach(i, True)[by]
    ]
    direct = pair.reach(of, True)[by]
    if not uses or len(uses) > 8:
        return

    def step(c: int, run: Run) -> Any:
        return run.slope(c, by, True)

    def upstream(c: int, run: Run) -> Any:
        return run.slope(of, c) * run.one

    def path(c: int, run: Run) -> Any:
        return upstream(c, run) * step(c, run)

    def added(c: int, run: Run) -> Any:
        return upstream(c, run) + step(c, run)

    def all_but(one: Callable[[Run], Any], run: Run) -> Any:
        return run.slope(of, by) - one(run)

    def wrong(rule: str, number: Callable[[Run], Any]) -> Wrong:
        return rule, lambda run: {leaf: number(run)}

    paths = [partial(path, c) for c in uses] + ([partial(step, of)] if direct else [])
    if len(paths) > 1:
        for one in paths:
            yield wrong("fanout_not_summed", one)
            yield wrong("fanout_not_summed", partial(all_but, one))
    for c in uses:
        yield wrong("added_not_multiplied", partial(added, c))
        yield wrong("upstream_dropped", partial(step, c))
        yield wrong("local_dropped", partial(upstream, c))


def _primes(pair: Sides) -> Iterator[Wrong]:
    """σ′(z): the wrong local derivatives of that one gate."""
    for node, row in enumerate(pair.tape.gates):
        gate = GATES.get(row.name[:-1]) if row.name.endswith("′") else None
        if gate is None or gate.arity != 1:
            continue
        draft = Draft()
        graph = draft.graph(draft.gate(gate, (draft.input("u", None),)))
        inner = pair.tape.of(node)[1]
        for mutant in mutants(graph, Asked("local", 1, 0)):

            def numbers(
                run: Run,
                number: Callable[[Trace], float | None] = mutant.number,
                node: int = node,
                inner: int = inner,
                graph: Graph = graph,
            ) -> Mapping[int, Any] | None:
                import numpy as np

                points = np.broadcast_to(run.upper()[inner], np.shape(run.one))
                found = [number(graph.trace(u=float(u))) for u in points]
                said = [x for x in found if x is not None]
                return {node: np.array(said)} if len(said) == len(found) else None

            yield mutant.rule, numbers
