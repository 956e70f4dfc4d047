"""NumPy's functions on arrays of Values: those that compute become gates, those that only move entries
are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradviz.bridges.array_gates import (
    FOLDS,
    elementwise,
    lift,
    matmul,
    objects,
    reduced,
    refused,
    running,
    started,
    total,
)
from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.value import Value, apply

#: They move entries, or do nothing with them but + and *: NumPy itself works.
ITSELF = frozenset((
    "append", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "block", "broadcast_arrays",
    "broadcast_to", "column_stack", "concatenate", "convolve", "copy", "correlate", "cross", "delete",
    "diag", "diagflat", "diagonal", "diff", "dsplit", "dstack", "ediff1d", "einsum", "expand_dims",
    "flip", "fliplr", "flipud", "hsplit", "hstack", "insert", "kron", "matrix_transpose", "meshgrid",
    "moveaxis", "ndim", "outer", "pad", "permute_dims", "ravel", "repeat", "reshape", "resize", "roll",
    "rollaxis", "rot90", "row_stack", "shape", "size", "split", "squeeze", "stack", "swapaxes", "take",
    "take_along_axis", "tensordot", "tile", "trace", "transpose", "tril", "triu", "unstack", "vander",
    "vsplit", "vstack",
))  # fmt: skip

#: Of these, the first argument is a list of arrays.
_OF_SEVERAL = frozenset(("concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack", "block"))

#: They answer with indices or with yes and no, read from the numbers; nothing differentiable is lost.
ABOUT_NUMBERS = frozenset(["allclose", "argmax", "argmin", "array_equal", "isclose"])


def where(condition: Any, *choices: Any) -> Any:
    """``np.where``: gates for a condition on Values; a plain condition just picks entries."""
    if len(choices) != 2:
        raise GradvizError(
            "np.where(condition) alone gives positions that would depend on the numbers",
            hint="np.where(condition, a, b)",
        )
    decided = objects(condition)
    if any(isinstance(entry, Value) for entry in decided.flat):
        return elementwise(lambda *operands: apply(GATES["where"], *operands), (decided, *choices), "where")
    return elementwise(lambda c, a, b: a if c else b, (decided, *choices), "where")


def _clip(a: Any, low: Any = None, high: Any = None, **bounds: Any) -> Any:
    low = bounds.pop("min", bounds.pop("a_min", low))
    high = bounds.pop("max", bounds.pop("a_max", high))
    _only_usual("clip", bounds)
    if low is not None and high is not None:
        return elementwise(lambda *operands: apply(GATES["clip"], *operands), (a, low, high), "clip")
    if low is None and high is None:
        return objects(a)
    name, bound = ("max", low) if high is None else ("min", high)
    return elementwise(lambda *operands: apply(GATES[name], *operands), (a, bound), "clip")


def _folding(ufunc: str, name: str) -> Callable[..., Any]:
    def function(a: Any, axis: Any = None, *, keepdims: bool = False, initial: Any = None, **others: Any) -> Any:
        _only_usual(name, others)
        return started(ufunc, reduced(FOLDS[ufunc], a, axis, keepdims is True), initial)

    return function


def _mean(a: Any, axis: Any = None, *, keepdims: bool = False, **others: Any) -> Any:
    _only_usual("mean", others)
    sums = reduced(total, a, axis, keepdims is True)
    count = objects(a).size // max(1, objects(sums).size)
    if not count:
        raise GradvizError("the mean of no entries is not defined", expected="at least one entry")
    return sums if count == 1 else elementwise(lambda s: s / count, (sums,), "mean")


def _var(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False, **others: Any) -> Any:
    _only_usual("var", others)
    mean = _mean(a, axis, keepdims=True)
    squares = elementwise(lambda x, m: apply(GATES["square"], x - m), (a, mean), "var")
    sums = reduced(total, squares, axis, keepdims is True)
    count = objects(a).size // max(1, objects(sums).size) - ddof
    return elementwise(lambda s: s / count, (sums,), "var")


def _std(a: Any, axis: Any = None, **options: Any) -> Any:
    return elementwise(_root, (_var(a, axis, **options),), "std")


def _root(a: Any) -> Value:
    return apply(GATES["sqrt"], a)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is not None and not (ord == 2 and (axis is not None or objects(x).ndim == 1)):
        raise GradvizError(
            f"np.linalg.norm(…, ord={ord!r}) does not work on Values", hint="np.sum(np.abs(x)) for ord=1"
        )
    squares = elementwise(lambda a: apply(GATES["square"], a), (x,), "linalg.norm")
    return elementwise(_root, (reduced(total, squares, axis, keepdims),), "linalg.norm")


def _dot(a: Any, b: Any) -> Any:
    left, right = objects(a), objects(b)
    if not left.ndim or not right.ndim:
        return elementwise(lambda x, y: x * y, (left, right), "dot")
    return matmul(left, right) if max(left.ndim, right.ndim) < 3 else np.dot(left, right)


def _inner(a: Any, b: Any) -> Any:
    left, right = objects(a), objects(b)
    return _dot(left, right.T) if max(left.ndim, right.ndim) < 3 else np.inner(left, right)


def _like(number: float) -> Callable[..., Any]:
    def function(a: Any, *args: Any, **others: Any) -> Any:
        return lift(np.full(objects(a).shape, number))

    return function


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": _folding("add", "sum"),
    "prod": _folding("multiply", "prod"),
    **dict.fromkeys(("max", "amax"), _folding("maximum", "max")),
    **dict.fromkeys(("min", "amin"), _folding("minimum", "min")),
    "mean": _mean,
    "var": _var,
    "std": _std,
    "where": where,
    "clip": _clip,
    "dot": _dot,
    "inner": _inner,
    "vdot": lambda a, b: matmul(objects(a).reshape(-1), objects(b).reshape(-1)),
    "linalg.norm": _norm,
    "cumsum": lambda a, axis=None: running("add", a, axis),
    "cumprod": lambda a, axis=None: running("multiply", a, axis),
    "zeros_like": _like(0.0),
    "empty_like": _like(0.0),
    "ones_like": _like(1.0),
    "full_like": lambda a, fill: elementwise(lambda x, f: f, (a, fill), "full_like"),
}

NAMES = sorted({*_FUNCTIONS, *ITSELF, *ABOUT_NUMBERS})


def call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], function: Any = None) -> Any:
    """A NumPy function by its name, on plain object arrays.

    Raises:
        GradvizError: it is not made of gates, or an option cannot be kept.
    """
    if kwargs.get("out") is not None:
        raise GradvizError(f"np.{name}(…, out=…) cannot write Values into another array", expected="no out=")
    kwargs = {option: given for option, given in kwargs.items() if option != "out"}
    function = function or getattr(np, name, None)
    if name in _FUNCTIONS:
        try:
            return _FUNCTIONS[name](*args, **kwargs)
        except TypeError as error:
            raise GradvizError(f"np.{name} does not take these arguments on Values: {error}") from None
    if name in ITSELF and function is not None:
        return _by_numpy(name, function, args, kwargs)
    if name in ABOUT_NUMBERS and function is not None:
        return function(*[_numbers_within(arg) for arg in args], **kwargs)
    raise refused(name, NAMES)


def _by_numpy(name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if name in _OF_SEVERAL and args and isinstance(args[0], (list, tuple)):
        args = ([_plain(part) for part in args[0]], *args[1:])
    try:
        return function(*[_plain(arg) for arg in args], **{option: _plain(given) for option, given in kwargs.items()})
    except (ValueError, TypeError, IndexError) as error:
        raise GradvizError(f"np.{name}: {error}") from None


def _plain(argument: Any) -> Any:
    """Values and arrays and lists of them as plain object arrays, anything else (shapes, axes) as it is."""
    if isinstance(argument, Value) or (isinstance(argument, (list, tuple)) and _holds_values(argument)):
        return objects(argument)
    return argument.view(np.ndarray) if isinstance(argument, np.ndarray) else argument


def _holds_values(parts: Any) -> bool:
    return any(
        _holds_values(part)
        if isinstance(part, (list, tuple))
        else isinstance(part, Value) or (isinstance(part, np.ndarray) and part.dtype == object)
        for part in parts
    )


def _numbers_within(argument: Any) -> Any:
    if isinstance(argument, Value):
        return argument.data
    if isinstance(argument, np.ndarray) and argument.dtype == object:
        return np.asarray([v.data if isinstance(v, Value) else v for v in argument.flat], float).reshape(argument.shape)
    return argument


def _only_usual(name: str, options: Mapping[str, Any]) -> None:
    """Options at their defaults, which NumPy passes along, are no wish of the user."""
    usual = {"dtype": (None, object), "where": (True,), "casting": ("same_kind",), "mean": ()}
    for option, given in options.items():
        if given is np._NoValue or any(given is u for u in usual.get(option, ())):
            continue
        raise GradvizError(f"np.{name}(…, {option}=…) does not work on Values", expected=f"no {option}=")
