"""NumPy's elementwise functions, reductions and ``@`` as gates, on object arrays of Values.

What comes in and goes out here are plain arrays of dtype object and single Values; ``arrays.py`` wraps them.
Only imported by code that has NumPy already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import GATES, MAX, SUM, Gate
from gradviz.value import METHODS, Value, apply, constant

Fold = Callable[[Sequence[Any]], Value]


def _logaddexp(a: Value, b: Value) -> Value:
    return apply(MAX, a, b) + apply(GATES["log1p"], apply(GATES["exp"], -abs(a - b)))


#: NumPy's ufuncs that are no gate but two or three of them.
COMPOSED: dict[str, Callable[..., Value]] = {
    "positive": lambda a: a,
    "log2": lambda a: apply(GATES["log"], a) / math.log(2),
    "log10": lambda a: apply(GATES["log"], a) / math.log(10),
    "exp2": lambda a: 2 ** a,
    "expm1": lambda a: apply(GATES["exp"], a) - 1,
    "hypot": lambda a, b: apply(GATES["sqrt"], a * a + b * b),
    "logaddexp": _logaddexp,
    "deg2rad": lambda a: a * (math.pi / 180),
    "radians": lambda a: a * (math.pi / 180),
}  # fmt: skip

_INSTEAD = {
    "logical_and": "(a > 0) * (b > 0) is 1 where both hold",
    "bitwise_and": "(a > 0) * (b > 0) is 1 where both hold",
    "logical_or": "np.maximum(a > 0, b > 0) is 1 where one of them holds",
    "bitwise_or": "np.maximum(a > 0, b > 0) is 1 where one of them holds",
    "logical_not": "1 - (a > 0)",
    "invert": "1 - (a > 0)",
    "sign": "np.where(a > 0, 1.0, -1.0)",
    "floor_divide": "a / b",
    "sort": "np.max and np.min; order changes with the numbers, a graph does not",
    "argsort": "np.argsort(a.data) on the plain numbers",
    "logical_and.reduce": "np.min(a > 0) is 1 where all hold",
    "logical_or.reduce": "np.max(a > 0) is 1 where one holds",
    "all": "np.min(a > 0) is 1 where all hold",
    "any": "np.max(a > 0) is 1 where one holds",
    "put": "a[i] = b",
    "imag": "a alone: Values are real",
    "linalg.inv": "its formula written out for a small matrix",
    "linalg.solve": "its formula written out for a small matrix",
}

WORKS = (
    "arithmetic, @, comparisons, indexing; np.exp log sqrt abs tanh maximum minimum and the other gates;"
    " np.sum mean max min prod var std where clip dot outer cumsum; reshape, T, concatenate, stack …"
)


def refused(name: str, known: Iterable[str] = ()) -> GradvizError:
    """The error for what cannot be done on Values."""
    near = did_you_mean(name, [*known, *METHODS, *COMPOSED])
    instead = _INSTEAD.get(name) or (f"np.{near}" if near and near != name else None)
    return GradvizError(f"np.{name} is not made of gates, so no gradient could pass it", expected=WORKS, hint=instead)


def objects(data: Any) -> np.ndarray[Any, Any]:
    """Anything as a plain object array: Values stay, NumPy's numbers become Python's."""
    if isinstance(data, np.ndarray):
        return data.view(np.ndarray).astype(object, copy=False)
    return np.asarray(data, dtype=object)


def lift(data: Any) -> Any:
    """Like ``objects``, and every entry a Value: plain numbers become constants."""
    array = objects(data)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [v if isinstance(v, Value) else constant(v) for v in array.flat]
    return out


def function_of(name: str) -> Callable[..., Value] | None:
    """What a ufunc does to single numbers and Values, or None where it is not made of gates."""
    row = METHODS.get(name) or GATES.get(name)
    return COMPOSED.get(name) if row is None else _gate_function(row)


def _gate_function(row: Gate) -> Callable[..., Value]:
    return lambda *operands: apply(row, *operands)


def elementwise(function: Callable[..., Any], operands: Sequence[Any], name: str) -> Any:
    """A function of scalars on arrays that broadcast: an object array, or one Value.

    Raises:
        GradvizError: the shapes do not fit.
    """
    arrays = [objects(operand) for operand in operands]
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
    except ValueError:
        shapes = " and ".join(str(a.shape) for a in arrays)
        raise GradvizError(
            f"np.{name} got shapes {shapes}, which do not fit", expected="shapes that NumPy can broadcast"
        ) from None
    if not shape:
        return function(*[a.item() for a in arrays])
    return np.frompyfunc(function, len(arrays), 1)(*arrays)


# --- reductions -------------------------------------------------------------------------------------------


def total(values: Sequence[Any]) -> Value:
    """The sum as one gate; of nothing it is the constant 0."""
    return constant(0.0) if not values else _several(SUM, values)


def product(values: Sequence[Any]) -> Value:
    """The product as a chain of gates; of nothing it is the constant 1."""
    out = None
    for value in values:
        out = value if out is None else out * value
    return _value(1.0 if out is None else out)


def _several(row: Gate, values: Sequence[Any]) -> Value:
    if not values:
        raise GradvizError(f"the {row.name} of no entries is not defined", expected="at least one entry")
    return _value(values[0]) if len(values) == 1 else apply(row, *values)


def _value(entry: Any) -> Value:
    return entry if isinstance(entry, Value) else constant(entry)


FOLDS: dict[str, Fold] = {
    "add": total,
    "multiply": product,
    "maximum": lambda values: _several(MAX, values),
    "minimum": lambda values: _several(GATES["min"], values),
}


def reduced(fold: Fold, data: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """An array with some axes folded away, each group of entries by ``fold``.

    Raises:
        GradvizError: there is no such axis.
    """
    array = objects(data)
    axes = _axes(axis, array.ndim)
    rest = [i for i in range(array.ndim) if i not in axes]
    shape = tuple(array.shape[i] for i in rest)
    size = math.prod(array.shape[i] for i in axes)
    groups = array.transpose(*rest, *axes).reshape(*shape, size)
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        out[index] = fold(list(groups[index]))
    if keepdims:
        out = out.reshape(tuple(1 if i in axes else n for i, n in enumerate(array.shape)))
    return out if out.ndim else out.item()


def started(name: str, folded: Any, initial: Any) -> Any:
    """A reduction that begins with a number of its own: ``np.sum(a, initial=2)``."""
    function = function_of(name)
    if initial is None or initial is np._NoValue or function is None:
        return folded
    return elementwise(function, (folded, initial), name)


def _axes(axis: Any, ndim: int) -> list[int]:
    if axis is None or (not ndim and axis in (0, -1)):  # NumPy lets a single number have an axis here
        return list(range(ndim))
    wanted = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = []
    for i in wanted:
        try:
            place = int(np.arange(ndim)[i])
        except (IndexError, TypeError, ValueError):
            raise GradvizError(f"there is no axis {i!r}", expected=f"an axis from {-ndim} to {ndim - 1}") from None
        axes.append(place)
    return sorted(set(axes))


def running(name: str, data: Any, axis: Any = 0) -> Any:
    """Cumulative sums, products, maxima: every entry is one more gate on the entry before it."""
    function = function_of(name)
    if function is None or name not in FOLDS:
        raise refused(f"{name}.accumulate")
    array = objects(data)
    if axis is None:
        array, axis = array.reshape(-1), 0
    [place] = _axes(axis, array.ndim)
    out = lift(array)
    lines = np.moveaxis(out, place, 0)
    for i in range(1, len(lines)):
        lines[i] = elementwise(function, (lines[i - 1], lines[i]), name)
    return out


def matmul(a: Any, b: Any) -> Any:
    """``a @ b``: every entry is one sum of products.

    Raises:
        GradvizError: a single number, or shapes that do not fit.
    """
    left, right = objects(a), objects(b)
    if not left.ndim or not right.ndim:
        raise GradvizError("@ multiplies vectors and matrices, not single numbers", hint="a * b")
    if left.shape[-1] != right.shape[max(right.ndim - 2, 0)]:
        hint = None
        if left.ndim == 2 and left.shape[0] == right.shape[max(right.ndim - 2, 0)]:
            hint = "the transpose of the first: a.T @ b"
        elif right.ndim == 2 and left.shape[-1] == right.shape[1]:
            hint = "the transpose of the second: a @ b.T"
        raise GradvizError(
            f"@ got shapes {left.shape} and {right.shape}, which do not fit",
            expected="as many columns on the left as rows on the right",
            hint=hint,
        )
    rows = left if left.ndim > 1 else left[np.newaxis, :]
    columns = right.swapaxes(-1, -2) if right.ndim > 1 else right[np.newaxis, :]
    terms = elementwise(lambda x, y: x * y, (rows[..., :, np.newaxis, :], columns[..., np.newaxis, :, :]), "matmul")
    out = objects(reduced(total, terms, axis=-1))
    if right.ndim == 1:
        out = out[..., 0]
    if left.ndim == 1:
        out = out[..., 0] if right.ndim == 1 else out[..., 0, :]
    return out if isinstance(out, np.ndarray) and out.ndim else objects(out).item()


def ufunc(function: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """A NumPy ufunc, or one of its methods, on Values.

    Raises:
        GradvizError: it is not made of gates, or an option cannot be kept.
    """
    name = function.__name__
    known = function_of(name) is not None or name in ("matmul", "vecdot") or _made_by_frompyfunc(function)
    if not known or (method in ("reduce", "accumulate") and name not in FOLDS):
        raise refused(name if method == "__call__" else f"{name}.{method}")
    for option, usual in (("where", True), ("dtype", (None, object, np.dtype(object)))):
        given = options.get(option, True if option == "where" else None)
        if given is not usual and not (isinstance(usual, tuple) and given in usual):
            raise GradvizError(f"np.{name}(…, {option}=…) does not work on Values", expected=f"no {option}=")
    if method == "__call__":
        if name in ("matmul", "vecdot"):
            return matmul(*inputs) if name == "matmul" else reduced(total, elementwise(_times, inputs, name), -1)
        if _made_by_frompyfunc(function):
            return function(*[objects(operand) for operand in inputs])
        scalar = function_of(name)
        if scalar is None:
            raise refused(name)
        return elementwise(scalar, inputs, name)
    if method == "reduce":
        values = objects(inputs[0])
        out = reduced(
            FOLDS[name], values, options.get("axis", 0) if values.ndim else None, options.get("keepdims", False)
        )
        return started(name, out, options.get("initial"))
    if method == "accumulate":
        return running(name, inputs[0], options.get("axis", 0))
    if method == "outer" and (scalar := function_of(name)) is not None:
        a, b = (objects(i) for i in inputs)
        return elementwise(scalar, (a.reshape(a.shape + (1,) * b.ndim), b), name)
    raise refused(f"{name}.{method}")


def _times(a: Any, b: Any) -> Any:
    return a * b


def _made_by_frompyfunc(function: Any) -> bool:
    """Whether Python code stands behind it (np.vectorize, np.frompyfunc), which may use gates itself."""
    return bool(function.nout == 1 and function.types == ["O" * function.nin + "->O"])
