"""gradviz against its peers, measured in one run on this machine.

    python -m tests.bench [--only WORD] [--rounds N] [--json FILE] [--plot FILE.svg]

Run it from the project's folder, with any Python >= 3.11: it makes its own environment in the user's folder for caches
(a few minutes, once) and measures there; ``--no-install`` uses the Python at hand and leaves out the peers it lacks.
``--without torch`` saves the largest of them: where pip's index has no CPU build of it, torch brings gigabytes of CUDA.

The sides of a workload take turns, medians of the rounds are compared. A ratio is the peer's figure by ours (more is
better), or ours by the peer's where the goal is "<=". No test asserts a time: the goals stand in the table, to be
read. Families of workloads:

- *building*: build + backward of a loss of about 14,000 nodes, of a chain and of a random DAG of 100,000, with the
  garbage collector on (frozen after imports), which is how people run; with it off; and with it off, until the
  memory is free again (micrograd's graphs are reference cycles). Peak memory. Each measurement is a fresh process.
- *one point*: value and all gradients of a random graph of about 1,000 nodes again, at a new point.
- *batch*: the same at 10,000 points; and how long each engine takes to get ready for it.
- *pictures*: the SVG of 129 nodes, against micrograd's recipe with ``dot``.
- *checking*: homework of 45 links, the whole process (``python -m tests.bench.checking`` decides pairs of formulas
  beside SymPy and Math-Verify).
- *start*: whole processes. *stepping*: the first frame, and key presses in a terminal.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench import batch, building, compare, environment, homework, one_point, pictures, startup, stepping
from tests.bench.plot import plot

#: Whole processes first: later this one is large, which makes it slower to start others.
FAMILIES = (building, startup, homework, stepping, pictures, one_point, batch)


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="measurements of each side (default 5)")
    parser.add_argument("--only", metavar="WORD", help="only workloads with WORD in the name or the family")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the ratios into FILE.svg")
    parser.add_argument("--without", action="append", default=[], metavar="PEER", help="do not install this peer")
    parser.add_argument("--no-install", action="store_true", help="use this Python and the peers that it has")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds needs at least 1")
    if options.plot and options.plot.suffix != ".svg":
        parser.error("--plot writes SVG: give it a name that ends in .svg")
    return options


def chosen(word: str | None) -> list[compare.Workload]:
    """The workloads with a word in their name or family."""
    found = [workload for family in FAMILIES for workload in family.workloads()]
    return [w for w in found if word is None or word.lower() in f"{w.family}: {w.name}".lower()]


def measured(workloads: list[compare.Workload], rounds: int) -> list[dict[str, Any]]:
    """Measure and print the table, line by line."""
    found = []
    for workload in workloads:
        for figure in compare.figures(workload, rounds):
            found.append(figure)
            print(compare.line(figure), flush=True)
    return found


def in_own_environment(without: list[str]) -> int:
    """The same command again, with the environment's Python."""
    try:
        python = environment.interpreter(without)
    except subprocess.CalledProcessError as error:
        print(
            f"pip could not install the peers (exit code {error.returncode}); what it said stands above.\n"
            "--without NAME leaves a peer out, --no-install measures with the Python at hand.",
            file=sys.stderr,
        )
        return 1
    return subprocess.run([python, "-m", "tests.bench", "--no-install", *sys.argv[1:]]).returncode


def main() -> int:
    """Measure, print the table, write what was asked for; 1 where something of ours failed."""
    options = arguments()
    if not options.no_install:
        return in_own_environment(options.without)
    workloads = chosen(options.only)
    if not workloads:
        names = sorted({w.family for w in chosen(None)})
        print(f"no workload has {options.only!r} in its name; the families are {', '.join(names)}", file=sys.stderr)
        return 2
    for package in compare.PACKAGES:
        if importlib.util.find_spec(package) is None:
            print(f"{package} is not installed: left out (python -m tests.bench installs it)", file=sys.stderr)
    about = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine(),
             "rounds": options.rounds}  # fmt: skip
    print("Python {python}, {system} {machine}, medians of {rounds}\n".format(**about))
    print(compare.HEAD)
    found = measured(workloads, options.rounds)
    if options.json:
        options.json.write_text(json.dumps({**about, "figures": found}, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot(found, about), encoding="utf-8")
    goals = [figure["reached"] for figure in found if figure["reached"] is not None]
    print(f"\n{sum(goals)} of {len(goals)} goals met")
    return int(any(compare.OURS in figure["failed"] for figure in found))


if __name__ == "__main__":
    sys.exit(main())
