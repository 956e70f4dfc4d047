"""A document and a problem -> the claims of every problem in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gradviz.check.claims import Claim, NotRead, Scope, read_claims, too_long
from gradviz.check.document import Document, Piece
from gradviz.check.problem import Problem
from gradviz.check.reader.choosing import Choice
from gradviz.language.limits import MAX_READING, budget
from gradviz.language.scope import function_named
from gradviz.language.source import Span

_NUMBERED = re.compile(
    r"(?:Problem|Exercise|Question|Task|Aufgabe|Exercice|Ejercicio|Q|题|問題)\s*([0-9]+(?:\.[0-9]+)*[a-z]?)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s#*_\\a-z{]*?([0-9]+(?:\.[0-9]+)*[a-z]?)\s*(?:[.:)]|\}|$)", re.IGNORECASE)
_NO_PROBLEM = re.compile(  # headings whose number counts something else
    r"\b(?:step|homework|hw|assignment|sheet|week|lecture|lab|unit|midterm|exam|blatt|\w*übungsblatt|serie)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"(?<![\w\\.])([A-Za-z][0-9]?)[ ]*=[ ]*[-−]?[0-9.]")
_ASSIGNED = re.compile(r"^[ \t>*-]*([a-z]\w{2,19})[ \t]*=(?!=)", re.MULTILINE)
_MOST_GIVEN = 50


@dataclass
class Reading:
    """What a document says about one problem.

    Args:
        problem: its formulas, numbers and names, grown by what the student defines.
        claims: what was read, in order.
        not_read: what was not, with reasons.
        order: both, in reading order.
    """

    problem: Problem
    order: list[Claim | NotRead] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        """What was read."""
        return [said for said in self.order if isinstance(said, Claim)]

    @property
    def not_read(self) -> list[NotRead]:
        """What was not."""
        return [said for said in self.order if isinstance(said, NotRead)]

    @property
    def read(self) -> tuple[int, int]:
        """How many statements were read, of how many; matrix lines are counted apart."""
        matrix = sum(said.matrix for said in self.not_read)
        return len(self.claims), len(self.order) - matrix


def read(document: Document, problems: Sequence[Problem] = ()) -> list[Reading]:
    """The claims of a document, problem by problem.

    Args:
        document: from ``document.load``.
        problems: the staff's; without them the document states its own.

    A document that takes too long is read up to there, and the rest is one NotRead.

    >>> from gradviz.check.document import read_document
    >>> text = "f(x, y) = (x + y)x at x = 2, y = 3\\nLet q = x + y\\ndf/dq = x = 2"
    >>> [reading] = read(read_document(text))
    >>> [claim.kind for claim in reading.claims], reading.problem.values
    (['definition', 'input', 'input', 'definition', 'local'], {'x': 2.0, 'y': 3.0})
    """
    sections = _sections(document)
    readings: list[Reading] = []
    with budget(MAX_READING):
        _read(sections, document, problems, readings)
    return [reading for reading in readings if reading.order] or readings[:1]


def _read(
    sections: list[tuple[str | None, list[Piece]]],
    document: Document,
    problems: Sequence[Problem],
    readings: list[Reading],
) -> None:
    """Fill the readings."""
    scopes: list[tuple[Reading, Scope, Piece, NotRead]] = []
    choice = Choice(problems, [number for number, _ in sections], document.origin)
    for number, pieces in sections:
        problem = choice.problem(number)
        scope = Scope(problem, open=not problem.staff, macros=document.macros, ahead=_given_ahead(pieces))
        reading = next((r for r in readings if r.problem is problem), None)
        if reading is None:
            reading = Reading(problem)
            readings.append(reading)
        for piece in pieces:
            if piece.kind == "unread":
                reading.order.append(too_long(piece.source, piece.span, scope, piece.cell))
                continue
            found = _claims(piece, scope)
            reading.order += found
            if scope.open and any(isinstance(c, Claim) and c.kind in ("local", "chain", "result") for c in found):
                scope.open = False  # from the first gradient on, new letters are mistakes
            if not piece.parts or len(found) == 1:
                scopes += [(reading, scope, piece, said) for said in found if isinstance(said, NotRead)]
            if scope.stopped:
                return
    for reading, scope, piece, said in scopes:
        _again(reading, scope, piece, said)


def _claims(piece: Piece, scope: Scope, span: Span | None = None) -> list[Claim | NotRead]:
    return read_claims(
        piece.source, span or piece.span, scope, latex=piece.kind == "math", cell=piece.cell, shown=piece.shown,
        parts=piece.parts,
    )  # fmt: skip


def _given_ahead(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """Letters that get a number: ``x = -2`` behind ``f = 2(xy + z)`` says how xy is read.

    And words that call a function elsewhere, but are assigned here and not called: ``dot = w0*x0 + w1*x1``.
    """
    found: dict[str, None] = {}
    for piece in pieces:
        shown = piece.source.text if piece.shown is None else piece.shown
        found.update(dict.fromkeys(given[1] for given in _GIVEN.finditer(shown, *piece.span)))
        words = (said[1] for said in _ASSIGNED.finditer(shown, *piece.span) if piece.kind == "lines")
        found.update((word, None) for word in words if function_named(word) and f"{word}(" not in shown)
    return tuple(found)[:_MOST_GIVEN]


def _again(reading: Reading, scope: Scope, piece: Piece, said: NotRead) -> None:
    """Read a statement once more where a name it used was introduced later: ``f = q z, where q = x + y``."""
    name = re.match(r"(\w+) (?:is not a name of this problem|does not depend on)", said.reason)
    if not said.matrix and (name is None or scope.problem.letters().find(name[1]) is None):
        return
    found = _claims(piece, scope, None if piece.parts else said.whole)
    if found and not any(isinstance(each, NotRead) for each in found):
        at = next(at for at, each in enumerate(reading.order) if each is said)
        reading.order[at : at + 1] = found


def _sections(document: Document) -> list[tuple[str | None, list[Piece]]]:
    """Pieces by problem: a heading that numbers one begins it; other headings belong to it."""
    sections: list[tuple[str | None, list[Piece]]] = [(None, [])]
    for piece in document.pieces:
        if piece.kind != "heading":
            sections[-1][1].append(piece)
            continue
        number = _NUMBERED.search(piece.text) or _LEADING.match(piece.text)
        if number is not None and (number.re is _NUMBERED or not _NO_PROBLEM.search(piece.text)):
            sections.append((number[1], []))
    return [section for section in sections if section[1]] or [(None, [])]
