"""Names for the nodes of a traced function: the local variables that its Values were assigned to.

A line tracer (``sys.settrace``) looks at the local variables of the function's own frame after every line. The
names are collected here and never written into anybody's Values. A tracer that is already there (coverage,
a debugger) goes on seeing everything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from gradviz.value import Value


class LocalNames:
    """While it is entered, collects the names of Values that get bound in the frame of one function.

    The first name of a Value counts: an alias renames nothing. A variable bound to another Value is
    numbered in the order of execution: ``h``, ``h_2``, …

    Args:
        code: the code object whose first frame is watched; None watches nothing.
        taken: names that mean something else already (the inputs).
    """

    def __init__(self, code: CodeType | None, taken: list[str]) -> None:
        self.names: dict[int, str] = {}
        self._kept: list[Value] = []  # an id() is only good while its Value lives
        self._code = code
        self._frame: FrameType | None = None
        self._used = {*taken, *(() if code is None else code.co_varnames + code.co_cellvars + code.co_freevars)}
        self._times = dict.fromkeys(taken, 1)
        self._before: Any = None

    def __enter__(self) -> LocalNames:
        if self._code is not None:
            self._before = sys.gettrace()
            sys.settrace(self._called)
        return self

    def __exit__(self, *error: object) -> None:
        if self._code is not None:
            sys.settrace(self._before)
        self._frame = None

    def of(self, value: Value) -> str | None:
        """The name of a Value, if it was bound to one."""
        return self.names.get(id(value))

    # --- the tracer ---------------------------------------------------------------------------------------

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        others = self._pass_on(self._before, frame, event, arg)
        if self._frame is None and frame.f_code is self._code:
            self._frame = frame
            return self._stepper(others)
        return others

    def _stepper(self, others: Any) -> Callable[[FrameType, str, Any], Any]:
        def step(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal others
            if event in ("line", "return"):
                self._look(frame)
            others = self._pass_on(others, frame, event, arg)
            return step

        return step

    def _pass_on(self, tracer: Any, frame: FrameType, event: str, arg: Any) -> Any:
        """Let the tracer that was there first see the event; some (coverage) then install themselves anew."""
        if tracer is None:
            return None
        answer = tracer(frame, event, arg)
        if sys.gettrace() != self._called:
            sys.settrace(self._called)
        return answer

    def _look(self, frame: FrameType) -> None:
        for name, bound in frame.f_locals.items():
            if isinstance(bound, Value):
                self._bind(bound, name, "")
            elif isinstance(bound, (list, tuple)):
                for i, entry in enumerate(bound):
                    if isinstance(entry, Value):
                        self._bind(entry, name, f"[{i}]")
            elif type(bound).__name__ == "Array" and hasattr(bound, "__array_ufunc__"):
                for index, entry in _entries(bound):
                    self._bind(entry, name, index)

    def _bind(self, value: Value, stem: str, index: str) -> None:
        if value.name is not None or value.gate.name == "const" or id(value) in self.names:
            return
        label = stem + index
        times = self._times.get(label, 0) + 1
        if times > 1:
            while f"{stem}_{times}{index}" in self._used or f"{stem}_{times}" in self._used:
                times += 1
        self._times[label] = times
        self.names[id(value)] = label if times == 1 else f"{stem}_{times}{index}"
        self._kept.append(value)


def _entries(array: Any) -> list[tuple[str, Value]]:
    """The entries of a gradviz array with their indices, ``[0,1]``; those still unnamed are what matters."""
    from numpy import ndarray, ndenumerate

    pairs = ndenumerate(array.view(ndarray))
    return [
        (f"[{','.join(map(str, index))}]" if index else "", entry)
        for index, entry in pairs
        if isinstance(entry, Value) and entry.name is None
    ]
