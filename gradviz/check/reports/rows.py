"""The whole text of a document, line by line, with what was found at each line; bounded, however long the text is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradviz.check.outcome import Link, Verdict
from gradviz.check.reader.sheet import Sheet
from gradviz.check.reports.wording import worst, worth_telling

MOST_LINES = 2_000  # lines of a document that are shown anyway
MOST_CHARACTERS = 200_000
WIDEST = 2_000  # characters of one line
MOST_FINDINGS = 400  # of a document; a report in another format lists all
_AROUND = 2  # lines shown before and after a finding further down


@dataclass(frozen=True, slots=True)
class Row:
    """A line.

    Args:
        number: counted from 1.
        pieces: its text, cut where marks begin and end, each with the verdict it is marked with.
        cut: how many characters are left out at its end.
        verdict: the worst at this line; None where nothing was judged.
        findings: the places, in the file's links, of what there is to tell about this line.
    """

    number: int
    pieces: tuple[tuple[str, Verdict | None], ...]
    cut: int
    verdict: Verdict | None
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that are left out."""

    lines: int


Links = Mapping[int, Sequence[tuple[int, Link]]]


@dataclass
class Budget:
    """How much of a document may still be shown."""

    lines: int = MOST_LINES
    characters: int = MOST_CHARACTERS
    findings: int = MOST_FINDINGS


def by_place(links: Sequence[Link]) -> dict[int | None, dict[int, list[tuple[int, Link]]]]:
    """The links with their indices, by cell and line."""
    found: dict[int | None, dict[int, list[tuple[int, Link]]]] = {}
    for index, link in enumerate(links):
        found.setdefault(link.spot.cell, {}).setdefault(link.spot.line, []).append((index, link))
    return found


def rows(sheet: Sheet, links: Links, budget: Budget) -> Iterator[Row | Gap]:
    """The lines of a sheet.

    Args:
        sheet: the text.
        links: what was judged in it, by line.
        budget: what is left of the document's; it is spent here.

    >>> [row.pieces for row in rows(Sheet("a\\nb"), {}, Budget()) if isinstance(row, Row)]
    [(('a', None),), (('b', None),)]
    """
    lines = sheet.text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    near = _near(links, len(lines)) if len(lines) > budget.lines or len(sheet.text) > budget.characters else None
    left_out = 0
    for number, line in enumerate(lines, 1):
        spent = budget.lines <= 0 or budget.characters <= 0
        if spent and (near is None or number not in near or budget.findings <= 0):
            left_out += 1
            continue
        if left_out:
            yield Gap(left_out)
            left_out = 0
        budget.lines -= 1
        budget.characters -= min(len(line), WIDEST)
        yield _row(number, line.rstrip("\r"), links.get(number, ()), budget)
    if left_out:
        yield Gap(left_out)


def _near(links: Links, count: int) -> set[int]:
    told = [number for number, at in links.items() if any(worth_telling(link) for _, link in at)]
    return {n for number in told for n in range(number - _AROUND, number + _AROUND + 1) if 1 <= n <= count}


def _row(number: int, line: str, at: Sequence[tuple[int, Link]], budget: Budget) -> Row:
    told = tuple(index for index, link in at if worth_telling(link))[: max(0, budget.findings)]
    budget.findings -= len(told)
    shown = line[:WIDEST]
    verdict = worst([link.verdict for _, link in at])
    return Row(number, tuple(pieces(shown, [link for _, link in at])), len(line) - len(shown), verdict, told)


def pieces(line: str, links: Sequence[Link]) -> Iterator[tuple[str, Verdict | None]]:
    """A line cut at its marks; where links overlap, the worst verdict counts.

    >>> from gradviz.check.outcome import Spot
    >>> link = Link("1", Spot(1, 3, 1, "a b c"), "", "", "", "wrong")
    >>> list(pieces("a b c", [link]))
    [('a ', None), ('b', 'wrong'), (' c', None)]
    """
    painted: list[Verdict | None] = [None] * len(line)
    for verdict in ("ok", "not_read", "not_decided", "follows", "wrong"):  # the worst is painted last
        for link in links:
            if link.verdict == verdict:
                start = min(link.spot.column - 1, len(line))
                stop = min(start + link.spot.width, len(line))
                painted[start:stop] = [link.verdict] * (stop - start)
    at = 0
    for end in range(1, len(line) + 1):
        if end == len(line) or painted[end] != painted[at]:
            yield line[at:end], painted[at]
            at = end
