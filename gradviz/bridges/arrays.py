"""``gradviz.array``: NumPy arrays whose entries are Values, for NumPy code as it is.

>>> import numpy as np
>>> W, x = array("W", [[1.0, 2.0], [3.0, 4.0]]), array("x", [1.0, -1.0])
>>> loss = np.sum(np.maximum(0, W @ x + 3) ** 2)
>>> loss.backward()
>>> W.grad
array([[ 4., -4.],
       [ 4., -4.]])

It is an ndarray of dtype object: shapes, indexing and reshaping are NumPy's own; functions come back as gates
(``array_gates.py``, ``array_functions.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradviz.bridges import array_functions, array_gates
from gradviz.errors import GradvizError
from gradviz.value import METHODS, Value, number


def array(name: Any, data: Any = None, /) -> Array:
    """An array of inputs, for NumPy code.

    Args:
        name: what it is called; its entries are then ``W[0,0]``, ``W[0,1]``, … May be left out.
        data: nested lists, an array of numbers, or Values.

    Raises:
        GradvizError: rows of different lengths, or something that is no real number.

    >>> W = array("W", [[1, 2], [3, 4]])
    >>> W[0, 1].name, W.shape
    ('W[0,1]', (2, 2))
    >>> array([1.0, 2.0])
    gradviz.array([1., 2.])
    """
    if not isinstance(name, str):
        if data is not None:
            raise GradvizError(f"the name of an array is a text, not {name!r:.40}", hint='gradviz.array("W", data)')
        name, data = None, name
    elif data is None:
        raise GradvizError(f"gradviz.array({name!r}) has no numbers", hint=f"gradviz.array({name!r}, [[1, 2], [3, 4]])")
    entries = _read(name, data)
    out = np.empty(entries.shape, dtype=object)
    for index, entry in np.ndenumerate(entries):
        value = entry if isinstance(entry, Value) else Value(entry)
        if name is not None and value.name is None:
            value.name = entry_name(name, index)
        out[index] = value
    return out.view(Array)


def entry_name(name: str, index: Sequence[int]) -> str:
    """How an entry is called.

    >>> entry_name("W", (0, 1)), entry_name("x", ())
    ('W[0,1]', 'x')
    """
    return f"{name}[{','.join(map(str, index))}]" if index else name


def _read(name: str | None, data: Any) -> np.ndarray[Any, Any]:
    """The entries, checked: numbers and Values in a rectangle."""
    called = name or "the array"
    try:
        entries = array_gates.objects(data)
        ragged = any(isinstance(entry, (list, tuple, np.ndarray)) for entry in entries.flat)
    except ValueError:  # NumPy's word for rows of different lengths
        ragged = True
    if ragged:
        raise GradvizError(
            f"the rows of {called} have different lengths",
            expected="nested lists of one length, such as [[1, 2], [3, 4]]",
        )
    for index, entry in np.ndenumerate(entries):
        if not isinstance(entry, Value):
            try:
                number(entry)
            except GradvizError as error:
                raise GradvizError(
                    f"{f'entry {list(index)} of ' if index else ''}{called}: {error.message}", expected=error.expected
                ) from None
    return entries


class Array(np.ndarray[Any, Any]):
    """An ndarray of Values; made by ``gradviz.array`` and by NumPy functions of such arrays."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return ufunc_on_values(ufunc, method, inputs, options)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return function_on_values(func, args, kwargs)

    # --- numbers out and in: the words are those of a single Value --------------------------------------

    @property  # type: ignore[override]
    def data(self) -> Readings:
        """The numbers, as a float array (a copy). ``W.data -= 0.1 * W.grad`` updates the parameters."""
        return self._readings("data")

    @data.setter
    def data(self, new: Any) -> None:
        self._set("data", new)

    @property
    def grad(self) -> Readings:
        """The gradients, as a float array (a copy). ``W.grad = 0`` zeroes them."""
        return self._readings("grad")

    @grad.setter
    def grad(self, new: Any) -> None:
        self._set("grad", new)

    def _readings(self, which: str) -> Readings:
        out = np.empty(self.shape)
        out.reshape(-1)[:] = [getattr(value, which) for value in self.flat]
        read = out.view(Readings)
        read.flags.writeable = False
        return read

    def _set(self, which: str, new: Any) -> None:
        try:
            numbers = np.broadcast_to(np.asarray(new, dtype=float), self.shape)
        except (TypeError, ValueError):
            raise GradvizError(
                f"{which} of an array of shape {self.shape} cannot become {new!r:.60}",
                expected="numbers that fit its shape",
            ) from None
        for value, one in zip(self.flat, numbers.flat, strict=True):
            setattr(value, which, float(one))

    def backward(self) -> None:
        """The backward pass from the only entry; of several one must be chosen."""
        if self.size != 1:
            raise GradvizError(
                f"backward() starts at one number, and this array has {self.size}",
                hint="a.sum().backward() or a[0].backward()",
            )
        self.item().backward()

    # --- what NumPy does in C, past __array_ufunc__ -----------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        _check_index(index, reading=True)
        return super().__getitem__(index)

    def __setitem__(self, index: Any, new: Any) -> None:
        if isinstance(index, Array) and index.shape == self.shape:  # h[h < 0] = 0, as CS231n writes a ReLU
            super().__setitem__(..., array_gates.lift(array_functions.where(index, new, self)))
            return
        _check_index(index, reading=False)
        entries = array_gates.lift(new)
        super().__setitem__(index, entries if entries.ndim else entries.item())

    def fill(self, value: Any) -> None:
        """Every entry becomes this one."""
        self[...] = value

    def put(self, *args: Any, **kwargs: Any) -> None:
        """Not in gates; ``a[i] = b`` does it."""
        raise array_gates.refused("put")

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """There is none: Values are real numbers."""
        raise array_gates.refused("imag")

    def __bool__(self) -> bool:
        raise GradvizError(
            "an array of Values has no truth value: an if, a while, and, or would cut the graph",
            hint="np.where(a > 0, b, c) keeps it; a.data is the plain numbers",
        )

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """Object arrays stay; made into floats they would cut the graph."""
        if np.dtype(dtype) != object:
            raise GradvizError(
                f"an array of Values made into {np.dtype(dtype)} would cut the graph",
                hint="leave out the conversion; a.data is the plain numbers",
            )
        return super().astype(dtype, *args, **kwargs)

    def __repr__(self) -> str:
        return f"gradviz.array({np.array2string(np.asarray(self.data), separator=', ', prefix='gradviz.array(')})"

    def __str__(self) -> str:
        return str(np.asarray(self.data))


def _through(name: str) -> Callable[..., Any]:
    """A method that is the NumPy function of that name."""

    def method(self: Array, *args: Any, **kwargs: Any) -> Any:
        return wrapped(array_functions.call(name, (self, *args), kwargs))

    method.__name__ = name
    method.__doc__ = f"As ``np.{name}``, in gates."
    return method


for _name in ("sum", "prod", "max", "min", "mean", "var", "std", "clip", "dot", "cumsum", "cumprod", "trace"):
    setattr(Array, _name, _through(_name))
for _name in ("argmax", "argmin", "sort", "argsort", "partition", "argpartition", "round", "searchsorted"):
    setattr(Array, _name, _through(_name))


def _check_index(index: Any, *, reading: bool) -> None:
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, Array):
            raise GradvizError(
                "a condition on Values cannot pick entries: how many there are would depend on the numbers",
                hint="np.where(condition, a, 0)" if reading else "a[condition] = b with a condition of a's shape",
            )
        if isinstance(part, Value):
            raise GradvizError(
                f"an index is a plain whole number, not a Value{' ' + part.name if part.name else ''}",
                hint="from_function(f, wrt=[…]) with the names of the real inputs leaves the others plain numbers",
            )


class Readings(np.ndarray[Any, Any]):
    """A copy of the numbers of an Array. Changing it would change nothing, so it says so instead."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        # W.data -= … makes new numbers, which the property then hands to the Values.
        if any(isinstance(out, Readings) for out in options.get("out", ())):
            del options["out"]
        return getattr(ufunc, method)(*[np.asarray(i) if isinstance(i, Readings) else i for i in inputs], **options)

    def __setitem__(self, index: Any, new: Any) -> None:
        if not self.flags.writeable:
            raise GradvizError(
                "these numbers are a copy: setting one would change nothing",
                hint="W.data = numbers for all, W[0, 0].data = 5 for one (and so with grad)",
            )
        super().__setitem__(index, new)

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def wrapped(result: Any) -> Any:
    """Object arrays as Arrays of Values, everything else as it is."""
    if isinstance(result, np.ndarray) and result.dtype == object:
        return array_gates.lift(result).view(Array)
    if isinstance(result, (list, tuple)):
        return type(result)(wrapped(part) for part in result)
    return result


def ufunc_on_values(ufunc: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """What ``Value.__array_ufunc__`` and ``Array.__array_ufunc__`` do.

    Raises:
        GradvizError: the function is not made of gates, or ``out=`` is another array than its first operand.
    """
    if method == "__call__" and not options and all(not isinstance(i, (np.ndarray, list, tuple)) for i in inputs):
        row = METHODS.get(ufunc.__name__)
        if row is not None:  # the usual case in training loops: np.float64(2) * v
            from gradviz.value import apply

            return apply(row, *inputs)
    outs = options.get("out", ())
    if not outs:
        return wrapped(array_gates.ufunc(ufunc, method, inputs, options))
    target = outs[0]
    if method != "__call__" or len(outs) != 1 or target is not inputs[0] or target.dtype != object:
        raise GradvizError(
            f"np.{ufunc.__name__} cannot write Values into another array",
            expected="a new array: b = np.exp(a); of the in-place forms a += b, a -= b, a *= b, a /= b work on gradviz"
            " arrays",
        )
    rest = {option: given for option, given in options.items() if option != "out"}
    result = array_gates.lift(array_gates.ufunc(ufunc, method, inputs, rest))
    if result.shape != target.shape:
        raise GradvizError(f"a result of shape {result.shape} does not fit into the array of shape {target.shape}")
    target.view(np.ndarray)[...] = result
    return target


def function_on_values(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What ``__array_function__`` does: ``np.where``, ``np.sum``, ``np.concatenate`` …

    Raises:
        GradvizError: the function is not made of gates.
    """
    module = function.__module__.removeprefix("numpy").strip(".")
    name = f"{module}.{function.__name__}" if module and not module.startswith(("_", "lib")) else function.__name__
    return wrapped(array_functions.call(name, args, kwargs, function))
