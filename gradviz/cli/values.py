"""Values: the ``name=value`` words, numbers from files, friendly numbers for what has none."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradviz.cli.source import no_such_file
from gradviz.errors import EnvironmentFailure, GradvizError
from gradviz.graph import Graph

_MOST = 1_000_000  # numbers in one file: each would be a node
_TRIES = 60  # friendly numbers that make something inf or nan are not friendly


def read_words(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The values by name, and the files that some came from.

    Raises:
        GradvizError: a word that is no name=value, a name twice, a file that is not there or holds no numbers.
    """
    from gradviz.language import read_values

    files: list[str] = []

    def load(path: str) -> Any:
        files.append(os.path.expanduser(path))
        return read_numbers(path)

    return read_values(words, load), files


def read_numbers(path: str) -> Any:
    """The numbers of a ``.npy`` or ``.csv`` file, as a number or nested lists.

    Raises:
        GradvizError: the file is not there, has another suffix, or holds something else than numbers.
    """
    place = os.path.expanduser(path)
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in (".npy", ".csv"):
        raise GradvizError(f"cannot read numbers from {path}", expected="a file that ends in .npy or .csv")
    try:
        return _npy(place, path) if suffix == ".npy" else _csv(place, path)
    except FileNotFoundError:
        raise no_such_file(place, path) from None
    except IsADirectoryError:
        raise GradvizError(f"{path} is a folder", expected="a file with numbers") from None
    except OSError as error:
        raise EnvironmentFailure(f"{path} cannot be read: {error.strerror or error}") from None


def _npy(place: str, shown: str) -> Any:
    import numpy as np

    with open(place, "rb") as file:
        try:
            array = np.load(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise GradvizError(f"{shown} holds no array of numbers: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        kind = getattr(array, "dtype", type(array).__name__)
        raise GradvizError(f"{shown} holds {kind}, not real numbers", expected="an array of real numbers")
    if not 0 < array.size <= _MOST:
        raise GradvizError(f"{shown} holds {array.size:,} numbers", expected=f"from 1 to {_MOST:,}")
    return array.astype(float).tolist()


def _csv(place: str, shown: str) -> Any:
    import csv

    rows: list[list[float]] = []
    count = 0
    with open(place, encoding="utf-8-sig", newline="") as file:
        try:
            for number, cells in enumerate(csv.reader(file), 1):
                if not any(cell.strip() for cell in cells):
                    continue
                rows.append([_cell(cell, shown, number) for cell in cells])
                count += len(cells)
                if count > _MOST:
                    raise GradvizError(f"{shown} holds more than {_MOST:,} numbers")
                if len(rows[-1]) != len(rows[0]):
                    raise GradvizError(
                        f"{shown}, line {number}: {len(cells)} numbers, and {len(rows[0])} in the first row",
                        expected="rows of equal length",
                    )
        except (csv.Error, UnicodeDecodeError) as error:
            raise GradvizError(f"{shown} does not read as CSV: {error}") from None
    if not rows:
        raise GradvizError(f"{shown} is empty", expected="rows of numbers with commas between them")
    if len(rows) == 1:
        return rows[0] if len(rows[0]) > 1 else rows[0][0]
    return [row[0] for row in rows] if len(rows[0]) == 1 else rows


def _cell(cell: str, shown: str, line: int) -> float:
    try:
        return float(cell.strip().replace("−", "-"))
    except ValueError:
        raise GradvizError(f"{shown}, line {line}: {cell!r:.40} is no number") from None


# --- friendly numbers -----------------------------------------------------------------------------------


def friendly(graph: Graph, names: Sequence[str], seed: int = 0) -> dict[str, float]:
    """Small whole and half numbers for these inputs, none 0, the same for the same seed.

    Of several choices the first is taken that leaves every value and gradient finite (log of a negative
    number would not).

    >>> from gradviz import graph
    >>> friendly(graph("x * y"), ["x", "y"])
    {'x': -4.0, 'y': -1.0}
    """
    first: dict[str, float] | None = None
    for attempt in range(_TRIES if len(graph) <= 2000 else 1):
        picked = dict(zip(names, draw(seed + (attempt << 32)), strict=False))
        first = first or picked
        trace = graph.trace(picked)
        if all(map(math.isfinite, (*trace.values, *(trace.gradients or ())))):
            return picked
    return first or {}


def draw(seed: int) -> Iterator[float]:
    """Friendly numbers without end, not the same twice within three.

    (splitmix64, so that they never change with the Python version.)
    """
    mask = (1 << 64) - 1
    state = seed & mask
    last: list[float] = []
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        size = 1 + z % 4  # 1 2 3 4
        half = 0.5 if (z >> 8) % 4 == 0 and size < 4 else 0.0
        number = (size + half) * (-1 if (z >> 16) % 2 else 1)
        if number not in last:
            last = [number, *last[:2]]
            yield number


def spelled(values: Mapping[str, Any]) -> list[str]:
    """Values as words of a command line; the entries of a whole vector become one word.

    >>> spelled({"x": -2.0, "z[0]": 1.0, "z[1]": 2.5, "W": [[1.0]]})
    ['x=-2', 'z=[1,2.5]', 'W=[[1]]']
    """
    words: list[str] = []
    done: set[str] = set()
    for name, value in values.items():
        base, bracket, _ = name.partition("[")
        if not bracket:
            words.append(f"{name}={_number(value)}")
            continue
        if base in done:
            continue
        entries = {n: v for n, v in values.items() if n.startswith(f"{base}[")}
        whole = _whole(base, entries)
        if whole is None:
            words.append(f"{name}={_number(value)}")
        else:
            done.add(base)
            words.append(f"{base}={_number(whole)}")
    return words


def _whole(base: str, entries: Mapping[str, Any]) -> Any:
    """The entries as nested lists, where none is missing."""
    positions = {tuple(int(i) for i in name[len(base) + 1 : -1].split(",")): v for name, v in entries.items()}
    shape = tuple(max(extent) + 1 for extent in zip(*positions, strict=False))
    if math.prod(shape) != len(positions) or len({len(p) for p in positions}) != 1:
        return None

    def nested(before: tuple[int, ...]) -> Any:
        if len(before) == len(shape):
            return positions[before]
        return [nested((*before, i)) for i in range(shape[len(before)])]

    return nested(())


def _number(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_number, value)) + "]"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


# --- Python functions -----------------------------------------------------------------------------------


def parameters_without(function: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """The parameters of a function that have neither a value nor a default."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []  # what traces it will say so
    open_ended = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in open_ended and name not in given
    ]
