"""One function at one point: its inputs entry by entry, its value anywhere, and gradviz's own gradient there."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gradviz.bridges import tracing
from gradviz.errors import GradvizError, did_you_mean
from gradviz.graph import Graph, listed
from gradviz.passes import Trace
from gradviz.value import Value


class Entry(NamedTuple):
    """One number that the function depends on: an argument, or an entry of one."""

    name: str
    place: tuple[int, ...]  # where in it
    at: float

    @property
    def label(self) -> str:
        """``x`` or ``W[0,1]``."""
        return f"{self.name}[{','.join(map(str, self.place))}]" if self.place else self.name


class Point(NamedTuple):
    """A function at a point."""

    called: str
    arguments: dict[str, Any]  # everything it is called with, by name
    entries: list[Entry]  # what is differentiated
    evaluate: Callable[[Sequence[float]], float]  # the value for other numbers of the entries
    trace: Trace | None  # gradviz's own gradients, where it can be traced
    untraced: str | None  # why it cannot

    def along(self, entry: int) -> Callable[[float], float]:
        """The function of one entry alone."""
        numbers = [e.at for e in self.entries]

        def f(x: float) -> float:
            return self.evaluate([*numbers[:entry], x, *numbers[entry + 1 :]])

        return f

    def own(self, entry: int) -> float | None:
        """gradviz's gradient for an entry."""
        if self.trace is None or self.trace.gradients is None:
            return None
        return float(self.trace.gradients[self.trace.graph.id(self.entries[entry].label)])


def point(f: Any, at: Any, named: Mapping[str, Any], wrt: Sequence[str] | None) -> Point:
    """``f`` (a function, a Graph, or text in the language) at a point given by name, by position or as one number.

    Raises:
        GradvizError: a number is missing or no number, or f does not give one number there.
    """
    if isinstance(f, str):
        from gradviz.language import build

        f = build(f, {})
    if isinstance(f, Graph):
        return _of_graph(f, _by_name(f.inputs, at, named, f"the graph of {f.names[f.output]}"), wrt)
    if not callable(f):
        raise GradvizError(f"gradcheck takes a function, a Graph or a text, not the {type(f).__name__} {f!r:.60}")
    return _of_function(f, at, named, wrt)


# --- graphs -----------------------------------------------------------------------------------------------


def _of_graph(graph: Graph, given: dict[str, Any], wrt: Sequence[str] | None) -> Point:
    trace = graph.trace(given)
    chosen = [name for name in graph.inputs if wrt is None or name in wrt or name.partition("[")[0] in wrt]
    entries = [Entry(name, (), float(trace[name].value)) for name in chosen]
    for entry in entries:
        if not math.isfinite(entry.at):
            raise GradvizError(f"{entry.name} is {entry.at}; a gradient is checked at ordinary numbers")
    values = {name: float(trace[name].value) for name in graph.inputs}

    def evaluate(numbers: Sequence[float]) -> float:
        moved = values | {entry.name: x for entry, x in zip(entries, numbers, strict=True)}
        return float(graph.trace(moved, backward=False).output)

    return Point(f"the graph of {graph.names[graph.output]}", values, entries, evaluate, trace, None)


# --- functions --------------------------------------------------------------------------------------------


def _of_function(f: Callable[..., Any], at: Any, named: Mapping[str, Any], wrt: Sequence[str] | None) -> Point:
    called = tracing.name_of(f)
    signature = tracing.signature_of(f, called)
    given = _by_name(
        [n for n, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD], at, named, called, signature
    )
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            given.setdefault(name, parameter.default)
    missing = [
        n for n, p in signature.parameters.items() if n not in given and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if missing:
        example = ", ".join(f'"{name}": {given.get(name, 1.0)!r:.30}' for name in signature.parameters)
        raise GradvizError(f"no number for {listed(missing)} of {called}", hint=f"gradcheck(…, at={{{example}}})")
    unknown = [name for name in wrt or () if name not in given]
    if unknown:
        raise GradvizError(
            f"{called} has no parameter {unknown[0]!r}",
            expected="one of " + listed(list(given)),
            hint=did_you_mean(unknown[0], list(given)),
        )
    chosen = [n for n, d in given.items() if (n in wrt if wrt is not None else _counts(d))]
    entries = [entry for name in chosen for entry in _entries(name, given[name])]
    if not entries:
        raise GradvizError(f"{called} has no input to check", expected="at least one parameter that is a real number")
    given = _arrays_where_wanted(f, signature, given)
    evaluate = _evaluator(f, signature, given, chosen, entries)
    trace, untraced = None, None
    try:
        graph = tracing.from_function(f, wrt=chosen, **{n: copy.deepcopy(d) for n, d in given.items()})
        trace = graph.trace()
    except GradvizError as error:
        untraced = error.message
    if untraced is not None:
        _must_run(f, signature, given)
    return Point(called, given, entries, evaluate, trace, untraced)


def _arrays_where_wanted(f: Callable[..., Any], signature: inspect.Signature, given: dict[str, Any]) -> dict[str, Any]:
    """Lists as arrays, for NumPy code such as ``W @ x`` that does not take lists."""
    lists = [n for n, d in given.items() if isinstance(d, list) and tracing.holds_numbers(d)]
    if not lists:
        return given
    import numpy as np

    arrays = given | {name: np.array(given[name], dtype=float) for name in lists}
    for wanted in (given, arrays):
        positional, named = tracing.arranged(signature, copy.deepcopy(wanted))
        try:
            with _quiet():
                f(*positional, **named)
        except Exception:  # tracing meets it again, and reports it
            continue
        return wanted
    return given


def _counts(data: Any) -> bool:
    return tracing.is_number(data) or tracing.holds_numbers(data)


def _entries(name: str, data: Any) -> list[Entry]:
    if tracing.is_number(data):
        found = [Entry(name, (), float(data))]
    elif tracing.holds_numbers(data):
        import numpy as np

        try:
            numbers = np.array(data, dtype=float)
        except (TypeError, ValueError):
            raise GradvizError(f"the rows of {name} have different lengths: {data!r:.60}") from None
        found = [Entry(name, index, float(x)) for index, x in np.ndenumerate(numbers)]
    else:
        raise GradvizError(
            f"{name} is to be checked, and {data!r:.60} is no number", expected="a number, list or array"
        )
    for entry in found:
        if not math.isfinite(entry.at):
            raise GradvizError(f"{entry.label} is {entry.at}; a gradient is checked at ordinary numbers")
    return found


def _evaluator(
    f: Callable[..., Any], signature: inspect.Signature, given: dict[str, Any], chosen: list[str], entries: list[Entry]
) -> Callable[[Sequence[float]], float]:
    def evaluate(numbers: Sequence[float]) -> float:
        arguments = {n: copy.deepcopy(d) for n, d in given.items()}
        for name in chosen:
            mine = [x for entry, x in zip(entries, numbers, strict=True) if entry.name == name]
            arguments[name] = mine[0] if tracing.is_number(given[name]) else _refilled(given[name], mine)
        return _value(_call(f, signature, arguments))

    return evaluate


def _refilled(like: Any, numbers: list[float]) -> Any:
    """Lists stay lists and arrays arrays, for f may do with them what only they can."""
    import numpy as np

    shaped = np.array(numbers).reshape(np.shape(like))
    return shaped if isinstance(like, np.ndarray) else shaped.tolist()


def _call(f: Callable[..., Any], signature: inspect.Signature, arguments: dict[str, Any]) -> Any:
    """f on plain numbers, or on Values where it wants those (``x.relu()``); None where it has no value."""
    positional, named = tracing.arranged(signature, arguments)
    try:
        with _quiet():
            return f(*positional, **named)
    except (ArithmeticError, ValueError):  # math.log(-1), 1/0: outside the domain
        return math.nan
    except (AttributeError, TypeError):
        wrapped = {n: _as_values(n, d) for n, d in arguments.items()}
        positional, named = tracing.arranged(signature, wrapped)
        return tracing.call(f, positional, named)


def _quiet() -> Any:
    """Without NumPy's warnings: where a moved point leaves the domain, nan says it all."""
    import sys
    from contextlib import nullcontext

    numpy = sys.modules.get("numpy")
    return nullcontext() if numpy is None else numpy.errstate(all="ignore")


def _as_values(name: str, data: Any) -> Any:
    if isinstance(data, float):
        return Value(data, label=name)
    if tracing.holds_numbers(data):
        from gradviz.bridges.arrays import array

        return array(name, data)
    return data


def _value(result: Any) -> float:
    if isinstance(result, Value):
        return result.data
    try:
        kind = getattr(getattr(result, "dtype", None), "kind", "")
        return float(result.data if kind == "O" else result)
    except (TypeError, ValueError):
        return math.nan


def _must_run(f: Callable[..., Any], signature: inspect.Signature, given: dict[str, Any]) -> None:
    """Where f cannot be traced it must at least give one number."""
    positional, named = tracing.arranged(signature, copy.deepcopy(given))
    with _quiet():
        result = tracing.call(f, positional, named)
    if isinstance(result, Value) or tracing.is_number(result) or getattr(result, "shape", None) == ():
        return
    tracing.output(result, tracing.name_of(f), True)


# --- at= --------------------------------------------------------------------------------------------------


def _by_name(
    names: Sequence[str], at: Any, named: Mapping[str, Any], called: str, signature: inspect.Signature | None = None
) -> dict[str, Any]:
    """The numbers by name, however they were given."""
    if isinstance(at, Mapping):
        given = dict(at)
    elif at is None:
        given = {}
    else:
        several = list(at) if isinstance(at, (list, tuple)) else [at]
        starred = signature is not None and any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
        if starred and len(several) >= len(names):
            several[len(names) - 1 :] = [several[len(names) - 1 :]]
        if len(several) > len(names):
            raise GradvizError(
                f"at= has {len(several)} numbers, and {called} has {len(names)} "
                + ("input" if len(names) == 1 else "inputs"),
                expected="one for every input: " + listed(list(names)),
                hint=f'at={{"{names[0]}": {at!r:.40}}} for a vector' if names else None,
            )
        given = dict(zip(names, several, strict=False))
    twice = [name for name in named if name in given]
    if twice:
        raise GradvizError(f"{twice[0]} is given twice, in at= and by keyword")
    given |= named
    open_ended = signature is not None and any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    known = [*names, *(name.partition("[")[0] for name in names)]
    for name in given:
        if name not in known and not open_ended:
            raise GradvizError(
                f"{called} has no input {name!r}",
                expected="one of " + listed(list(names)),
                hint=did_you_mean(str(name), list(names)),
            )
    return given
