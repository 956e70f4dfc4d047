"""The questions of the stepper: what a key asks for, and what is done with the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradviz.errors import GradvizError
from gradviz.graph import listed
from gradviz.step.cursor import Cursor
from gradviz.step.telling import told_nudge

_BETWEEN = re.compile(r"[\s,;]+(?=[^\W\d]\w*\s*(?:\[[\d,\s]*\])?\s*=)")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question.

    Args:
        label: what is asked; ``{inputs}`` are the names of the inputs.
        start: the answer to begin with.
        do: carries the answer out and gives lines to say; a GradvizError asks again.
    """

    label: str
    start: Callable[[Cursor], str]
    do: Callable[[Cursor, str], tuple[str, ...]]

    def asked(self, cursor: Cursor) -> str:
        """The question with this cursor's names."""
        return self.label.format(inputs=listed(list(cursor.values), 8))


def _here(cursor: Cursor) -> str:
    """The name of the current node."""
    step = cursor.step or cursor.upcoming
    return cursor.graph.names[step.node] if step is not None else ""


def _find(cursor: Cursor, answer: str) -> tuple[str, ...]:
    cursor.find(answer)
    return ()


def _break(cursor: Cursor, answer: str) -> tuple[str, ...]:
    said = []
    for name in answer.split():
        there = cursor.toggle(name)
        said.append(f"breakpoint at {name}: c goes there" if there else f"no breakpoint at {name} any more")
    return tuple(said)


def _edit(cursor: Cursor, answer: str) -> tuple[str, ...]:
    from gradviz.language import read_values

    values = read_values([word for word in _BETWEEN.split(answer.strip()) if word], _no_files)
    if values:
        cursor.edit(values)
    return ()


def _no_files(path: str) -> object:
    raise GradvizError(f"numbers are typed here, not read from {path}", hint="gradviz step SOURCE W=@file.npy")


def _nudge(cursor: Cursor, answer: str) -> tuple[str, ...]:
    name, _, h = answer.strip().partition(" ")
    name = name.rstrip("=")
    return tuple(told_nudge(cursor.nudge(name, number(h, "h") if h.strip() else 0.01), cursor))


def _update(cursor: Cursor, answer: str) -> tuple[str, ...]:
    rate, *names = answer.replace(",", " ").split()
    cursor.update(number(rate, "η"), names)
    cursor.next_contribution()
    return ()


def _last_rate(cursor: Cursor) -> str:
    plans = [state.plan for state in (*cursor.history, cursor.state) if state.plan is not None]
    if not plans:
        return "0.1"
    every = len(plans[-1].names) == len(cursor.values)
    return " ".join([f"{plans[-1].rate:g}", *(() if every else plans[-1].names)])


def _first_nudge(cursor: Cursor) -> str:
    return f"{next(iter(cursor.values), 'x')} 0.01"


def number(text: str, name: str) -> float:
    """A number as one writes it: 0.1, 1/3, 1e-3.

    Raises:
        GradvizError: it is none.

    >>> number("1/4", "h")
    0.25
    """
    from gradviz.language import read_values

    word = text.strip().removeprefix("=").strip()
    if word:
        value = read_values([f"value={word}"], _no_files)["value"]
        if isinstance(value, (int, float)):
            return float(value)
    raise GradvizError(f"{name} cannot be {text.strip()!r}", expected="a number such as 0.1 or 1/3")


#: By the key that asks.
ASKS: Mapping[str, Ask] = {
    "/": Ask("Go to which node?", lambda cursor: "", _find),
    "b": Ask("Breakpoint at which node? (again: takes it away)", _here, _break),
    "e": Ask("Other numbers for {inputs}, such as x=3 y=1/2", lambda cursor: "", _edit),
    "d": Ask("Nudge which input by how much? ({inputs})", _first_nudge, _nudge),
    "u": Ask("Learning rate η, then the inputs to update (none named: all of {inputs})", _last_rate, _update),
}
