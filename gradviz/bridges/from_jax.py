"""JAX functions as graphs: JAX traces the function, and every step of its jaxpr becomes gates on single numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradviz.bridges import jax_steps, library, tracing
from gradviz.bridges.calls import names_of
from gradviz.errors import GradvizError
from gradviz.flatten import flatten
from gradviz.graph import Graph
from gradviz.passes import backward
from gradviz.value import Value

_MOST = 200_000  # steps on single numbers; a picture has an end


def from_jax(f: Callable[..., Any], /, *args: Any) -> Graph:
    """The Graph of a JAX function: whatever it is made of (``jax.jit``, ``jax.grad``, ``jax.nn``), as gates.

    JAX traces ``f`` once, in double precision; arrays in the jaxpr are taken apart into single numbers. Loops of a
    fixed number of steps are unrolled; ``cond`` and ``where`` become ``where`` gates. Tests for nan and infinity,
    which JAX's own functions contain, are taken as passed. Kinks follow the gate table, which differs from JAX in one
    place: the slope of |x| at 0 is 0 here and 1 there.

    Args:
        f: returns one number.
        *args: its arguments: numbers, arrays, or dicts and tuples of them (parameters of a model). They become the
            inputs, called as the parameters are: ``x``, ``W[0,1]``, ``params_W[0]``.

    Raises:
        EnvironmentFailure: JAX is not installed: ``pip install "gradviz[jax]"``.
        GradvizError: a primitive that is not made of gates (it is named), a loop whose length depends on numbers, a
            gradient of its own (``stop_gradient``, ``custom_vjp``) that gates would not give, more than one number
            as the result.

    >>> import jax.numpy as jnp  # doctest: +SKIP
    >>> from_jax(lambda w, x: jnp.tanh(w * x), 2.0, 0.5).names  # doctest: +SKIP
    ('w', 'x', 'v1', 'v2')
    """
    jax = library("jax")
    if not callable(f):
        raise GradvizError(f"from_jax takes a function, not the {type(f).__name__} {f!r:.60}")
    called = tracing.name_of(f)
    names, numbers, rebuild = _arguments(jax, f, args)
    with jax.enable_x64(True):
        try:
            closed = jax.make_jaxpr(lambda *leaves: f(*rebuild(leaves)))(*numbers)
        except GradvizError:
            raise
        except Exception as error:  # JAX explains itself; its first lines say what
            said = str(error).strip().split("\n\n")[0].splitlines()[0] if str(error) else "no message"
            raise GradvizError(f"JAX cannot trace {called}: {type(error).__name__}: {said}") from error
        if len(closed.out_avals) != 1 or closed.out_avals[0].size != 1:
            shapes = ", ".join(str(aval.shape) for aval in closed.out_avals) or "nothing"
            raise GradvizError(
                f"{called} returned {shapes}", expected="one number", hint="lambda x: f(x).sum(), or one entry of it"
            )
        inputs = [_input(name, number) for name, number in zip(names, numbers, strict=True)]
        steps = jax_steps.Steps(jax, closed.jaxpr, _MOST)
        [result] = steps.run(closed.jaxpr, closed.consts, inputs)
        output = jax_steps.only(result)
        leaves = [value for entries in inputs for value in jax_steps.entries(entries)]
        if not isinstance(output, Value):
            raise GradvizError(f"{called} gives {output}, whatever its arguments are", expected="one number from them")
        if steps.doubtful:
            _check(jax, lambda *leaves: f(*rebuild(leaves)), numbers, leaves, output, steps.doubtful[0])
    return Graph.of(*leaves, output)


def _arguments(
    jax: Any, f: Callable[..., Any], args: Sequence[Any]
) -> tuple[list[str], list[Any], Callable[[Sequence[Any]], Any]]:
    """The numbers in the arguments with their names, and how to put others in their place."""
    import numpy as np

    def is_leaf(thing: Any) -> bool:  # a list of numbers is a vector
        return isinstance(thing, list) and tracing.holds_numbers(thing)

    paths, tree = jax.tree_util.tree_flatten_with_path(tuple(args), is_leaf=is_leaf)
    parameters = names_of(f, range(len(args)))
    names, numbers, places, fixed = [], [], [], []
    for place, (path, leaf) in enumerate(paths):
        fixed.append(leaf)
        counts = tracing.is_number(leaf) or tracing.holds_numbers(leaf) or hasattr(leaf, "__jax_array__")
        data = np.asarray(leaf) if counts or isinstance(leaf, jax.Array) else None
        if data is None or data.dtype.kind not in "iuf":
            continue
        words = [parameters[path[0].idx], *(str(getattr(k, "key", getattr(k, "idx", k))) for k in path[1:])]
        names.append("_".join(words))
        numbers.append(data.astype(float))
        places.append(place)

    def rebuild(leaves: Sequence[Any]) -> Any:
        filled = list(fixed)
        for place, leaf in zip(places, leaves, strict=True):
            filled[place] = leaf
        return jax.tree_util.tree_unflatten(tree, filled)

    return names, numbers, rebuild


def _input(name: str, number: Any) -> Any:
    if not number.shape:
        return Value(float(number), label=name)
    from gradviz.bridges.arrays import array

    return array(name, number)


def _check(
    jax: Any, f: Callable[..., Any], numbers: Sequence[Any], leaves: Sequence[Value], output: Value, why: str
) -> None:
    """Where JAX is told a derivative instead of finding it, ours must be the same all the same."""
    import numpy as np

    theirs = jax.grad(lambda *leaves: f(*leaves).reshape(()), argnums=tuple(range(len(numbers))))(*numbers)
    order, tape = flatten([*leaves, output])
    place = {id(value): i for i, value in enumerate(order)}
    grads = backward(tape, [value.data for value in order], place[id(output)])
    mine = np.array([grads[place[id(value)]] for value in leaves])
    flat = np.concatenate([np.ravel(np.asarray(part)) for part in theirs])
    if not np.allclose(mine, flat, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise GradvizError(
            f"the function uses {why}, and its gradient there is not the one of the gates it is computed with",
            expected="a function whose gradient is its own",
        )
