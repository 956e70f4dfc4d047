"""Deciding whether two sides are equal, beside SymPy and Math-Verify on the same pairs in the same run.

``python -m tests.bench.checking [PAIRS]``. The pairs are those of the tests: derivatives and small formulas,
rewritten, and near copies of them. Peers that are not installed are left out.
"""

from __future__ import annotations

import random
import signal
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from gradviz.check.equivalence import decide
from gradviz.language.syntax import Expression, names_in, unparse
from tests.rewriting import Rewriter, number, random_expression, two

LIMIT = 10  # seconds for one pair of a peer

Pair = tuple[Expression, Expression, bool]


def pairs(count: int, *, kinks: bool) -> list[Pair]:
    """Rewritten formulas (equal), every other one with a near miss (different)."""
    dice = random.Random(17 + kinks)
    rewriter = Rewriter(dice, smooth=not kinks)
    found: list[Pair] = []
    while len(found) < count:
        left = random_expression(dice, "xyz", 3, kinks=kinks)
        if not names_in(left) or decide(left, two("*", left, number("2")), free="xyz").verdict != "different":
            continue  # a number, defined nowhere, or 0
        right = rewriter.rewritten(left, 0.25)
        equal = len(found) % 2 == 0
        found.append((left, right if equal else two("*", right, number("1.001")), equal))
    return found


def ours(pair: Pair) -> Any:
    return {"equal": True, "different": False}.get(decide(pair[0], pair[1], free="xyz").verdict)


def of_sympy(pair: Any) -> Any:
    import sympy

    return bool(sympy.simplify(pair[0] - pair[1]) == 0)


def of_math_verify(pair: Any) -> Any:
    """As it is used: it reads LaTeX. Of text, ours reads the plain kind in the same run."""
    from math_verify import parse, verify

    left, right = (parse(side, parsing_timeout=None) for side in pair[:2])
    return bool(verify(left, right, timeout_seconds=None))


def as_text(pair: Pair) -> Any:
    return unparse(pair[0]), unparse(pair[1]), pair[2]


def as_latex(pair: Pair) -> Any:
    import sympy

    left, right, equal = as_sympy(pair)
    return f"${sympy.latex(left)}$", f"${sympy.latex(right)}$", equal


def as_sympy(pair: Pair) -> Any:
    """The pair as the peers take it: this is not timed."""
    from gradviz import graph
    from gradviz.bridges.to_sympy import to_sympy

    left, right = (to_sympy(graph("out = " + unparse(side))) for side in pair[:2])
    return left, right, pair[2]


def clock(engine: Callable[[Any], Any], work: list[Any]) -> tuple[list[float], int, int, int]:
    """Seconds a pair; false accepts, false rejects, undecided."""
    taken, accepts, rejects, undecided = [], 0, 0, 0
    _limited(engine, work[0])
    for pair in work:
        start = time.perf_counter()
        answer = _limited(engine, pair)
        taken.append(time.perf_counter() - start)
        accepts += answer is True and not pair[2]
        rejects += answer is False and pair[2]
        undecided += answer is None
    return taken, accepts, rejects, undecided


def _limited(engine: Callable[[Any], Any], pair: Any) -> Any:
    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        return engine(pair)
    except Exception:  # a peer may fail in any way: then it has not decided
        return None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main(count: int) -> None:
    engines: list[tuple[str, Callable[[Any], Any], Callable[[Pair], Any]]] = [
        ("gradviz, trees", ours, lambda pair: pair),
        ("gradviz, text", ours, as_text),
    ]
    if find_spec("sympy"):
        engines.append(("sympy.simplify(a-b)", of_sympy, as_sympy))
    if find_spec("math_verify"):
        engines.append(("math-verify, LaTeX", of_math_verify, as_latex))
    for kinks in (False, True):
        work = pairs(count, kinks=kinks)
        print(f"{'with kinks' if kinks else 'smooth'}: {count} pairs, half of them different by 0.1 %")
        base = 0.0
        for name, engine, prepared in engines:
            material = [prepared(pair) for pair in work]
            taken, accepts, rejects, undecided = clock(engine, material)
            median = statistics.median(taken) * 1e3
            base = base or median
            ratio = f"{median / base:6.0f}x" if median != base else "      "
            print(f"  {name:20} median {median:8.2f} ms {ratio}  slowest {max(taken) * 1e3:8.0f} ms"
                  f"  false accepts {accepts}, rejects {rejects}, undecided {undecided}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
