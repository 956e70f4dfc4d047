"""Wrong ways to hand a gradient back along one edge: the learner's rules, as data and small functions.

A right edge gives ``upstream × local``. A wrong one has another local derivative (another row of the table), or
does something else with the two numbers. What a wrong edge does to a whole backward pass, ``wrong_rules`` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from gradviz.gates import CONST, Gate
from gradviz.graph import Graph
from gradviz.passes import Trace, contribution

#: A local derivative by (trace, consumer, slot); None where the rule says nothing of its own.
Local = Callable[[Trace, int, int], float | None]
#: What is handed back, by (trace, consumer, slot, upstream); None where the rule says nothing of its own.
Share = Callable[[Trace, int, int, float], float | None]


@dataclass(frozen=True, eq=False)
class Edge:
    """One wrong way to treat an edge.

    Args:
        rule: the id of the misconception.
        local: the wrong local derivative; None where the local derivative is right.
        share: what is handed back; None for upstream × the wrong local.
    """

    rule: str
    local: Local | None = None
    share: Share | None = None

    def gives(self, trace: Trace, node: int, slot: int, upstream: float) -> float | None:
        """What this rule hands back along the edge; None where it says nothing of its own."""
        if self.share is not None:
            return self.share(trace, node, slot, upstream)
        assert self.local is not None
        local = self.local(trace, node, slot)
        return None if local is None else upstream * local if local else 0.0


def right_local(trace: Trace, node: int, slot: int) -> float:
    """The local derivative, as it is.

    >>> from gradviz import graph
    >>> right_local(graph("x * y").trace(x=3, y=4), 2, 0)
    4.0
    """
    row, values = trace.graph.gates[node], trace.values
    return float(row.locals(values[node], *[values[j] for j in trace.graph.operands(node)])[slot])


def right_share(trace: Trace, node: int, slot: int, upstream: float) -> float:
    """What the edge hands back, as it is: upstream × local."""
    share = contribution(trace.graph.gates[node], upstream, right_local(trace, node, slot))
    return float(share if trace.rounded is None else trace.rounded(share))


# --- another row of the table ---------------------------------------------------------------------------
# By rule and gate, the partials that learners write; one text stands for every operand. {n} is their number.

_SIGMOID_OF_OUT = "sigmoid(out) * (1 - sigmoid(out))"
_ANY = "0 if a == out else 1"

PARTIALS: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "relu_gate_ignored": {
        "relu": (("1",), ("out",)),
        "leaky_relu": (("1", "0"),),
        "elu": (("1", "0"),),
        "clip": (("1", "0", "0"),),
    },
    "max_wrong_branch": {
        "max": ((_ANY,),),
        "min": ((_ANY,),),
        "where": (("0", "0 if a != 0 else 1", "1 if a != 0 else 0"),),
    },
    "max_both_branches": {"max": (("1",),), "min": (("1",),), "where": (("0", "1", "1"),)},
    "sigmoid_derivative_wrong": {
        "sigmoid": (("a * (1 - a)",), ("out * (1 + out)",), ("out",), ("1 - out",), ("out * (out - 1)",))
    },
    "tanh_derivative_wrong": {"tanh": (("1 - out",), ("out * (1 - out)",), ("1 + out * out",))},
    "power_rule_on_exponential": {
        "exp": (("a * exp(a - 1)",),),
        "pow": (("b * a ** (b - 1)", "b * a ** (b - 1)"),),
    },
    "power_rule_wrong": {
        "pow": (("a ** (b - 1)", "out * log(a)"), ("b * out", "out * log(a)"), ("b * a", "out * log(a)")),
        "square": (("a",), ("2 * out",)),
        "sqrt": (("1 / out",), ("out / 2",)),
    },
    "reciprocal_wrong": {"reciprocal": (("out * out",), ("log(a)",), ("-out",))},
    "quotient_swapped": {"div": (("-1 / b", "out / b"),)},
    "log_base": {"log": (("1 / (a * 2.302585092994046)",), ("2.302585092994046 / a",))},
    "derivative_at_wrong_point": {
        "sigmoid": ((_SIGMOID_OF_OUT,),),
        "tanh": (("1 - tanh(out) * tanh(out)",), ("1 - a * a",)),
        "exp": (("exp(out)",),),
        "log": (("1 / out",),),
        "sin": (("cos(out)",),),
        "cos": (("-sin(out)",),),
        "square": (("2 * out",),),
        "softplus": (("sigmoid(out)",),),
    },
    "mul_not_swapped": {"mul": (("a", "b"),)},
    "split_in_half": {"add": (("0.5", "0.5"),), "sub": (("0.5", "-0.5"),), "sum": (("1 / {n}",),)},
    "sign_error": {
        "sub": (("1", "1"),),
        "neg": (("1",),),
        "div": (("1 / b", "out / b"),),
        "reciprocal": (("out * out",),),
        "cos": (("sin(a)",),),
        "abs": (("1",),),
    },
}


@lru_cache(maxsize=512)
def _wrong_row(row: Gate, partials: tuple[str, ...], operands: int) -> Callable[..., tuple[float, ...]]:
    return replace(row, partials=tuple(text.format(n=operands) for text in partials)).locals


def _from_table(rows: dict[str, tuple[tuple[str, ...], ...]], variant: int) -> Local:
    def local(trace: Trace, node: int, slot: int) -> float | None:
        row, operands, values = trace.graph.gates[node], trace.graph.operands(node), trace.values
        variants = rows.get(row.name)
        if variants is None or variant >= len(variants):
            return None
        wrong = _wrong_row(row, variants[variant], len(operands))
        return float(wrong(values[node], *[values[j] for j in operands])[slot])

    return local


# --- rules that look around the gate --------------------------------------------------------------------


def _constant(graph: Graph, node: int, slot: int) -> float | None:
    """The number of the constant in this slot of a gate; None where none stands there."""
    operands = graph.operands(node)
    if slot >= len(operands) or graph.gates[operands[slot]] is not CONST:
        return None
    return graph.data[operands[slot]]


def _one_over(trace: Trace, node: int, slot: int) -> float | None:
    """(c/x)' without its minus, as ln x, or without the square."""
    graph = trace.graph
    if graph.gates[node].name != "div" or slot != 1 or _constant(graph, node, 0) is None:
        return None
    bottom = trace.values[graph.operands(node)[1]]
    return float(trace.values[node] / bottom) if bottom else math.nan


def _one_over_log(trace: Trace, node: int, slot: int) -> float | None:
    if _one_over(trace, node, slot) is None:
        return None
    bottom = trace.values[trace.graph.operands(node)[1]]
    top = trace.values[trace.graph.operands(node)[0]]
    return float(top * math.log(bottom)) if bottom > 0 else math.nan


def _factor_lost(trace: Trace, node: int, slot: int) -> float | None:
    """A constant ½ or 2 in front is forgotten."""
    graph = trace.graph
    name, operands = graph.gates[node].name, graph.operands(node)
    if name not in ("mul", "div") or slot > 1 or not graph.constant[operands[1 - slot]]:
        return None
    if trace.values[operands[1 - slot]] not in (0.5, 2.0) or (name == "div" and slot == 1):
        return None
    return 1.0


def _inner_point(trace: Trace, node: int, slot: int) -> float | None:
    """f′(x) where f′(g(x)) is meant: the outer derivative taken at the inner gate's own input."""
    graph = trace.graph
    row, operands = graph.gates[node], graph.operands(node)
    if not _is_function(graph, node, slot) or row.name == "mul":
        return None
    inner = operands[slot]
    for slot_inside, j in enumerate(graph.operands(inner)):
        if not graph.constant[j] and _is_function(graph, inner, slot_inside):
            point = [trace.values[k] for k in operands]
            point[slot] = trace.values[j]
            return float(row.locals(row.value(*point), *point)[slot])
    return None


def _is_function(graph: Graph, node: int, slot: int) -> bool:
    """Whether this gate is a function of the one operand: sin(x), x², but not x·y and not x + 1."""
    row, operands = graph.gates[node], graph.operands(node)
    if not operands or row.constant_locals is not None:
        return False
    others = [j for k, j in enumerate(operands) if k != slot]
    return len(operands) - len(others) == 1 and all(graph.gates[j] is CONST for j in others)


def _neighbour(position: int) -> Local:
    """At a multiply gate, the other factor of a neighbouring multiply gate."""

    def local(trace: Trace, node: int, slot: int) -> float | None:
        graph = trace.graph
        if graph.gates[node].name != "mul":
            return None
        own = graph.operands(node)
        if own[1 - slot] == own[slot] or graph.constant[own[1 - slot]]:
            return None
        others = (
            graph.operands(m)[1 - slot]
            for m in range(max(0, node - 40), min(len(graph), node + 40))
            if m != node and graph.gates[m].name == "mul" and graph.reaches[m]
        )
        far = [j for j in dict.fromkeys(others) if j not in own and not graph.constant[j]]
        return float(trace.values[far[position]]) if position < len(far) else None

    return local


def _sigmoid_before_log(graph: Graph, node: int) -> bool:
    """Whether this is a σ whose output goes into a log (itself or as 1 − a): a cross-entropy."""
    if graph.gates[node].name != "sigmoid":
        return False
    near = {node}
    for i in range(node + 1, len(graph)):
        if any(j in near for j in graph.operands(i)):
            if graph.gates[i].name == "log":
                return True
            if graph.gates[i].name in ("sub", "copy"):
                near.add(i)
    return False


def _fused_again(trace: Trace, node: int, slot: int) -> float | None:
    """σ′ applied once more to a − y, which has it in it already."""
    return right_local(trace, node, slot) ** 2 if _sigmoid_before_log(trace.graph, node) else None


def _clip_the_gradient(trace: Trace, node: int, slot: int, upstream: float) -> float | None:
    """The clip gate taken for gradient clipping: the gradient passes, limited to the same bounds."""
    if trace.graph.gates[node].name != "clip" or slot != 0:
        return None
    _, low, high = (trace.values[j] for j in trace.graph.operands(node))
    return float(min(max(upstream, low), high))


def _inner_missing(trace: Trace, node: int, slot: int, upstream: float) -> float | None:
    """The chain stops before the innermost function: sin(x²)′ = cos(x²)."""
    graph = trace.graph
    operand = graph.operands(node)[slot]
    inmost = _is_function(graph, node, slot) and graph.tape.gates[operand].arity == 0
    outer = any(
        _is_function(graph, i, k) and graph.gates[i].name != "mul"
        for i in range(node + 1, len(graph))
        for k, j in enumerate(graph.operands(i))
        if j == node
    )
    return upstream if inmost and outer else None


def _added(trace: Trace, node: int, slot: int, upstream: float) -> float | None:
    return upstream + right_local(trace, node, slot)


def _local_only(trace: Trace, node: int, slot: int, upstream: float) -> float | None:
    return right_local(trace, node, slot)


def _upstream_only(trace: Trace, node: int, slot: int, upstream: float) -> float | None:
    return upstream


def _table(rule: str) -> Iterator[Edge]:
    rows = PARTIALS[rule]
    for variant in range(max(map(len, rows.values()))):
        yield Edge(rule, _from_table(rows, variant))


#: Every wrong edge, the most specific rule first.
EDGES: tuple[Edge, ...] = (
    Edge("fused_gradient_mislabelled", _fused_again),
    Edge("value_clipped", share=_clip_the_gradient),
    *_table("relu_gate_ignored"),
    *_table("max_wrong_branch"),
    *_table("max_both_branches"),
    *_table("sigmoid_derivative_wrong"),
    *_table("tanh_derivative_wrong"),
    *_table("power_rule_on_exponential"),
    *_table("power_rule_wrong"),
    *_table("reciprocal_wrong"),
    Edge("reciprocal_wrong", _one_over),
    Edge("reciprocal_wrong", _one_over_log),
    *_table("quotient_swapped"),
    *_table("log_base"),
    Edge("half_lost", _factor_lost),
    *_table("derivative_at_wrong_point"),
    Edge("derivative_at_wrong_point", _inner_point),
    *_table("mul_not_swapped"),
    *_table("split_in_half"),
    *_table("sign_error"),
    *(Edge("wrong_variable_in_local_gradient", _neighbour(position)) for position in range(4)),
    Edge("inner_derivative_missing", share=_inner_missing),
    Edge("added_not_multiplied", share=_added),
    Edge("upstream_dropped", share=_local_only),
    Edge("local_dropped", share=_upstream_only),
)
