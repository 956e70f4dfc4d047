"""The user's own gradient, in whatever form homework returns it: number by number, for the inputs of a Point."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradviz.bridges import tracing
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gradchecking.point import Point
from gradviz.graph import listed
from gradviz.value import Value


def read(df: Any, point: Point) -> dict[int, float | None]:
    """The answer for every entry that has one, by the entry's place; None where it was left out on purpose.

    ``df`` is a function, called with the arguments of f (those of them that it has parameters for), or the answer
    itself: a number, a list or tuple in the order of the inputs, a dict by name, or an array. None in the place of
    an input says that it was not differentiated.

    Raises:
        GradvizError: df fails, or its answer does not fit the inputs.
    """
    answer = _called(df, point) if callable(df) else df
    names = list(dict.fromkeys(entry.name for entry in point.entries))
    if isinstance(answer, Mapping):
        return _of_names(answer, names, point)
    if answer is None:
        raise GradvizError("the gradient code returned nothing", hint="a return at its end")
    if len(names) == 1 and not _wraps_one(answer, point):
        return _of_names({names[0]: answer}, names, point)
    if not isinstance(answer, Sequence) and not getattr(answer, "shape", ()):
        raise GradvizError(
            f"the gradient code gave one number, {answer!r:.40}, for {len(names)} inputs: {listed(names)}",
            expected="a tuple in their order, or a dict by name",
            hint=f'wrt=["{names[0]}"] checks one alone',
        )
    parts = list(answer)
    if len(parts) != len(names):
        raise GradvizError(
            f"the gradient code gave {len(parts)} gradients for {len(names)} inputs: {listed(names)}",
            expected="one for each, in their order; None for one that is not differentiated; or a dict by name",
            hint="wrt=[…] with the names of the inputs that have a gradient",
        )
    return _of_names(dict(zip(names, parts, strict=True)), names, point)


def _called(df: Callable[..., Any], point: Point) -> Any:
    arguments = {name: copy.deepcopy(data) for name, data in point.arguments.items()}
    try:
        signature = inspect.signature(df)
    except (TypeError, ValueError):
        return tracing.call(df, list(arguments.values()), {})
    wanted = signature.parameters
    needed = [
        p.name for p in wanted.values() if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in wanted.values())
    if all(name in arguments for name in needed):
        some = {n: d for n, d in arguments.items() if open_ended or n in wanted}
        positional, named = tracing.arranged(signature, some)
        if not positional and not named and any(p.kind is p.VAR_POSITIONAL for p in wanted.values()):
            positional = list(arguments.values())
        return tracing.call(df, positional, named)
    try:
        signature.bind(*arguments.values())
    except TypeError:
        raise GradvizError(
            f"{tracing.name_of(df)} takes {listed(list(wanted)) or 'nothing'}, and {point.called} takes"
            f" {listed(list(arguments))}",
            expected="gradient code that is called as the function is",
            hint="gradcheck(f, lambda …: backward(…), at=…) with the same arguments as f",
        ) from None
    return tracing.call(df, list(arguments.values()), {})


def _wraps_one(answer: Any, point: Point) -> bool:
    """Whether the answer is a tuple (or list) around the gradient of the only input: ``return dx,``."""
    shape = _shape(point, point.entries[0].name)
    return isinstance(answer, (list, tuple)) and len(answer) == 1 and shape != (1,)


def _shape(point: Point, name: str) -> tuple[int, ...]:
    indices = [entry.place for entry in point.entries if entry.name == name]
    return tuple(max(level) + 1 for level in zip(*indices, strict=True))


def _of_names(answer: Mapping[Any, Any], names: list[str], point: Point) -> dict[int, float | None]:
    known = [*names, *(entry.label for entry in point.entries)]
    bases = {name.partition("[")[0] for name in names}
    plain = {_stripped(name, known): part for name, part in answer.items()}
    for name in plain:
        if name not in known and name not in bases and name not in point.arguments:
            raise GradvizError(
                f"the gradient code gave a gradient for {name!r}, and there is no such input",
                expected="names out of " + listed(names),
                hint=did_you_mean(str(name), names),
            )
    found: dict[int, float | None] = {}
    for place, entry in enumerate(point.entries):
        base, _, inside = entry.name.partition("[")
        if entry.label in plain:
            part, index = plain[entry.label], tuple[int, ...]()
        elif entry.name in plain:
            part, index = plain[entry.name], entry.place
        elif inside and base in plain:  # an input W[0,1] of a graph, answered as W
            part, index = plain[base], tuple(map(int, inside.rstrip("]").split(",")))
        else:
            continue
        part = part(**_wanted(part, point)) if callable(part) and not isinstance(part, Value) else part
        shape = _shape(point, entry.name) if entry.place else ()
        found[place] = None if part is None else _number(part, index, entry.label, shape)
    return found


def _wanted(part: Callable[..., Any], point: Point) -> dict[str, Any]:
    parameters = inspect.signature(part).parameters
    return {name: copy.deepcopy(data) for name, data in point.arguments.items() if name in parameters}


def _stripped(name: Any, known: list[str]) -> Any:
    """``dx``, ``grad_x`` and ``df/dx`` mean x, where no input is called so."""
    if isinstance(name, str) and name not in known:
        for start in ("grad_", "df/d", "d"):
            if name.startswith(start) and name[len(start) :] in known:
                return name[len(start) :]
    return name


def _number(part: Any, index: tuple[int, ...], label: str, shape: tuple[int, ...]) -> float:
    if isinstance(part, Value):
        part = part.data
    mine = _shape_of(part)
    if shape and mine != shape:
        raise GradvizError(
            f"the gradient for {label.partition('[')[0]} has shape {mine}, and the input has shape {shape}",
            expected="a gradient in the shape of its input",
            hint="the transpose: dW.T" if mine == shape[::-1] and len(mine) > 1 else None,
        )
    try:
        for i in index:
            part = part[i]
        if isinstance(part, Value):
            part = part.data
        if isinstance(part, (str, bytes, complex)) or _shape_of(part) not in ((), (1,)):
            raise TypeError
        return float(part if not _shape_of(part) else part[0])
    except (TypeError, ValueError, IndexError, KeyError):
        raise GradvizError(f"the gradient for {label} is no number: {part!r:.60}", expected="one real number") from None


def _shape_of(part: Any) -> tuple[int, ...]:
    if hasattr(part, "shape"):
        return tuple(part.shape)
    shape: list[int] = []
    while isinstance(part, (list, tuple)):
        shape.append(len(part))
        if not part:
            break
        part = part[0]
    return tuple(shape)
