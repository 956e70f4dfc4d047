"""What is known while a derivation is read, and how what was not understood is put down."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradviz.check.claim import NotRead
from gradviz.check.problem import Problem
from gradviz.language.macros import Macro
from gradviz.language.source import Source, Span


@dataclass
class Scope:
    """What is known while a derivation is read from top to bottom.

    Args:
        problem: grows where the document itself states it.
        open: whether letters on the right of a definition may become inputs.
        grow: whether definitions and values of the document are added to the problem.
        macros: the document's own commands.
        ahead: names that get a number somewhere in the problem.
        stopped: whether reading has ended before the text did.
    """

    problem: Problem
    open: bool = True
    grow: bool = True
    macros: dict[str, Macro] = field(default_factory=dict)
    ahead: tuple[str, ...] = ()
    stopped: bool = False


def not_read(
    source: Source,
    at: Span,
    reason: str,
    cell: int | None,
    scope: Scope,
    whole: Span | None = None,
    hint: str | None = None,
) -> NotRead:
    """A statement, or a part of one, that was not understood."""
    place = source.place(at)
    text = source.at(whole or at)
    return NotRead(
        reason, place, place.line, place.column, cell, text if len(text) < 500 else text[:499] + "…", hint,
        reason.startswith("matrix calculus"), scope.problem.id, whole or at,
    )  # fmt: skip
