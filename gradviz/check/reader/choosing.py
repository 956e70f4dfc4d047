"""Which of the staff's problems a section is about: said by its number or by the file's name, and never guessed.

A right answer to one problem is a wrong one to another, so that a section which does not say is not checked at all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from gradviz.check.problem import Problem

if TYPE_CHECKING:
    from gradviz.check.reading import Reading

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*[a-z]?", re.IGNORECASE)
_FILE = re.compile(
    r"(?:p|problem|ex|exercise|q|question|task|aufgabe|exercice|ejercicio)[ _.-]?([0-9]+(?:\.[0-9]+)*[a-z]?)",
    re.IGNORECASE,
)


class Choice:
    """The problems of one document.

    Args:
        problems: the staff's; without them every section states its own.
        numbers: of the sections; None where nothing is said.
        origin: the name of the file.

    >>> one, two = Problem("1"), Problem("2")
    >>> choice = Choice([one, two], ["2", "2b", None], "hw.txt")
    >>> choice.problem("2").id, choice.problem("2b") is choice.problem("2")
    ('2', True)
    >>> choice.problem(None).puzzle
    'it is not said which of the problems 1, 2 this is about'
    """

    def __init__(self, problems: Sequence[Problem], numbers: Sequence[str | None], origin: str) -> None:
        self.problems = problems
        self.known = [_number(problem.id) for problem in problems]
        self.taken: dict[int | str | None, Problem] = {}
        self.of_file = _of_file(origin)
        self.any = any(self._place(number) is not None for number in numbers if number is not None)

    def problem(self, number: str | None) -> Problem:
        """The problem of a section; sections about the same one share it."""
        if not self.problems:
            return Problem(number or "")
        place = self._place(number)
        if place is None and number is None and not self.any and self.of_file is not None:
            place = self._place(self.of_file)
        if place is None and len(self.problems) == 1 and (number is None or not self.any):
            place = 0
        key = number if place is None else place
        if key not in self.taken:
            self.taken[key] = self._unknown(number) if place is None else copy.deepcopy(self.problems[place])
        return self.taken[key]

    def _place(self, number: str | None) -> int | None:
        """Where the problem of that number stands; of 2b and 2.1 also 2, and without numbers the second."""
        if number is None:
            return None
        wanted = number.lower()
        shorter = (wanted, wanted.rstrip("abcdefghijklmnopqrstuvwxyz"), wanted.split(".")[0])
        found = next((self.known.index(each) for each in shorter if each in self.known), None)
        if found is None and not any(self.known) and wanted.isdecimal() and 1 <= int(wanted) <= len(self.problems):
            return int(wanted) - 1
        return found

    def _unknown(self, number: str | None) -> Problem:
        names = ", ".join(problem.id or str(place) for place, problem in enumerate(self.problems, 1))
        which = f"the problems {names}" if len(self.problems) > 1 else f"problem {names}"
        first = self.known[0] or "1"
        if number is not None:
            return Problem(number, puzzle=f"there is no problem {number} to check it against, only {which}")
        return Problem("?", puzzle=f"it is not said which of {which} this is about", cure=f'a line "Problem {first}"')


def named_after(origin: str, ids: Sequence[str]) -> bool:
    """Whether a file is named after the one problem in it, so that the others stand in other files.

    >>> named_after("ann/p2.txt", ["2"]), named_after("ann/hw2.txt", ["2"]), named_after("p2.txt", ["1", "2"])
    (True, False, False)
    """
    number = _of_file(origin)
    return number is not None and [_number(id) for id in ids] == [number.lower()]


def elsewhere(reading: Reading, readings: Iterable[Reading]) -> bool:
    """Whether something about a problem may stand among the unread lines of another section."""
    strange = tuple(f"{name} is not a name of this problem" for name in reading.problem.names())
    for other in readings:
        if other is not reading and other.problem.puzzle and other.order:
            return True
        if other is not reading and any(said.reason.startswith(strange) for said in other.not_read):
            return True
    return False


def _number(id: str) -> str:
    found = _NUMBER.search(id)
    return found[0].lower() if found else ""


def _of_file(origin: str) -> str | None:
    """The number of a problem that a file is named after: ``p2.txt``, ``Exercise-3.tex``."""
    found = _FILE.fullmatch(PurePath(origin).stem)
    return found[1] if found else None
