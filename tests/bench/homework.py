"""``gradviz check`` of a document of 45 links, the whole process, beside the imports that any such program has.

Formulas and numbers of a small network in Markdown: all right, and with three links wrong (two slips, one of which is
in a number as well), for which misconceptions are looked up too.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.compare import Workload
from tests.bench.startup import environment

BARE = ("-c", "import click, numpy, rich.console")
RIGHT = r"""# Homework 3

A small network: $z_1 = w_1 x + b_1$, $h = \sigma(z_1)$, $z_2 = w_2 h + b_2$, $a = \sigma(z_2)$ and
$L = (a - y)^2$ at $x = 2$, $y = 1$, $w_1 = 0.5$, $b_1 = -1$, $w_2 = 1.5$, $b_2 = 0.25$.

## Forward

- $z_1 = 0.5 \cdot 2 - 1 = 0$
- $h = 0.5$
- $z_2 = 1.5 \cdot 0.5 + 0.25 = 1$
- $a = \sigma(1) = 0.7311$
- $L = 0.0723$

## Local gradients

- $\frac{\partial L}{\partial a} = 2(a - y) = -0.5379$
- $\frac{\partial a}{\partial z_2} = a(1 - a) = 0.1966$
- $\frac{\partial z_2}{\partial h} = w_2 = 1.5$
- $\frac{\partial z_2}{\partial w_2} = h = 0.5$
- $\frac{\partial h}{\partial z_1} = h(1 - h) = 0.25$
- $\frac{\partial z_1}{\partial w_1} = x = 2$

## Backward

$$
\begin{align*}
\frac{\partial L}{\partial z_2} &= \frac{\partial L}{\partial a} \frac{\partial a}{\partial z_2} \\
  &= 2(a - y)\, a(1 - a) \\
  &= -0.1058
\end{align*}
$$

$$
\frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial z_2} \frac{\partial z_2}{\partial w_2}
  = \frac{\partial L}{\partial z_2} h = -0.0529
$$

$$
\frac{\partial L}{\partial h} = \frac{\partial L}{\partial z_2} w_2 = -0.1586
$$

\begin{align*}
\frac{\partial L}{\partial z_1} &= \frac{\partial L}{\partial h} \frac{\partial h}{\partial z_1} = -0.0397 \\
\frac{\partial L}{\partial w_1} &= \frac{\partial L}{\partial z_1} x = -0.0793 \\
\frac{\partial L}{\partial b_1} &= \frac{\partial L}{\partial z_1} = -0.0397
\end{align*}
"""
SLIPS = {
    r"a(1 - a) = 0.1966": r"a(1 + a) = 1.2655",
    r"\frac{\partial L}{\partial z_2} w_2 = -0.1586": r"\frac{\partial L}{\partial z_2} h = -0.0529",
}


def wrong() -> str:
    """The document with its slips."""
    return functools.reduce(lambda text, slip: text.replace(*slip), SLIPS.items(), RIGHT)


@functools.cache
def file(slips: bool) -> str:
    """The document on the disk, until this process ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder, "homework.md")
    path.write_text(wrong() if slips else RIGHT, encoding="utf-8")
    return str(path)


def run(*words: str) -> None:
    """A process.

    Raises:
        subprocess.CalledProcessError: it failed; that the homework is wrong (1) is no failure.
    """
    done = subprocess.run([sys.executable, *words], capture_output=True, env=environment())
    if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stdout):
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)


warm_up = functools.cache(run)


def once(*words: str) -> Callable[[], Callable[[], float]]:
    """A side: one process a measurement, in milliseconds; before the first one there is one that is not measured."""

    def measure() -> float:
        warm_up(*words)
        start = time.perf_counter()
        run(*words)
        return 1e3 * (time.perf_counter() - start)

    return lambda: measure


def workloads() -> list[Workload]:
    """A document that is right, and one with slips."""
    return [
        Workload(
            "checking",
            f"gradviz check, 45 links, {name}",
            "ms",
            {"gradviz": once("-m", "gradviz", "check", file(slips)), "imports alone": once(*BARE)},
            {"imports alone": 2},
            at_most=True,
        )
        for name, slips in (("all right", False), ("3 wrong", True))
    ]
