"""The functions of the module: ``gradviz.relu(v)``, ``gradviz.max(a, b)``, ``gradviz.softmax(z)``.

Nobody lists them: every row of the gate table and every library function is here under its own name and its
other spellings, with a signature and a docstring made from the row.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from gradviz.errors import GradvizError
from gradviz.gates import CONST, GATES, Gate
from gradviz.value import Call, Value, apply, constant

if TYPE_CHECKING:
    from gradviz.language.library import Function


def function(name: str) -> Callable[..., Any] | None:
    """The function of a gate or of the library, or None where there is no such name.

    >>> relu = function("relu")
    >>> relu(-2.0).data
    0.0
    >>> function("max")(1, 3, 2).data
    3.0
    >>> function("nothing") is None
    True
    """
    row = _rows().get(name)
    if row is not None:
        return _gate_function(row)
    from gradviz.language.library import LIBRARY

    entry = LIBRARY.get(name)
    return None if entry is None else _library_function(entry)


def names() -> list[str]:
    """All names that ``function`` knows.

    >>> {"relu", "max", "softmax"} <= set(names())
    True
    """
    from gradviz.language.library import LIBRARY

    return sorted({*_rows(), *LIBRARY})


def _rows() -> dict[str, Gate]:
    """The table by every word that is a Python name; made anew, for rows may be added at run time."""
    return {word: row for row in GATES.values() for word in (row.name, *row.spellings) if word.isidentifier()}


# --- gates ------------------------------------------------------------------------------------------------


@cache
def _gate_function(row: Gate) -> Callable[..., Any]:
    signature = _signature(row)

    def gate(*operands: Any, **named: Any) -> Any:
        if row.arity is not None:
            operands = _bound(row.name, signature, operands, named)
        elif named:
            raise GradvizError(f"{row.name} takes its operands by position, not {', '.join(named)}=")
        elif len(operands) == 1 and (entries := _entries(operands[0])) is not None:
            return apply(row, *entries)  # max(z), sum(z): over the whole vector
        if any(_is_array(operand) for operand in operands):
            from gradviz.bridges import array_gates, arrays

            return arrays.wrapped(array_gates.elementwise(lambda *one: apply(row, *one), operands, row.name))
        return apply(row, *operands)

    return _dressed(gate, row.name, _gate_doc(row), signature)


def _signature(row: Gate) -> inspect.Signature:
    if row.arity is None:
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
    names = tuple("abcdefgh"[: row.arity])  # as the formulas name them
    return inspect.Signature(_parameters(names, row.defaults))


def _gate_doc(row: Gate) -> str:
    lines = [f"{row.about[:1].upper()}{row.about[1:]}.", "", f"value: {row.formula}"]
    if row.textbook and row.textbook != row.formula:
        lines.append(f"on the board: {row.textbook}")
    if row.arity is None:
        lines.append(f"local derivative, for every a of args: {row.partials[0]}")
    else:
        for letter, partial in zip("abcdefgh", row.partials, strict=False):
            lines.append(f"local derivative for {letter}: {partial}")
    if row.kink is not None:
        lines.append(f"convention: {row.kink.convention}")
    lines += ["", "Operands are Values, numbers and gradviz arrays (entry by entry)."]
    if row.arity is None:
        lines[-1] += " A single list or array is folded as a whole."
    return "\n".join(lines)


# --- the library ------------------------------------------------------------------------------------------


class Values:
    """A target of the language that builds Values (``language.elaborate.Target``)."""

    def const(self, value: float, text: str, span: object) -> Value:
        """A literal number."""
        return constant(value)

    def gate(self, name: str, operands: Sequence[Value], span: object) -> Value:
        """A gate on Values."""
        return apply(GATES[name], *operands)

    def call(self, function: str, arguments: Sequence[Value], output: Value, first: Value) -> None:
        """Mark the output, so that the picture can fold the whole use into one box."""
        if output.operands:
            output.call = Call(function, tuple(arguments))

    def number(self, node: Value) -> float | None:
        """The number of a literal; a Value of the user's may change."""
        return node.data if node.gate is CONST else None


@cache
def _library_function(row: Function) -> Callable[..., Any]:
    parameters = _parameters(row.parameters, row.defaults)
    if row.packs:
        parameters = [inspect.Parameter(row.parameters[0], inspect.Parameter.VAR_POSITIONAL)]
    signature = inspect.Signature(parameters)

    def call(*given: Any, **named: Any) -> Any:
        from gradviz.language.library import apply as apply_library

        if not row.packs:
            given = _bound(row.name, signature, given, named)
        elif named or not given:
            raise GradvizError(f"{row.name} takes one vector, or several numbers", hint=f"{row.name}([a, b, c])")
        read = [_argument(row, slot, argument) for slot, argument in enumerate(given)]
        result = apply_library(row.name, read, Values())
        if isinstance(result, list) and any(_is_ndarray(argument) for argument in given):
            from gradviz.bridges.arrays import array

            return array(result)
        return result

    about = f"{row.about[:1].upper()}{row.about[1:]}.\n\nin the language: {row.text}"
    return _dressed(call, row.name, about, signature)


def _argument(row: Function, slot: int, argument: Any) -> Any:
    """Nested lists of Values; a position stays a whole number."""
    if slot < len(row.parameters) and row.parameters[slot] in row.positions:
        if hasattr(argument, "item") and not isinstance(argument, Value) and not getattr(argument, "shape", ()):
            return argument.item()  # a NumPy integer
        return argument
    if _is_ndarray(argument):
        argument = argument.tolist()
    if isinstance(argument, (list, tuple)):
        return [_argument(row, len(row.parameters), part) for part in argument]
    return argument if isinstance(argument, Value) else constant(argument)


# --- both -------------------------------------------------------------------------------------------------


def _parameters(names: Sequence[str], defaults: Sequence[float]) -> list[inspect.Parameter]:
    """Parameters by position or name, the defaults belonging to the last ones."""
    least = len(names) - len(defaults)
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=defaults[slot - least] if slot >= least else inspect.Parameter.empty,
        )
        for slot, name in enumerate(names)
    ]


def _bound(name: str, signature: inspect.Signature, operands: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
    try:
        bound = signature.bind(*operands, **named)
    except TypeError as error:
        raise GradvizError(f"{name}: {error}", expected=f"{name}{signature}") from None
    bound.apply_defaults()
    return bound.args


def _dressed(plain: Callable[..., Any], name: str, doc: str, signature: inspect.Signature) -> Callable[..., Any]:
    """With the name, documentation and signature that help() and completion show."""
    plain.__name__ = plain.__qualname__ = name
    plain.__module__ = "gradviz"  # where pickle and help() find it
    plain.__doc__ = doc
    plain.__signature__ = signature  # type: ignore[attr-defined]
    return plain


def _is_ndarray(thing: Any) -> bool:
    numpy = sys.modules.get("numpy")  # without NumPy loaded nobody has an array
    return numpy is not None and isinstance(thing, numpy.ndarray)


def _is_array(thing: Any) -> bool:
    return isinstance(thing, (list, tuple)) or _is_ndarray(thing)


def _entries(thing: Any) -> list[Any] | None:
    """All entries of an array or of nested lists, in order; None for a scalar."""
    if _is_ndarray(thing):
        thing = thing.reshape(-1).tolist()
    if not isinstance(thing, (list, tuple)):
        return None
    entries: list[Any] = []
    for part in thing:
        inner = _entries(part)
        entries.extend([part] if inner is None else inner)
    return entries
