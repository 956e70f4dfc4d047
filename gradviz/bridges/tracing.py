"""From a Python function to a Graph: call it on Values and look at what it built."""

from __future__ import annotations

import inspect
import linecache
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import CodeType, TracebackType
from typing import Any

from gradviz.bridges.locals_names import LocalNames
from gradviz.errors import GradvizError, Place, did_you_mean
from gradviz.flatten import flatten
from gradviz.gates import CONST
from gradviz.graph import Graph, listed
from gradviz.value import Value

_Parameter = inspect.Parameter


def from_function(f: Callable[..., Any], /, *, wrt: str | Sequence[str] | None = None, **values: Any) -> Graph:
    """The Graph that a Python function builds from its arguments.

    Numbers become inputs with the parameter's name; lists and arrays of numbers become gradviz arrays, with
    entries ``W[0,0]``, …; everything else (None, texts, True, functions) is handed over as it is. What is not
    given takes the parameter's default. Nodes are called as the local variables they are assigned to.

    Args:
        f: the function; it must return one number.
        wrt: the names of the parameters that are inputs; the others stay plain numbers, as counts and
            indices have to be. All of them where it is left out.
        **values: numbers, lists or arrays for the parameters.

    Raises:
        GradvizError: a parameter has no number, or the function fails or does not return one Value.

    >>> def f(x, y, z):
    ...     q = x + y
    ...     return q * z
    >>> g = from_function(f, x=-2, y=5, z=-4)
    >>> g.names
    ('x', 'y', 'z', 'q', 'v1')
    >>> g.trace()["x"].grad
    -4.0
    """
    called = name_of(f)
    if not callable(f):
        raise GradvizError(f"from_function traces a function, not the {type(f).__name__} {f!r:.60}")
    chosen = {wrt} if isinstance(wrt, str) else None if wrt is None else set(wrt)
    signature = signature_of(f, called)
    given = _given(signature, values, chosen, called)
    inputs: list[Value] = []
    arguments = {}
    for name, data in given.items():
        argument = _argument(name, data, chosen, inputs)
        parameter = signature.parameters.get(name)
        if name in values or argument is not data or parameter is None or parameter.kind is _Parameter.POSITIONAL_ONLY:
            arguments[name] = argument  # Python itself fills in the other defaults
    positional, named = arranged(signature, arguments)
    with LocalNames(_code(f), [v.name for v in inputs if v.name]) as locals_:
        result = call(f, positional, named)
    return _graph(inputs, output(result, called, bool(inputs)), locals_)


def call(f: Callable[..., Any], positional: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """A person's function on these arguments.

    Raises:
        GradvizError: it fails; the message points at the line of its file.
    """
    try:
        return f(*positional, **named)
    except GradvizError as error:
        if error.place is None:
            error.place = _place(error.__traceback__, f)
        raise
    except Exception as error:
        raise _failed(name_of(f), error, f) from error


def _graph(inputs: list[Value], output: Value, locals_: LocalNames) -> Graph:
    """All inputs in the order of the parameters (also those without effect), then the ancestors."""
    values = [*inputs, output]
    order, _ = flatten(values)
    graph = Graph.of(*values)
    given = [
        name if name is not None or row is CONST else locals_.of(value)
        for name, row, value in zip(graph.given, graph.gates, order, strict=True)
    ]
    return replace(graph, given=tuple(given))


# --- arguments --------------------------------------------------------------------------------------------


def name_of(f: Any) -> str:
    """What messages call a function."""
    inner = getattr(f, "func", f)
    name = getattr(inner, "__qualname__", None) or type(inner).__name__
    return str(name).rsplit("<locals>.", 1)[-1]


def signature_of(f: Callable[..., Any], called: str) -> inspect.Signature:
    """The parameters of a person's function."""
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        raise GradvizError(
            f"{called} does not tell its parameters (it is not written in Python)",
            hint=f"from_function(lambda x: {called}(x), x=1.0)",
        ) from None


def _given(
    signature: inspect.Signature, values: Mapping[str, Any], chosen: set[str] | None, called: str
) -> dict[str, Any]:
    """What each parameter gets, in the order of the parameters."""
    parameters = signature.parameters
    open_ended = any(p.kind is _Parameter.VAR_KEYWORD for p in parameters.values())
    plain = [n for n, p in parameters.items() if p.kind is not _Parameter.VAR_KEYWORD]
    for name in [*values, *sorted(chosen or ())]:
        if name not in plain and not open_ended:
            raise GradvizError(
                f"{called} has no parameter {name!r}",
                expected="one of " + listed(plain) if plain else f"no values: {called} has no parameters",
                hint=did_you_mean(name, plain),
            )
    given: dict[str, Any] = {}
    missing = []
    for name, parameter in parameters.items():
        if parameter.kind is _Parameter.VAR_KEYWORD:
            given.update({extra: data for extra, data in values.items() if extra not in plain})
        elif name in values:
            given[name] = values[name]
        elif parameter.default is not _Parameter.empty:
            given[name] = parameter.default
        elif parameter.kind is not _Parameter.VAR_POSITIONAL:
            missing.append(name)
    if missing:
        known = [f"{name}={_short(data)}" for name, data in values.items()]
        call = ", ".join([called, *known, *(f"{name}=1.0" for name in missing)])
        raise GradvizError(
            f"no number for {listed(missing)} of {called}",
            expected="a number, a list or an array for every parameter without a default",
            hint=f"from_function({call})",
        )
    return given


def _short(data: Any) -> str:
    shown = repr(data)
    return shown if len(shown) <= 30 else "…"


def _argument(name: str, data: Any, chosen: set[str] | None, inputs: list[Value]) -> Any:
    """A parameter's number as a Value, its numbers as a gradviz array, anything else as it is."""
    if chosen is not None and name not in chosen:
        return data
    if isinstance(data, Value):
        if data.name is None and not data.operands:
            data.name = name
        inputs.append(data)
        return data
    if is_number(data):
        value = Value(data, label=name)
        inputs.append(value)
        return value
    if holds_numbers(data):
        from gradviz.bridges.arrays import array

        entries = array(name, data)
        if not entries.shape:
            entries = entries.item()
            inputs.append(entries)
        else:
            inputs.extend(entries.reshape(-1).tolist())
        return entries
    if chosen is not None:
        raise GradvizError(
            f"{name} is to be an input, and {data!r:.60} is no number", expected="a number, list or array"
        )
    return data


def is_number(data: Any) -> bool:
    """One real number; True and False are none."""
    import numbers

    return isinstance(data, numbers.Real) and not isinstance(data, bool)


def holds_numbers(data: Any) -> bool:
    """Nested lists of numbers (or Values), and numeric arrays; also ragged ones, which are then an error."""
    if isinstance(data, (list, tuple)):
        return bool(data) and all(is_number(p) or isinstance(p, Value) or holds_numbers(p) for p in data)
    dtype = getattr(data, "dtype", None)
    if dtype is None or not hasattr(data, "__array_function__"):
        return False
    return dtype.kind in "iuf" or (dtype.kind == "O" and all(isinstance(v, Value) for v in data.flat))


def arranged(signature: inspect.Signature, arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What stands by position and what by name, in a call with these arguments."""
    positional: list[Any] = []
    named = dict(arguments)
    starred = any(p.kind is _Parameter.VAR_POSITIONAL for n, p in signature.parameters.items() if n in arguments)
    for name, parameter in signature.parameters.items():
        if name not in named:
            continue
        if parameter.kind is _Parameter.VAR_POSITIONAL:
            several = named.pop(name)
            positional.extend(several if hasattr(several, "__iter__") else [several])
        elif parameter.kind is _Parameter.POSITIONAL_ONLY or (
            starred and parameter.kind is _Parameter.POSITIONAL_OR_KEYWORD
        ):
            positional.append(named.pop(name))
    return positional, named


# --- the call ---------------------------------------------------------------------------------------------


def _code(f: Any) -> CodeType | None:
    """The code of the function a person wrote: inside partials, methods and well-behaved decorators."""
    for _ in range(100):
        if hasattr(f, "func") and not hasattr(f, "__code__"):  # functools.partial
            f = f.func
        elif hasattr(f, "__wrapped__"):  # functools.wraps
            f = f.__wrapped__
        elif hasattr(f, "__func__"):  # a method
            f = f.__func__
        elif not hasattr(f, "__code__") and inspect.isfunction(
            method := inspect.getattr_static(type(f), "__call__", None)
        ):
            f = method  # an object with __call__
        else:
            break
    code = getattr(f, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _place(trace: TracebackType | None, f: Any) -> Place | None:
    """The line of the user's file in which it happened: the innermost one in the function's own file."""
    code = _code(f)
    found = None
    while trace is not None:
        if code is not None and trace.tb_frame.f_code.co_filename == code.co_filename:
            found = trace.tb_lineno
        trace = trace.tb_next
    if found is None or code is None:
        return None
    linecache.checkcache(code.co_filename)  # the file may have been edited and loaded again
    lines = linecache.getlines(code.co_filename)
    if not 0 < found <= len(lines):
        return None
    line = lines[found - 1]
    start = sum(map(len, lines[: found - 1])) + len(line) - len(line.lstrip())
    return Place("".join(lines), start, start + len(line.strip()), os.path.basename(code.co_filename))


def _failed(called: str, error: Exception, f: Any) -> GradvizError:
    said = str(error) or "no message"
    hint = None
    if "integer" in said or isinstance(error, IndexError):
        hint = "from_function(f, wrt=[…]) with the names of the real inputs leaves counts and indices plain numbers"
    elif isinstance(error, AttributeError) and "Value" in said:
        hint = "a parameter that is an array needs a list or an array: x=[1, 2]"
    return GradvizError(
        f"{called} stopped: {type(error).__name__}: {said}", place=_place(error.__traceback__, f), hint=hint
    )


def output(result: Any, called: str, has_inputs: bool) -> Value:
    """The one Value the function has to return."""
    if isinstance(result, Value):
        return result
    if result is None:
        raise GradvizError(f"{called} returned nothing", expected="one number", hint="a return at its end")
    shape = getattr(result, "shape", None)
    if shape == () and isinstance(entry := result.item(), Value):
        return entry
    if shape is not None and shape != ():
        hint = "return out.sum(), or one entry: return out" + "[" + ", ".join("0" * len(shape)) + "]"
        raise GradvizError(f"{called} returned an array of shape {shape}", expected="one number", hint=hint)
    if isinstance(result, (list, tuple)):
        raise GradvizError(
            f"{called} returned a {type(result).__name__} of {len(result)}",
            expected="one number",
            hint=f"from_function(lambda *args: {called}(*args)[0], args=[…]) looks at the first, or return one of them",
        )
    if is_number(result) or isinstance(result, bool) or shape == ():
        why = "something in it left the graph (.data, .item(), int()), or it does not use its inputs"
        raise GradvizError(
            f"{called} returned the plain number {result}: it does not depend on "
            + ("the inputs" if has_inputs else "any input"),
            expected="a number computed from the inputs",
            hint=why if has_inputs else f"from_function({called}, x=1.0) with a parameter x",
        )
    raise GradvizError(f"{called} returned a {type(result).__name__}", expected="one number computed from the inputs")


def load(spec: str) -> Callable[..., Any]:
    """The function of ``path.py:function`` or ``module:function``; see ``loading.py``."""
    from gradviz.bridges.loading import load as loaded

    return loaded(spec)
