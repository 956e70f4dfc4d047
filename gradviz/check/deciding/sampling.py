"""Where two sides are compared: real points on several scales, the same ones every time.

The seed is a hash of the problem and the two sides, so that a second check gives the same verdict. Points lie on a
grid of 1/1024, where short sums are exact, and every third one anywhere: what vanishes on the grid shows there.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from gradviz.check.deciding.sides import Sides

_GRID = 1024
#: (scale, points): signs are independent; then the probabilities in (0.05, 0.95), and positive numbers.
SCALES = ((0.1, 4), (0.7, 14), (2.0, 14), (6.0, 14))
_PROBABILITIES, _POSITIVE = 12, 6
WIDE = ((1e-4, 12), (0.03, 40), (1.0, 60), (6.0, 60), (20.0, 60), (60.0, 60), (1000.0, 20), (1e4, 12), (1e6, 12))
_WIDE_PROBABILITIES, _WIDE_POSITIVE = 60, 120
_MIXED = (0.7, 6.0, 60.0, 1000.0)  # a scale for each input: one far out, others near

Points = Mapping[int, Any]  # by input of the base, an array


def dice(sides: Sides) -> random.Random:
    """Random numbers that depend on the problem and the two sides, and on nothing else."""
    digest = blake2b(digest_size=8)
    base = sides.base
    for tape in (base.tape, sides.tape):
        digest.update(repr([row.name for row in tape.gates]).encode())
        digest.update(repr((tape.first, tape.second, sorted(tape.more.items()))).encode())
    digest.update(repr((base.given, base.data, sides.left, sides.right)).encode())
    digest.update(repr(sorted(sides.literals.items())).encode())
    return random.Random(int.from_bytes(digest.digest(), "big"))


def usual(inputs: Sequence[int], source: random.Random) -> Points:
    """64 points for every pair of sides."""
    return _drawn(inputs, source, SCALES, _PROBABILITIES, _POSITIVE)


def wide(inputs: Sequence[int], source: random.Random) -> Points:
    """Some hundred more, further out, for sides with kinks or with a small domain."""
    return _drawn(inputs, source, WIDE, _WIDE_PROBABILITIES, _WIDE_POSITIVE, 120)


def _drawn(
    inputs: Sequence[int],
    source: random.Random,
    scales: Sequence[tuple[float, int]],
    probable: int,
    positive: int,
    mixed: int = 0,
) -> Points:
    import numpy as np

    columns: dict[int, Any] = {}
    for i in inputs:
        column = [_signed(source, scale, k % 3 == 2) for scale, count in scales for k in range(count)]
        column += [(51 + int(source.random() * 922)) / _GRID for _ in range(probable)]
        column += [abs(_signed(source, (0.7, 2.0, 6.0)[k % 3])) for k in range(positive)]
        column += [_signed(source, source.choice(_MIXED)) for _ in range(mixed)]
        columns[i] = np.array(column)
    return columns


def _signed(source: random.Random, scale: float, anywhere: bool = False) -> float:
    """Never 0, where all too much is equal."""
    number = (2 * source.random() - 1) * scale
    return number if anywhere or scale * _GRID < 1 else (int(number * _GRID) or 1) / _GRID


def near(point: Mapping[int, float], source: random.Random, count: int = 96) -> Points:
    """Points around one, from close by to as far as its own size, on the doubles' own grid."""
    import numpy as np

    scales = (1e-3, 0.03, 0.3, 1.0)
    columns = {}
    for i, x in point.items():
        size = max(abs(x), 0.25)
        columns[i] = np.array([x + size * scales[k % 4] * source.uniform(-1, 1) for k in range(count)])
    return columns


def joined(parts: Sequence[Points]) -> Points:
    """Several blocks as one."""
    import numpy as np

    return {i: np.concatenate([part[i] for part in parts]) for i in parts[0]}


def chosen(points: Points, which: Any) -> Points:
    """Some points of a block."""
    return {i: column[which] for i, column in points.items()}


def size(points: Points) -> int:
    """How many points a block has; without inputs there is one."""
    return next((len(column) for column in points.values()), 1)
