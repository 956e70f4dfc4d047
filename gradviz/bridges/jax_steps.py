"""The steps of a jaxpr, one after the other, on plain numbers and on arrays of Values.

What depends on no input JAX computes itself. What only moves entries (reshape, slice, gather, …) it does to a table
of places, and the entries follow. The rest are gates, found in the gate table by their names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradviz.bridges import row_called
from gradviz.bridges.array_gates import FOLDS, elementwise, function_of, lift, objects, reduced, running
from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.value import Value, apply, constant

#: Primitives that JAX calls otherwise than the gate table.
EXCEPTIONS = {"logistic": "sigmoid", "add_any": "add"}

#: They move entries: the slots of the operands that hold them (None: all); the other operands are positions.
_MOVES: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("reshape", "broadcast_in_dim", "squeeze", "expand_dims", "transpose", "slice", "rev"), (0,)),
    **dict.fromkeys(("gather", "dynamic_slice", "split", "tile"), (0,)),
    **dict.fromkeys(("concatenate", "stack", "pad"), None),
    "dynamic_update_slice": (0, 1),
    "scatter": (0, 2),
}
_IDENTITIES = ("stop_gradient", "optimization_barrier", "reduce_precision", "sharding_constraint", "copy", "copy_p")
_FOLDS = {"reduce_sum": "add", "reduce_prod": "multiply", "reduce_max": "maximum", "reduce_min": "minimum"}
_FOLDS |= {"reduce_and": "minimum", "reduce_or": "maximum"}
_RUNNING = {"cumsum": "add", "cumprod": "multiply", "cummax": "maximum", "cummin": "minimum"}


class Steps:
    """Runs jaxprs; ``doubtful`` names the places where JAX is told a derivative."""

    def __init__(self, jax: Any, whole: Any, most: int) -> None:
        self.jax = jax
        self.whole = whole
        self.left = most
        self.most = most
        self.doubtful: list[str] = []

    def run(self, jaxpr: Any, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        """The results of a jaxpr for these arguments."""
        known: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
        known.update(zip(jaxpr.invars, args, strict=True))

        def read(variable: Any) -> Any:
            return variable.val if hasattr(variable, "val") else known[variable]

        for step in jaxpr.eqns:
            if all(type(out).__name__ == "DropVar" for out in step.outvars):
                continue
            results = self.step(step, [read(variable) for variable in step.invars])
            known.update(zip(step.outvars, results, strict=True))
        return [read(variable) for variable in jaxpr.outvars]

    def step(self, step: Any, args: list[Any]) -> list[Any]:
        """The results of one step."""
        name, params = step.primitive.name, step.params
        if not any(map(is_ours, args)):
            return self.by_jax(step, args)
        self.left -= max(1, sum(math.prod(out.aval.shape) for out in step.outvars))
        if self.left < 0:
            raise GradvizError(f"the function has more than {self.most} steps on single numbers", hint="smaller arrays")
        if name in ("scan", "while", "cond"):
            return self.control(name, params, args)
        inner = _inner(params)
        if inner is not None:
            return self.inner(step, inner, args)
        if name in _IDENTITIES:
            self.doubtful += [name] if name == "stop_gradient" else []
            return args
        if name in _MOVES:
            return self.moved(step, args)
        return [self.gates(name, step, args)]

    def by_jax(self, step: Any, args: list[Any]) -> list[Any]:
        """A step on plain numbers."""
        given = {v: arg for v, arg in zip(step.invars, args, strict=True) if not hasattr(v, "val")}
        alone = self.whole.replace(constvars=[], invars=list(given), outvars=list(step.outvars), eqns=[step])
        return list(self.jax.core.eval_jaxpr(alone, [], *given.values()))

    # --- functions within ---------------------------------------------------------------------------------

    def inner(self, step: Any, inner: Any, args: list[Any]) -> list[Any]:
        """A call of a function: as one gate where it is one (``jax.nn.relu``), else step by step."""
        consts = list(getattr(inner, "consts", ()))
        jaxpr = getattr(inner, "jaxpr", inner)
        row = row_called(_called(step.params, jaxpr), EXCEPTIONS)
        if row is not None and row.arity == len(args) == len(step.outvars) == 1 and self.same(jaxpr, consts, row.value):
            return [elementwise(lambda a: apply(row, a), args, row.name)]
        if step.primitive.name.startswith("custom_"):
            self.doubtful.append(step.primitive.name)
        return self.run(jaxpr, consts, args[len(args) - len(jaxpr.invars) :])

    def same(self, jaxpr: Any, consts: Sequence[Any], gate: Callable[[float], float]) -> bool:
        """Whether a function is the gate that it is called after: somebody's own ``relu`` may be another one."""
        [parameter] = jaxpr.invars
        if parameter.aval.shape != jaxpr.outvars[0].aval.shape:
            return False
        points = (-3.3, -1.0, -0.4, 0.0, 0.3, 1.0, 2.9)
        for x in points:
            [out] = self.jax.core.eval_jaxpr(jaxpr, consts, np.full(parameter.aval.shape, x))
            if not np.allclose(np.asarray(out), gate(x), rtol=1e-12, atol=1e-15, equal_nan=True):
                return False
        return True

    def control(self, name: str, params: Any, args: list[Any]) -> list[Any]:
        """Loops of a fixed length are unrolled; a condition on numbers computes both branches and chooses."""
        if name == "while":
            raise GradvizError(
                "the function has a loop whose length depends on its numbers (while_loop)",
                expected="loops of a fixed length: a Python for, lax.scan, fori_loop with plain bounds",
            )
        if name == "cond":
            index, *rest = args
            branches = params["branches"]
            if not is_ours(index):
                chosen = branches[int(index)]
                return self.run(chosen.jaxpr, chosen.consts, rest)
            if len(branches) != 2:
                raise GradvizError(
                    f"lax.switch with {len(branches)} branches on a computed number", expected="lax.cond or jnp.where"
                )
            no, yes = (self.run(branch.jaxpr, branch.consts, rest) for branch in branches)
            return [_where(index, a, b) for a, b in zip(yes, no, strict=True)]
        body, consts, carry = params["jaxpr"], params["num_consts"], params["num_carry"]
        fixed, state, rows = args[:consts], args[consts : consts + carry], args[consts + carry :]
        collected: list[list[Any]] = []
        steps = range(params["length"])
        for i in reversed(steps) if params["reverse"] else steps:
            out = self.run(body.jaxpr, body.consts, [*fixed, *state, *(_row(row, i) for row in rows)])
            state = out[:carry]
            collected.append(out[carry:])
        if params["reverse"]:
            collected.reverse()
        return [*state, *(np.stack([objects(entry) for entry in column]) for column in zip(*collected, strict=True))]

    # --- steps --------------------------------------------------------------------------------------------

    def moved(self, step: Any, args: list[Any]) -> list[Any]:
        """JAX moves numbered places, and the entries follow."""
        slots = _MOVES[step.primitive.name] or range(len(args))
        pool: list[Any] = []
        places = list(args)
        for slot in slots:
            entries_ = objects(args[slot])
            places[slot] = np.arange(len(pool), len(pool) + entries_.size, dtype=np.int64).reshape(entries_.shape)
            pool.extend(entries_.flat)
        if any(is_ours(place) for place in places):
            raise GradvizError(
                f"the primitive {step.primitive.name} picks entries by computed numbers", expected="plain positions"
            )
        results = []
        moved = step.primitive.bind(*places, **step.params)
        for found in moved if step.primitive.multiple_results else [moved]:
            where = np.asarray(found)
            if where.size and not (where.min() >= 0 and where.max() < len(pool)):
                raise GradvizError(f"the primitive {step.primitive.name} reads outside of its array")
            out = np.empty(where.shape, dtype=object)
            out.reshape(-1)[:] = [pool[i] for i in where.flat]
            results.append(out)
        return results

    def gates(self, name: str, step: Any, args: list[Any]) -> Any:
        """A step that computes."""
        params = step.params
        if name in _FOLDS:
            return reduced(FOLDS[_FOLDS[name]], args[0], tuple(params["axes"]))
        if name in _RUNNING:
            flip: Any = (lambda a: np.flip(objects(a), params["axis"])) if params["reverse"] else (lambda a: a)
            return flip(running(_RUNNING[name], flip(args[0]), params["axis"]))
        if name == "dot_general":
            return _products(args[0], args[1], params["dimension_numbers"])
        if name == "convert_element_type":
            before, after = step.invars[0].aval.dtype.kind, np.dtype(params["new_dtype"]).kind
            if before == "f" and after in "iu":
                raise GradvizError("the function rounds a computed number to a whole one", expected="real numbers")
            return args[0]
        if name == "ne" and args[0] is args[1]:
            return np.zeros(np.shape(objects(args[0])), dtype=bool)  # x != x asks for nan
        special = _SPECIAL.get(name)
        if special is not None:
            return special(params, *args)
        row = row_called(name, EXCEPTIONS)
        fits = row is not None and row.arity in (None, len(args))
        scalar = _gate(row.name) if row is not None and fits else function_of(name)
        if scalar is None:
            raise GradvizError(
                f"the JAX primitive {name} is not made of gates, so no gradient could pass it",
                expected="arithmetic, comparisons, exp log sqrt sin tanh … max where, sums and products of arrays",
            )
        return elementwise(scalar, args, name)


def is_ours(thing: Any) -> bool:
    """Whether it depends on an input."""
    return isinstance(thing, Value) or (isinstance(thing, np.ndarray) and thing.dtype == object)


def entries(thing: Any) -> list[Any]:
    """All entries of a Value or an array."""
    return [thing] if isinstance(thing, Value) else list(objects(thing).flat)


def only(thing: Any) -> Any:
    """The only entry."""
    [entry] = entries(thing)
    return entry


def _inner(params: Any) -> Any:
    """The function that a step calls: jit, custom_jvp_call, remat, …"""
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if key in params:
            return params[key]
    return None


def _called(params: Any, jaxpr: Any) -> str:
    """The name of an inner function; of a custom_jvp, that of the only function it calls."""
    if "name" in params:
        return str(params["name"])
    return str(jaxpr.eqns[0].params.get("name", "")) if len(jaxpr.eqns) == 1 else ""


def _gate(name: str) -> Callable[..., Value]:
    return lambda *operands: apply(GATES[name], *operands)


def _where(test: Any, yes: Any, no: Any) -> Any:
    if not is_ours(test):
        return elementwise(lambda t, a, b: a if t else b, (np.asarray(test), yes, no), "where")
    return elementwise(lambda t, a, b: _chosen(t, a, b), (test, yes, no), "where")


def _chosen(test: Any, yes: Any, no: Any) -> Any:
    if not isinstance(test, Value):
        return yes if test else no
    return yes if yes is no else apply(GATES["where"], test, yes, no)


def _row(array: Any, i: int) -> Any:
    return objects(array)[i] if is_ours(array) else np.asarray(array)[i]


def _select(params: Any, test: Any, *cases: Any) -> Any:
    if len(cases) != 2:
        raise GradvizError(f"the JAX primitive select_n with {len(cases)} cases is not made of gates")
    return _where(test, cases[1], cases[0])


def _power(params: Any, a: Any) -> Any:
    n = params["y"]
    return elementwise(lambda x: apply(GATES["square"], x) if n == 2 else x ** float(n), (a,), "integer_pow")


def _sign(params: Any, a: Any) -> Any:
    return elementwise(
        lambda x: apply(GATES["where"], x > 0, 1.0, apply(GATES["where"], x < 0, -1.0, 0.0)), (a,), "sign"
    )


def _not(params: Any, a: Any) -> Any:
    return elementwise(lambda x: 1 - x if isinstance(x, Value) else constant(1.0 - float(x)), (a,), "not")


#: Primitives whose operands are in another order, or that are two or three gates.
_SPECIAL: dict[str, Callable[..., Any]] = {
    "select_n": _select,
    "integer_pow": _power,
    "sign": _sign,
    "not": _not,
    "and": lambda params, a, b: elementwise(_gate("min"), (a, b), "and"),
    "or": lambda params, a, b: elementwise(_gate("max"), (a, b), "or"),
    "clamp": lambda params, low, a, high: elementwise(_gate("clip"), (a, low, high), "clamp"),
    "rsqrt": lambda params, a: elementwise(lambda x: 1 / apply(GATES["sqrt"], x), (a,), "rsqrt"),
    "is_finite": lambda params, a: np.ones(np.shape(objects(a)), dtype=bool),
}


def _products(a: Any, b: Any, dimensions: Any) -> Any:
    """dot_general: batches, then the free axes of both; every entry one sum of products."""
    (contract_a, contract_b), (batch_a, batch_b) = dimensions
    left, right = objects(a), objects(b)
    free_a = [i for i in range(left.ndim) if i not in (*contract_a, *batch_a)]
    free_b = [i for i in range(right.ndim) if i not in (*contract_b, *batch_b)]
    left = left.transpose(*batch_a, *free_a, *contract_a)
    right = right.transpose(*batch_b, *free_b, *contract_b)
    batch, inner = len(batch_a), len(contract_a)
    for _ in free_b:
        left = np.expand_dims(left, batch + len(free_a))
    for _ in free_a:
        right = np.expand_dims(right, batch)
    terms = objects(elementwise(lambda x, y: x * y, (left, right), "dot_general"))
    return reduced(FOLDS["add"], lift(terms), tuple(range(terms.ndim - inner, terms.ndim))) if inner else terms
