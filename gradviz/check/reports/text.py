"""The report in a pipe, in the manner of a good compiler: place, line, mark, reason, what to do.

Its bytes depend on nothing but what was found. On a terminal ``report_rich`` says the same in colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link, Spot
from gradviz.check.reports.wording import (
    apart,
    asked_counts,
    command,
    heading,
    missed,
    opening,
    overview,
    place,
    said,
    standing,
    state_items,
    verdict_word,
    worth_telling,
)
from gradviz.draw.grid.text import char_columns, columns

WIDEST = 100  # columns of a source line that are shown
_BEFORE = 10  # columns kept before a mark where the line is cut


def as_text(files: Sequence[FileOutcome], hints: int, *, width: int = WIDEST) -> str:
    """The files as text; of many, one row a file comes first.

    Args:
        files: what may be told.
        hints: the level, which the last line names.
        width: columns for a source line.

    >>> print(as_text([FileOutcome("a.txt", failure="this is a PDF")], 2))
    a.txt: error: this is a PDF
    <BLANKLINE>
    """
    lines: list[str] = []
    if len(files) > 1:
        lines += [*_table(files), "", overview(files), ""]
    for at, each in enumerate(files):
        lines += [""] if at else []
        lines += _file(each, hints, width)
    return "\n".join(lines) + "\n"


def _table(files: Sequence[FileOutcome]) -> Iterator[str]:
    rows = [("file", "verdict", *(verdict_word(v) for v in VERDICTS), "missing")]
    for each in files:
        sums = (str(each.summary[v]) for v in VERDICTS)
        rows.append((each.file, standing(each), *sums, str(missed(each))))
    widths = [max(columns(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell + " " * (w - columns(cell)) for cell, w in zip(row, widths, strict=True)).rstrip()


def _file(each: FileOutcome, hints: int, width: int) -> Iterator[str]:
    if each.failure:
        yield f"{each.file}: error: {each.failure}"
        return
    for problem in each.problems:
        yield opening(problem, each)
        if problem.apart:
            yield f"  {apart(problem)}"
    for note in each.notes:
        yield f"{each.file}: note: {note}"
    graphs = {problem.id: problem for problem in each.problems}
    for link in each.links:
        if worth_telling(link):
            yield ""
            yield from _link(each.file, link, graphs.get(link.problem), hints, width)
    yield ""
    for name, state in state_items(each.required):
        yield f"{each.file}: {name}: {state}"
    yield f"{each.file}: {heading(each)} ({asked_counts(each)})"
    if more := tells_more(each, hints):
        yield f"  {more}"


def tells_more(each: FileOutcome, hints: int) -> str:
    """How to be told more about what is wrong; "" where there is no more."""
    return f"--hints {hints + 1} tells more" if each.more else ""


def _link(file: str, link: Link, problem: Checked | None, hints: int, width: int) -> Iterator[str]:
    first, *more = said(link, known=hints >= 2)
    yield f"{place(file, link.spot)}: {title(link)}: {first}"
    for line in underlined(link.spot, width):
        yield f"  {line}"
    for text in more:
        yield f"  {text}"
    if link.verdict == "wrong" and problem is not None and (shown := command(link, problem)):
        yield f"  see the gate: {shown}"


def title(link: Link) -> str:
    """What a finding is called: its verdict; of a right line a note."""
    return "note" if link.verdict == "ok" else verdict_word(link.verdict)


def underlined(spot: Spot, width: int = WIDEST) -> tuple[str, str]:
    """The source line, cut to a readable width, and the mark under the link.

    Args:
        spot: what to show.
        width: columns that there are for it.

    >>> underlined(Spot(1, 5, 3, "a = b*c"))
    ('a = b*c', '    ^^^')
    """
    before, under, after = excerpt(spot, width)
    return f"{before}{under}{after}", " " * columns(before) + "^" * max(1, columns(under))


def excerpt(spot: Spot, width: int) -> tuple[str, str, str]:
    """A source line in three parts, before, under and after the mark; where it is too long, the mark is kept.

    >>> excerpt(Spot(1, 31, 2, "x" * 30 + "=b" + "y" * 30), 20)
    ('…xxxxxxxxx', '=b', 'yyyyyyy…')
    """
    at = min(spot.column - 1, len(spot.text))
    end = max(at, min(at + spot.width, len(spot.text)))
    before, under, after = spot.text[:at], spot.text[at:end], spot.text[end:]
    if columns(before) + columns(under) + columns(after) <= width:
        return before, under, after
    if columns(before) + columns(under) > width - 1 and columns(before) > _BEFORE:
        before = "…" + last_of(before, _BEFORE - 1)
    room = max(4, width - columns(before))
    if columns(under) > room - 1:
        return before, first_of(under, room - 1) + "…", ""
    left = room - columns(under)
    return before, under, after if columns(after) <= left else first_of(after, left - 1) + "…"


def first_of(text: str, room: int) -> str:
    """As much of the beginning as fits."""
    used = 0
    for at, char in enumerate(text):
        used += char_columns(char)
        if used > room:
            return text[:at]
    return text


def last_of(text: str, room: int) -> str:
    """As much of the end as fits."""
    used, start = 0, len(text)
    for at in range(len(text) - 1, -1, -1):
        used += char_columns(text[at])
        if used > room:
            break
        start = at
    while start < len(text) and not char_columns(text[start]):  # a mark whose letter is gone
        start += 1
    return text[start:]
