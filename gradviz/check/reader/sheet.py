"""The text of a document as a report shows it: whole, in sheets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """One text of a document: all of a file, or one cell of a notebook.

    Args:
        text: as typed; of a code cell nothing is kept.
        cell: the number of the Markdown cell, from 1; None elsewhere.
        code: whether it is a code cell, which is only mentioned.
    """

    text: str
    cell: int | None = None
    code: bool = False
