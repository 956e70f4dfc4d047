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

from gradviz.gates import CONST
from gradviz.value import Value

_SMALL = 1024  # entries of an array that are looked at after every line; bigger ones only when bound anew


class LocalNames:
    """While it is entered, collects the names of Values that get bound in the frame of one function.

    The first name of a Value counts: an alias renames nothing. A variable bound to another Value is
    numbered in the order of execution: ``h``, ``h_2``, …; so are the entries of lists and arrays: ``h_2[0]``.

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
        self._labels = set(taken)
        self._version = {name.partition("[")[0]: 1 for name in taken}
        self._seen: dict[str, tuple[Any, int]] = {}
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
                self._bind(name, [("", bound)], same=False)
            elif self._may_have_news(name, bound):
                same = name in self._seen and self._seen[name][0] is bound
                self._seen[name] = (bound, len(bound) if isinstance(bound, (list, tuple)) else bound.size)
                self._bind(name, _entries(bound), same=same)

    def _may_have_news(self, name: str, bound: Any) -> bool:
        """Whether a list or array may hold Values not seen before under this name."""
        arrays = sys.modules.get("gradviz.bridges.arrays")  # without it nobody has one
        is_array = arrays is not None and isinstance(bound, arrays.Array)
        if not is_array and not isinstance(bound, (list, tuple)):
            return False
        size = bound.size if is_array else len(bound)
        before = self._seen.get(name)
        changed = before is None or before[0] is not bound or before[1] != size
        return changed or (is_array and size <= _SMALL)  # z -= 1 changes the entries, not the array

    def _bind(self, stem: str, entries: list[tuple[str, Value]], *, same: bool) -> None:
        """Name what has no name yet; ``same``: in the very list or array that had the name before."""
        fresh = [(i, v) for i, v in entries if v.name is None and v.gate is not CONST and id(v) not in self.names]
        if not fresh:
            return
        version = self._version.get(stem, 0)
        if not version or not same or any(_label(stem, version, i) in self._labels for i, _ in fresh):
            version += 1
            while version > 1 and f"{stem}_{version}" in self._used:
                version += 1
            self._version[stem] = version
        for index, value in fresh:
            if id(value) not in self.names:  # it may stand in a list twice
                self.names[id(value)] = _label(stem, version, index)
                self._labels.add(_label(stem, version, index))
                self._kept.append(value)


def _label(stem: str, version: int, index: str) -> str:
    return f"{stem}{index}" if version == 1 else f"{stem}_{version}{index}"


def _entries(bound: Any) -> list[tuple[str, Value]]:
    """The Values in a list or array with their indices: ``[0]``, ``[0,1]``."""
    if isinstance(bound, (list, tuple)):
        return [(f"[{i}]", entry) for i, entry in enumerate(bound) if isinstance(entry, Value)]
    from numpy import ndarray, ndenumerate

    pairs = ndenumerate(bound.view(ndarray))
    return [(f"[{','.join(map(str, index))}]" if index else "", entry) for index, entry in pairs]
