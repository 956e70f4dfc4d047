"""A call of a person's function on Values: fresh inputs go in, one output comes back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gradviz.bridges import tracing
from gradviz.errors import GradvizError
from gradviz.value import Value


class Traced(NamedTuple):
    """What a call built: the inputs by the position of their argument, and the output."""

    inputs: dict[int, Any]  # a Value, or a gradviz array of them
    output: Value


def traced(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any], slots: Sequence[int]) -> Traced:
    """The function called with fresh inputs at ``slots``; the other arguments stay what they are."""
    inputs = {slot: input_of(name, args[slot]) for slot, name in zip(slots, names_of(f, slots), strict=True)}
    arguments = [handed(inputs[i]) if i in inputs else given for i, given in enumerate(args)]
    return Traced(inputs, tracing.output(tracing.call(f, arguments, named), tracing.name_of(f), bool(inputs)))


def handed(entries: Any) -> Any:
    """What f gets: it may write into its array, and we must still know the inputs."""
    return entries if isinstance(entries, Value) else entries.copy()


def leaves(inputs: Mapping[int, Any]) -> list[Value]:
    """All inputs, entry by entry."""
    return [v for entries in inputs.values() for v in ([entries] if isinstance(entries, Value) else entries.flat)]


def shaped(entries: Any, reading: Callable[[Value], float]) -> Any:
    """A number for a Value, an ndarray of numbers for an array of Values."""
    if isinstance(entries, Value):
        return reading(entries)
    import numpy as np

    return np.array([reading(value) for value in entries.flat], dtype=float).reshape(entries.shape)


def input_of(name: str, data: Any) -> Any:
    """A number as a Value, a list or array as a gradviz array, called ``name``."""
    if tracing.is_number(data):
        return Value(data, label=name)
    if tracing.holds_numbers(data):
        from gradviz.bridges.arrays import array

        entries = array(name, data)
        return entries if entries.shape else entries.item()
    raise GradvizError(
        f"the argument {name} is to be differentiated, and {data!r:.60} is no number",
        expected="a number, or a list or array of numbers",
        hint="argnums=… chooses the arguments; the others stay what they are",
    )


def names_of(f: Callable[..., Any], slots: Sequence[int]) -> list[str]:
    """The parameters' names, for messages; x0, x1, … where they cannot be known."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) else f"x{i}" for i in slots]
