"""``grad``, ``value_and_grad`` and ``hessian`` of Python functions, in the shape of JAX's functions of these names.

The function is called with Values and traced anew at every call: an ``if`` on a plain number (a count, a flag, a
closure) may take another way each time, so no graph is kept from one call to the next.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradviz.bridges import tracing
from gradviz.bridges.calls import Traced, leaves, shaped, traced
from gradviz.errors import GradvizError
from gradviz.flatten import flatten
from gradviz.passes import backward
from gradviz.transforms.higher_order import blocks_of_rows, holds_values, in_gates, second
from gradviz.transforms.points import blocks_of, gradients
from gradviz.value import Value

Argnums = int | Sequence[int]


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the gradient of ``f``, as ``jax.grad`` does.

    ``f`` is ordinary Python on numbers and arrays: operators, gradviz functions, NumPy functions. It is traced
    anew at every call. The gradient of a number is a float, that of an array (or nested lists) an ndarray of its
    shape.

    What ``f`` returns decides what an array is. If it returns one number, the array is one argument with many
    entries. If it returns an array, the arrays are *points*: ``f`` is a function of numbers, the arguments are
    broadcast against each other, and the gradient at every point has the shape of what ``f`` returns; a
    function that mixes its points (``x / x.max()``) is an error. To see which it is, ``f`` is also called on the
    plain arrays.

    Args:
        f: returns one number, or one for every point.
        argnums: the position of the argument to differentiate, or several; then the gradients come as a tuple.
            The other arguments stay what they are.

    Raises:
        GradvizError: by the call: no such argument, something that is no number, a function that fails, cuts the
            graph, or returns something else.

    >>> import gradviz
    >>> grad(lambda x, y: x * y + gradviz.exp(x), argnums=(0, 1))(0.0, 3.0)
    (4.0, 0.0)
    >>> import numpy as np
    >>> grad(lambda w: np.sum(w ** 2))([1.0, 2.0])
    array([2., 4.])
    >>> grad(lambda x: x ** 2)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **named: Any) -> Any:
        return both(*args, **named)[1]

    return _dressed(gradient, f, "gradient")


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives the value and the gradient of ``f`` as a pair; see ``grad``.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    called = _checked(f, "value_and_grad")

    def value_and_gradient(*args: Any, **named: Any) -> Any:
        slots = _slots(argnums, args, called)
        value: Any
        if any(holds_values(args[slot]) for slot in slots):  # a gradient of a gradient
            value, found = in_gates(lambda mine: _output(f, mine, named), f, args, slots)
        elif (blocks := blocks_of(f, args, named, slots)) is not None:
            value, found = gradients(blocks, slots)
        else:
            call = traced(f, args, named, slots)
            value, found = call.output.data, _reverse(call)
        return value, (found[0] if isinstance(argnums, int) else tuple(found))

    return _dressed(value_and_gradient, f, "value and gradient")


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that gives all second derivatives of ``f``, as ``jax.hessian`` does.

    For a number it is a float; for an array of shape s an ndarray of shape s + s; for several ``argnums`` a tuple of
    tuples, one for every pair. Arrays of points (see ``grad``) give the second derivatives at every point. Behind a
    kink the convention of the gate table goes on: the slope there is the one of a piece.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    >>> hessian(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    ((0.0, 1.0), (1.0, 0.0))
    """
    called = _checked(f, "hessian")

    def second_derivatives(*args: Any, **named: Any) -> Any:
        slots = _slots(argnums, args, called)
        blocks = blocks_of(f, args, named, slots)
        if blocks is not None:
            inputs = sorted(blocks.inputs, key=lambda i: (i not in slots, slots.index(i) if i in slots else i))
            points = [blocks.points[i] for i in inputs]
            rows = second([blocks.inputs[i] for i in inputs], blocks.output, points)
            found = [row[: len(slots)] for row in rows[: len(slots)]]
        else:
            call = traced(f, args, named, slots)
            found = blocks_of_rows(second(leaves(call.inputs), call.output), call)
        return found[0][0] if isinstance(argnums, int) else tuple(map(tuple, found))

    return _dressed(second_derivatives, f, "second derivatives")


def _output(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> Value:
    return tracing.output(tracing.call(f, args, named), tracing.name_of(f), True)


def _reverse(call: Traced) -> list[Any]:
    order, tape = flatten([*leaves(call.inputs), call.output])
    grads = backward(tape, [v.data for v in order], next(i for i, v in enumerate(order) if v is call.output))
    by_leaf = {id(value): grad for value, grad in zip(order, grads, strict=True)}
    return [shaped(entries, lambda value: by_leaf[id(value)]) for entries in call.inputs.values()]


# --- arguments --------------------------------------------------------------------------------------------


def _checked(f: Callable[..., Any], what: str) -> str:
    if not callable(f):
        raise GradvizError(
            f"{what} takes a function, not the {type(f).__name__} {f!r:.60}",
            hint="a Graph has graph.trace() and graph.gradient()",
        )
    return tracing.name_of(f)


def _slots(argnums: Argnums, args: Sequence[Any], called: str) -> list[int]:
    """The positions to differentiate, counted from 0."""
    wanted = [argnums] if isinstance(argnums, int) else list(argnums)
    slots = []
    for n in wanted:
        if not isinstance(n, int) or isinstance(n, bool):
            raise GradvizError(f"argnums are whole numbers, not {n!r:.40}", expected="a position, counted from 0")
        if not -len(args) <= n < len(args):
            raise GradvizError(
                f"there is no argument {n}: {called} was called with {len(args)} by position",
                expected=f"argnums from 0 to {len(args) - 1}" if args else "at least one argument by position",
            )
        slots.append(n % len(args))
    if len(set(slots)) != len(slots) or not slots:
        raise GradvizError(f"argnums={argnums!r} must name each argument once", expected="such as 0 or (0, 1)")
    return slots


def _dressed(made: Callable[..., Any], f: Callable[..., Any], what: str) -> Callable[..., Any]:
    called = tracing.name_of(f)
    functools.update_wrapper(made, f, assigned=("__module__",), updated=())
    del made.__dict__["__wrapped__"]  # tracing it means tracing what it does, not f
    made.__name__ = made.__qualname__ = what.replace(" ", "_") + "_of_" + called.strip("<>")
    made.__doc__ = f"The {what} of {called}."
    return made
