"""A Python function at many points: traced once on single numbers, run on arrays of points.

Whether an array is one argument with many entries or many points is decided by what the function returns; that it
really treats every point by itself is checked, here and at other points nearby.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gradviz.bridges import tracing
from gradviz.bridges.calls import input_of, names_of
from gradviz.errors import GradvizError
from gradviz.flatten import flatten
from gradviz.gates import INPUT
from gradviz.passes import BLOCKS, backward, forward
from gradviz.value import Value


class Blocks(NamedTuple):
    """A function of numbers, traced, and the points for its inputs."""

    inputs: dict[int, Value]
    points: dict[int, Any]  # an array for every input
    output: Value
    called: str


def blocks_of(
    f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any], slots: Sequence[int]
) -> Blocks | None:
    """``f`` as a function of numbers where its arrays are points; None where it returns one number."""
    arrays = [i for i, given in enumerate(args) if not tracing.is_number(given) and tracing.holds_numbers(given)]
    if not arrays:
        return None
    import numpy as np

    plain = list(args)
    for i in arrays:
        try:
            plain[i] = np.array(args[i], dtype=float) if i in slots else np.array(args[i])
        except ValueError:  # rows of different lengths
            input_of(names_of(f, [i])[0], args[i])
            raise
    moving = sorted({*slots, *arrays})
    names = dict(zip(moving, names_of(f, moving), strict=True))
    found = _plainly(f, plain, named)
    failed: GradvizError | None = None
    if found is None:
        try:
            whole = [input_of(names[i], given) if i in moving else given for i, given in enumerate(plain)]
            found = _numbers(tracing.call(f, whole, named))
        except GradvizError as error:  # perhaps f is written for single numbers: x.relu()
            failed = error
    if failed is None and (found is None or not found.shape):
        return None
    if any(plain[i].size == 0 for i in arrays):
        raise GradvizError("there are no points: an argument is an empty array")
    inputs = {i: input_of(names[i], plain[i].flat[0] if i in arrays else plain[i]) for i in moving}
    called = tracing.name_of(f)
    try:
        result = tracing.call(f, [inputs.get(i, given) for i, given in enumerate(plain)], named)
        output = tracing.output(result, called, True)
    except GradvizError:
        raise (failed or _mixes(called, found.shape)) from None
    blocks = Blocks(inputs, {i: np.asarray(plain[i], dtype=float) for i in moving}, output, called)
    if failed is None:
        _check_points(blocks, f, plain, named, found)
    return blocks


def _mixes(called: str, shape: tuple[int, ...]) -> GradvizError:
    return GradvizError(
        f"{called} returned an array of shape {shape}, and its entries are not those of single points",
        expected="one number, or an array in which every point is computed by itself",
        hint="return out.sum(), or one entry",
    )


def _plainly(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """What f gives on plain arrays, as an array; None where it does not work so."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            return _numbers(f(*[a.copy() if isinstance(a, np.ndarray) else a for a in args], **named))
    except Exception:  # whatever it is, tracing meets it again and reports it with its line
        return None


def _numbers(result: Any) -> Any:
    """Numbers out of whatever f returned: an array of floats, or None."""
    import numpy as np

    if isinstance(result, Value):
        return np.asarray(result.data)
    if isinstance(result, np.ndarray) and result.dtype == object:
        result = getattr(result, "data", None)
    if isinstance(result, np.ndarray | np.generic | float | int) and np.asarray(result).dtype.kind in "biuf":
        return np.asarray(result, dtype=float)
    return None


def _check_points(
    blocks: Blocks, f: Callable[..., Any], plain: Sequence[Any], named: Mapping[str, Any], found: Any
) -> None:
    """Whether f treats every point by itself: it gives what it gives for single numbers, here and near here."""
    import numpy as np

    elsewhere, moved = dict(blocks.points), list(plain)
    for i, at in blocks.points.items():
        if np.ndim(at):  # every point its own way, so that equal points do not hide a mixing
            steps = (np.arange(1, at.size + 1) * 0.6180339887498949 % 1).reshape(at.shape)
            elsewhere[i] = moved[i] = at + steps * 1e-3 * np.maximum(1.0, np.abs(at))
    for points, expected in ((blocks.points, found), (elsewhere, _plainly(f, moved, named))):
        mine = _forward(blocks, points)[-1]
        if expected is not None and not (
            np.shape(mine) == expected.shape and np.allclose(mine, expected, rtol=1e-7, atol=1e-9, equal_nan=True)
        ):
            raise _mixes(blocks.called, found.shape)


def _forward(blocks: Blocks, points: Mapping[int, Any]) -> list[Any]:
    import numpy as np

    order, tape = flatten([blocks.output])
    given = {id(blocks.inputs[i]): at for i, at in points.items()}
    values = [given.get(id(value), np.asarray(value.data)) for value in order]
    with np.errstate(all="ignore"):
        forward(tape, values, BLOCKS)
    return values


def gradients(blocks: Blocks, slots: Sequence[int]) -> tuple[Any, list[Any]]:
    """The values at all points, and the gradients for the inputs at ``slots``."""
    import numpy as np

    order, tape = flatten([blocks.output])
    values = _forward(blocks, blocks.points)
    shape = np.broadcast_shapes(*(np.shape(at) for at in blocks.points.values()))
    with np.errstate(all="ignore"):
        grads = backward(tape, values, len(order) - 1, None, BLOCKS, None, np.ones(shape))
    place = {id(value): i for i, value in enumerate(order) if value.gate is INPUT}
    found = [grads[place[id(blocks.inputs[i])]] if id(blocks.inputs[i]) in place else 0.0 for i in slots]
    return values[-1], [np.broadcast_to(grad, shape).copy() for grad in found]
