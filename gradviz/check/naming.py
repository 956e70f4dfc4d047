"""Which misconception a wrong link is: every wrong rule is run, and those that give the other side are named.

A derivative in the link gets the number that a learner's rule gives (``wrong_rules``), at several points; if the link
then holds, that is the rule. Rules follow the graph gate by gate; a few are also tried line by line, on the
student's own named steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from gradviz.check.building import sides
from gradviz.check.intervals import agree_values
from gradviz.check.running import Run, run_block
from gradviz.check.sampling import chosen, dice, joined, near, size, usual, wide
from gradviz.check.sides import Derived, NotDecidable, Sides
from gradviz.draft import Draft
from gradviz.gates import GATES
from gradviz.graph import Graph
from gradviz.misconceptions.catalogue import MISCONCEPTIONS
from gradviz.misconceptions.wrong_rules import Asked, mutants
from gradviz.passes import FLOATS, Trace, backward, forward

if TYPE_CHECKING:
    from gradviz.language.syntax import Expression

_POINTS = 7
_FEWEST = 4
_CLOSE = 1e-9
_MOST_NODES = 400  # in a larger problem, rules are not run
_MOST_LEAVES = 4

#: A wrong rule at some points: the nodes of the sides that get other numbers, and these.
Wrong = tuple[str, Callable[[Run], Mapping[int, Any] | None]]


def candidates(
    left: Expression | str,
    right: Expression | str,
    graph: Graph | None = None,
    *,
    given: Mapping[str, float] | None = None,
    free: Iterable[str] = (),
    approx: bool = False,
) -> list[str]:
    """The ids of the misconceptions that turn a wrong link into one that holds, the most specific first.

    Args:
        left, right: the sides, as for ``decide``. Of a chain ``∂f/∂x = z · 1 = …`` give its subject as the left side.
        graph: the problem.
        given: the inputs' numbers; None takes those of the graph.
        free: letters that may be any number.
        approx: whether the sign between the sides was ≈.

    Returns:
        ids of CURRICULUM; empty where no rule gives it, and where the link holds.

    >>> from gradviz import graph
    >>> from gradviz.check.equivalence import derivative
    >>> candidates(derivative("f", "x"), "x", graph("f = x * y"))
    ['mul_not_swapped']
    """
    import numpy as np

    from gradviz.check.equivalence import read_side

    known = [*(graph.names if graph else ()), *free]
    left, right = (read_side(side, known) if isinstance(side, str) else side for side in (left, right))
    try:
        pair = sides(left, right, graph, free)
    except NotDecidable:
        return []
    base = pair.base
    numbers = {i: x for i in pair.inputs if (x := base.data[i]) is not None}
    if given is not None:
        numbers = {i: float(given[base.names[i]]) for i in pair.inputs if base.names[i] in given}
    with np.errstate(all="ignore"):
        found = _everywhere(pair, numbers)
        if not found and len(numbers) == len(pair.inputs):
            found = _at_inputs(pair, numbers, approx)
    general = {other for rule in found for other in MISCONCEPTIONS[rule].special_case_of}
    return [rule for rule in found if rule not in general]


def follows_a_wrong_rule(pair: Sides, given: dict[int, float]) -> bool:
    """Whether a wrong rule gives the other side as a formula; to be called under ``np.errstate``."""
    return bool(_everywhere(pair, given, only_rules=True))


# --- the link with a wrong rule, at points --------------------------------------------------------------


def _everywhere(pair: Sides, given: dict[int, float], *, only_rules: bool = False) -> list[str]:
    """The rules with which the sides are equal as formulas; of several, those that also hold at the inputs first."""
    import numpy as np

    run = _points(pair, given)
    if run is None or _equal(run, run.upper()).all():
        return []
    found: dict[str, None] = {}
    for rule, numbers in _wrongs(pair, only_rules=only_rules):
        if rule in found:
            continue
        replaced = numbers(run)
        if replaced is None:
            continue
        values = run.upper(replaced=replaced)
        if replaced.keys() == {-1}:
            values = list(run.upper())
            holds = _equal(run, values, replaced[-1])
        else:
            holds = _equal(run, values)
        if np.all(holds):
            found[rule] = None
    return list(found)


def _equal(run: Run, values: list[Any], factor: float = 1.0) -> Any:
    import numpy as np

    left, right = values[run.sides.left], values[run.sides.right] * factor
    larger = np.maximum(np.abs(left), np.abs(right))
    return np.broadcast_to(np.abs(left - right) <= _CLOSE * larger, np.shape(run.one))


def _points(pair: Sides, given: dict[int, float]) -> Run | None:
    """Some points where both sides are defined."""
    import numpy as np

    source = dice(pair)
    if not pair.inputs:
        return None
    blocks = [usual(pair.inputs, source)]
    if len(given) == len(pair.inputs):
        blocks.insert(0, near(given, source, 12))
    for points in (joined(blocks), wide(pair.inputs, source)):
        run = run_block(pair, points, size(points))
        left, right = (np.broadcast_to(side, np.shape(run.one)) for side in run.pair())
        usable = np.flatnonzero(np.isfinite(left) & np.isfinite(right))
        if len(usable) >= _FEWEST:
            spread = usable[:: max(1, len(usable) // _POINTS)][:_POINTS]
            return run_block(pair, chosen(points, spread), len(spread))
    return None


def _at_inputs(pair: Sides, given: dict[int, float], approx: bool) -> list[str]:
    """The rules with which the sides are equal at the inputs, as far as decimals go."""
    import numpy as np

    run = run_block(pair, {i: np.array([x]) for i, x in given.items()}, 1)
    right_one = agree_values(run, run.upper(), approx=approx)[0]
    if bool(np.all(right_one)):
        return []
    found: dict[str, None] = {}
    for rule, numbers in _wrongs(pair):
        replaced = None if rule in found else numbers(run)
        if replaced is None:
            continue
        if replaced.keys() == {-1}:
            values = list(run.upper())
            if pair.left == pair.right:
                continue
            values[pair.right] = values[pair.right] * replaced[-1]
        else:
            values = run.upper(replaced=replaced)
        if bool(np.all(agree_values(run, values, approx=approx)[0])):
            found[rule] = None
    return list(found) or _slips(pair, run)


def _slips(pair: Sides, run: Run) -> list[str]:
    """A formula that is right and a number that is wrong, or from another place."""
    import numpy as np

    values = run.upper()
    left, right = (float(np.ravel(values[root])[0]) for root in (pair.left, pair.right))
    near_miss = left and right and 0.9 < abs(right / left) < 1.1
    shifted = left and right and any(abs(right / left / 10.0**k - 1) < 5e-3 for k in (-3, -2, -1, 1, 2, 3))
    numbers = [float(np.ravel(x)[0]) for i, x in enumerate(run.base) if pair.used[i]]
    bare = pair.right in pair.literals or pair.tape.gates[pair.right].name == "neg"
    if bare and right not in (0.0, 1.0) and any(abs(right - x) <= 1e-9 * max(1.0, abs(x)) for x in numbers):
        return ["copied_wrongly"]
    return ["arithmetic"] if near_miss or shifted else []


# --- the rules ------------------------------------------------------------------------------------------


def _wrongs(pair: Sides, *, only_rules: bool = False) -> Iterator[Wrong]:
    """Every wrong rule for every derivative (or value) in the link, then factors between the sides."""
    if len(pair.base) <= _MOST_NODES:
        for leaf, derived in list(pair.derivatives.items())[:_MOST_LEAVES]:
            yield from _gate_by_gate(pair, leaf, Asked("gradient", derived.by), derived.of)
            yield from _line_by_line(pair, leaf, derived)
        yield from _primes(pair)
        if not pair.derivatives and not only_rules:
            for leaf, node in list(pair.nodes.items())[:_MOST_LEAVES]:
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
            traces[id(run)] = list(_traces(graph, run))
        return traces[id(run)]

    for mutant in mutants(graph, asked):

        def numbers(run: Run, number: Callable[[Trace], float | None] = mutant.number) -> Mapping[int, Any] | None:
            import numpy as np

            found = [number(trace) for trace in at(run)]
            said = [x for x in found if x is not None]
            return {leaf: np.array(said)} if len(said) == len(found) else None

        yield mutant.rule, numbers


def _traces(graph: Graph, run: Run) -> Iterator[Trace]:
    """One trace a point."""
    import numpy as np

    for k in range(len(run.one)):
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
