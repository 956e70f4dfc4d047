"""Which misconception a wrong link is: every wrong rule is run, and those that give the other side are named.

A derivative in the link gets the number that a learner's rule gives (``wrong_rules``), at several points; if the link
then holds, that is the rule. Rules follow the graph gate by gate; a few are also tried line by line, on the
student's own named steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gradviz.check.deciding.at_inputs import OF_FORMULAS
from gradviz.check.deciding.building import read_side, sides
from gradviz.check.deciding.intervals import agree_values
from gradviz.check.deciding.running import Run, run_block
from gradviz.check.deciding.sampling import chosen, dice, joined, near, size, usual, wide
from gradviz.check.deciding.sides import NotDecidable, Sides
from gradviz.check.naming.blaming import SPECIFIC, broken_gates, forgotten_branches, ranked
from gradviz.check.naming.rules import MOST_LEAVES, MOST_NODES, traces_of, wrongs
from gradviz.graph import Graph
from gradviz.language.limits import check_time
from gradviz.misconceptions.catalogue import MISCONCEPTIONS

if TYPE_CHECKING:
    from gradviz.language.syntax import Expression

_POINTS = 7
_FEWEST = 4
_CLOSE = 1e-9
_FORGOTTEN = "fanout_not_summed"
_MOST_BY_CHANCE = 3  # where more rules give a bare number, that says nothing


class Named(NamedTuple):
    """A misconception that gives the other side.

    Args:
        rule: its id.
        gate: the node at which this one wrong step gives it; None where no single gate does.
    """

    rule: str
    gate: str | None = None


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
    return [one.rule for one in named(left, right, graph, given=given, free=free, approx=approx)]


def named(
    left: Expression | str,
    right: Expression | str,
    graph: Graph | None = None,
    *,
    given: Mapping[str, float] | None = None,
    free: Iterable[str] = (),
    approx: bool = False,
) -> list[Named]:
    """The same as ``candidates``, each with the gate at which the rule was broken."""
    import numpy as np

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
        if not found and len(numbers) == len(pair.inputs) and _says_numbers(pair):
            found = _at_inputs(pair, numbers, approx)
    general = {other for one in found for other in MISCONCEPTIONS[one.rule].special_case_of if _turned(one, pair)}
    likely = {each.rule: each for one in found for each in _of_one_term(one, pair)}
    return [one for rule, one in likely.items() if rule not in general]


def _of_one_term(one: Named, pair: Sides) -> list[Named]:
    """A turned quotient rule differs from the right one by its sign, which may as well have been lost elsewhere.

    In u/2 there are no two terms that could change places.
    """
    if _turned(one, pair):
        return [one]
    base = pair.base
    constant = base.gates[base.operands(base.id(one.gate or ""))[1]].name == "const"
    return [Named("sign_error", one.gate), *([] if constant else [one])]


def _turned(one: Named, pair: Sides) -> bool:
    """Whether it is the slope of a quotient itself with variables on both sides; so of every other rule."""
    base = pair.base
    if one.rule != "quotient_swapped" or one.gate not in base.names:
        return True
    sides = [base.with_output(base.names[i]).reaches for i in base.operands(base.id(one.gate))]
    own = [derived.by for derived in pair.derivatives.values() if base.names[derived.of] == one.gate]
    return all(any(side[by] for by in own) for side in sides)


def follows_a_wrong_rule(pair: Sides, given: dict[int, float]) -> bool:
    """Whether a wrong rule gives the other side as a formula; to be called under ``np.errstate``."""
    run = _points(pair, given)
    return run is not None and bool(_rules(pair, run, _identity(run), only_rules=True))


# --- the link with a wrong rule, at points --------------------------------------------------------------


#: Whether the sides are equal with other numbers for some nodes of them; -1 stands for a factor of the right side.
Holds = Callable[[Mapping[int, Any]], bool]


def _everywhere(pair: Sides, given: dict[int, float]) -> list[Named]:
    """The rules with which the sides are equal as formulas."""
    run = _points(pair, given)
    if run is None:
        return []
    holds = _identity(run)
    rules = _rules(pair, run, holds)
    return [] if holds({}) else _placed(pair, run, holds, rules)


def _identity(run: Run) -> Holds:
    def holds(replaced: Mapping[int, Any]) -> bool:
        factor = replaced.get(-1, 1.0)
        values = run.upper() if -1 in replaced else run.upper(replaced=replaced)
        return bool(_equal(run, list(values), factor).all())

    return holds


def _rules(pair: Sides, run: Run, holds: Holds, *, only_rules: bool = False) -> list[str]:
    """The wrong rules with which the link holds, though it does not hold by itself."""
    if holds({}):
        return []
    first = run_block(pair, chosen(run.points, slice(0, 1)), 1)
    may_hold = _identity(first)
    found: dict[str, None] = {}
    for rule, numbers in wrongs(pair, only_rules=only_rules):
        check_time()
        tried = None if rule in found else numbers(first)  # most rules are out at one point already
        replaced = numbers(run) if tried is not None and may_hold(tried) else None
        if replaced is not None and holds(replaced):
            found[rule] = None
    return list(found)


def _placed(pair: Sides, run: Run, holds: Holds, rules: list[str]) -> list[Named]:
    """The rules in order, each with its gate; without any, those that were broken at one gate on the way."""
    import numpy as np

    gates: dict[str, str] = {}
    factors: dict[str, float] = {}
    if len(pair.base) <= MOST_NODES:
        for leaf, derived in list(pair.derivatives.items())[:MOST_LEAVES]:
            graph = pair.base.with_output(derived.of)
            for broken in broken_gates(graph, derived.by, list(traces_of(graph, run))):
                if broken.rule not in gates and holds({leaf: np.array(broken.numbers)}):
                    gates[broken.rule] = graph.names[broken.gate]
                    if broken.factor is not None:
                        factors[broken.rule] = broken.factor
            for gate, numbers in forgotten_branches(graph, derived.by, list(traces_of(graph, run))):
                if (not rules or _FORGOTTEN in rules) and _FORGOTTEN not in gates and holds({leaf: np.array(numbers)}):
                    rules = rules or [_FORGOTTEN]
                    gates[_FORGOTTEN] = graph.names[gate]
    bare = _is_number(pair, pair.right)
    if not rules and not (bare and len(gates) > _MOST_BY_CHANCE):
        rules = list(gates)
    elif not bare:  # a slip at one gate may be more specific than a rule that is kept everywhere
        general = min((SPECIFIC[rule] for rule in rules if rule in SPECIFIC), default=0)
        rules = [*rules, *(rule for rule in gates if rule not in rules and SPECIFIC[rule] < general)]
    written = [abs(pair.literals[i][0]) for i in pair.typed]
    return [Named(rule, gates.get(rule)) for rule in ranked(rules, gates, factors, written, formula=not bare)]


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


def _at_inputs(pair: Sides, given: dict[int, float], approx: bool) -> list[Named]:
    """The rules with which the sides are equal at the inputs, as far as decimals go."""
    import numpy as np

    run = run_block(pair, {i: np.array([x]) for i, x in given.items()}, 1)

    def holds(replaced: Mapping[int, Any]) -> bool:
        if -1 not in replaced:
            values = run.upper(replaced=replaced)
        elif pair.left == pair.right:
            return False
        else:
            values = list(run.upper())
            values[pair.right] = values[pair.right] * replaced[-1]
        return bool(np.all(agree_values(run, values, approx=approx)[0]))

    if holds({}):
        return []
    found = _placed(pair, run, holds, _rules(pair, run, holds))
    return found or [Named(rule) for rule in _slips(pair, run) if _is_number(pair, pair.right)]


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


def _says_numbers(pair: Sides) -> bool:
    """Whether numbers stand in for names: a formula that is wrong says nothing by what it comes to at one point."""
    typed = [abs(pair.literals[i][0]) for i in pair.typed if i not in pair.exponents]
    return _is_number(pair, pair.right) or any(number not in OF_FORMULAS for number in typed)


def _is_number(pair: Sides, root: int) -> bool:
    """Whether there is no name on a side."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in pair.nodes or node in pair.derivatives:
            return False
        waiting += pair.tape.of(node)
    return True
