"""A proof from SymPy, when somebody asks for one; in a process of its own, because ``simplify`` may take minutes."""

from __future__ import annotations

import atexit
import json
import pickle
import subprocess
import sys
import threading
from importlib.util import find_spec
from typing import Any, Literal

from gradviz.bridges import library
from gradviz.calculus.adjoints import Calculus
from gradviz.check.deciding.sides import Sides
from gradviz.errors import EnvironmentFailure, GradvizError
from gradviz.gates import CONST
from gradviz.graph import Graph

Proof = Literal["proved", "not proved", "did not finish"]

SECONDS = 5.0  # for one link
_STARTING = 60.0  # for loading SymPy, once
_PATIENCE = 4  # links that may run out of time before no more are asked
_MOST_GATES = 200
_CHILD = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from gradviz.check.deciding import proving; proving.serve()"
)


def proof(sides: Sides, seconds: float | None = None) -> Proof:
    """Whether SymPy simplifies the difference of the sides to 0. "not proved" says nothing against them.

    Args:
        sides: both, as they were compared.
        seconds: how long SymPy may think; ``SECONDS`` by default.

    Raises:
        EnvironmentFailure: SymPy is not installed, or does not start.
    """
    needed()
    if len(sides.tape.gates) + sum(sides.used) > _MOST_GATES:
        return "not proved"
    try:
        message = pickle.dumps(_difference(sides))
    except (GradvizError, RecursionError, LookupError, pickle.PicklingError):
        return "not proved"
    return _PROVER.ask(message, SECONDS if seconds is None else seconds)


def needed() -> None:
    """See whether SymPy is there, without loading it.

    Raises:
        EnvironmentFailure: it is not installed.
    """
    try:
        missing = find_spec("sympy") is None
    except ValueError:  # somebody keeps it from being imported
        missing = True
    if missing:
        library("sympy")


def _difference(sides: Sides) -> Graph:
    """One side minus the other, with every derivative written out."""
    symbols = Calculus(sides.base)
    ids: list[int] = []
    for i, row in enumerate(sides.tape.gates):
        if i in sides.nodes:
            ids.append(sides.nodes[i])
        elif i in sides.derivatives:
            ids.append(symbols.derivative(*sides.derivatives[i]))
        elif row is CONST:
            ids.append(symbols.const(sides.literals[i][0]))
        elif row.name.endswith("′"):
            ids.append(symbols.local(ids[sides.tape.of(i)[0]], 0))
        else:
            ids.append(symbols.gate(row, [ids[j] for j in sides.tape.of(i)]))
    return symbols.graph([symbols.minus(ids[sides.left], ids[sides.right])], {})[0]


class _Prover:
    """The child process, started at the first question and again after one that it did not finish."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.unfinished = 0

    def ask(self, message: bytes, seconds: float) -> Proof:
        if self.unfinished >= _PATIENCE:
            return "did not finish"
        if self.process is None or self.process.poll() is not None:
            self._start()
        answer = self._exchange(message, seconds)
        if answer is None:
            self.stop()
            self.unfinished += 1
            return "did not finish"
        return "proved" if answer == b"1" else "not proved"

    def _start(self) -> None:
        self.stop()
        new_group: dict[str, Any] = (  # Ctrl-C is for us, not for the child
            {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **new_group,
        )
        if self._exchange(b"", _STARTING) != b"ready":
            self.stop()
            raise EnvironmentFailure("SymPy does not start", hint='python -c "import sympy" says why')

    def _exchange(self, message: bytes, seconds: float) -> bytes | None:
        """A line for a message; None where it does not come in time."""
        process = self.process
        assert process is not None
        into, out = process.stdin, process.stdout
        answer: list[bytes] = []

        def talk() -> None:
            assert into is not None
            assert out is not None
            try:
                if message:
                    into.write(len(message).to_bytes(8, "big") + message)
                    into.flush()
                answer.append(out.readline().strip())
            except OSError:  # the child is gone
                return

        worker = threading.Thread(target=talk, daemon=True)
        worker.start()
        try:
            worker.join(seconds)
        except BaseException:
            self.stop()
            raise
        if worker.is_alive():
            process.kill()
            worker.join()
            return None
        return answer[0] if answer and answer[0] else None

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


_PROVER = _Prover()
atexit.register(_PROVER.stop)


def serve() -> None:
    """The child: a graph comes in, and goes out whether it simplifies to 0."""
    sympy = library("sympy")
    from gradviz.bridges.to_sympy import to_sympy

    source, out = sys.stdin.buffer, sys.stdout.buffer
    out.write(b"ready\n")
    out.flush()
    while head := source.read(8):
        graph = pickle.loads(source.read(int.from_bytes(head, "big")))
        try:
            holds = bool(sympy.simplify(to_sympy(graph)) == 0)
        except (GradvizError, RecursionError, NotImplementedError, KeyError, TypeError, ValueError):
            holds = False
        out.write(b"1\n" if holds else b"0\n")
        out.flush()
