"""What a line of a derivation claims, and what could not be read: plain data for the steps after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gradviz.errors import Place
from gradviz.language.source import Span
from gradviz.language.syntax import Derivative, Expression, Name, unparse

Kind = Literal["definition", "input", "value", "local", "chain", "result", "identity", "update", "equation"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One chain ``a = b = c``; its links are the neighbouring pairs of sides.

    Args:
        kind: "definition" (of a node: new, restated, or of a name for a derivative), "input" (numbers given),
            "value" (a forward value), "local" (gradient of a node by its own operand), "chain" (with derivatives on the
            right), "result" (another gradient, as formula or number), "identity" (holds for any letter), "update" (a
            training step), "equation" (anything else).
        sides: the sides as trees; a derivative is ``Derivative(of, by)``, ``σ'(z)`` is ``Prime``, an indicator is its
            comparison (1 where it holds, else 0), cases are ``where``. A header ``f(x, y) =`` is the name alone.
        relation: the first relation: ``=``, ``≈`` or ``←``.
        relations: one for each link.
        quantity: what the claim is about: a Derivative, a name, or None.
        place: the whole statement, for excerpts.
        line, column, cell: where it begins; cell counts a notebook's markdown cells from 1, else None.
        text: the statement as typed.
        header: the variables of ``f(x, y) =``, or None.
        dummies: letters of an identity that are no names of the problem.
        new: whether the quantity is a name that this claim introduces.
        notes: readings to mention.
        spans: the place of each side in the text of ``place``.
        problem: the id of the problem it belongs to.
        at: values of inputs that the claim is about, where they are not those of the problem: ``f'(3) = 6``.
    """

    kind: Kind
    sides: tuple[Expression, ...]
    relation: str
    quantity: Derivative | str | None
    place: Place
    line: int
    column: int
    cell: int | None
    text: str
    relations: tuple[str, ...] = ()
    header: tuple[str, ...] | None = None
    dummies: tuple[str, ...] = ()
    new: bool = False
    notes: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    problem: str = ""
    at: tuple[tuple[str, float], ...] = ()

    def read_as(self) -> str:
        """The claim as gradviz reads it."""
        parts = [unparse(self.sides[0])]
        for relation, side in zip(self.relations, self.sides[1:], strict=True):
            parts += [relation, unparse(side)]
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class NotRead:
    """A statement that was not understood; it never counts against anybody."""

    reason: str
    place: Place
    line: int
    column: int
    cell: int | None
    text: str
    hint: str | None = None
    matrix: bool = False
    problem: str = ""
    whole: Span = (0, 0)  # the statement in the text of ``place``


def quantity(subject: Expression) -> str | None:
    """What a chain speaks about: ``df/dx``, ``q``; None for anything else.

    >>> quantity(Derivative((0, 0), Name((0, 0), "f"), Name((0, 0), "x")))
    'df/dx'
    """
    match subject:
        case Derivative(of=Name(name=of), by=by):
            return f"d{of}/d{by.name}"
        case Name(name=name):
            return name
    return None
