"""The report in a terminal or a pipe, in the manner of a good compiler: place, line, mark, reason, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link, Spot
from gradviz.check.wording import asked_counts, command, counted, heading, said, verdict_word, worth_telling
from gradviz.draw.grid.text import columns

_WIDEST = 100  # characters of a source line that are shown
_COLOURS = {"wrong": "31;1", "follows": "33", "not_read": "36", "not_decided": "36", "ok": "32"}


def as_text(files: Sequence[FileOutcome], hints: int, *, coloured: bool = False) -> str:
    """The files as text; of many, one row a file comes first.

    Args:
        files: what may be told.
        hints: the level, which the last line names.
        coloured: whether with the colour codes of a terminal.

    >>> print(as_text([FileOutcome("a.txt", failure="this is a PDF")], 2))
    a.txt: error: this is a PDF
    <BLANKLINE>
    """
    lines: list[str] = []
    if len(files) > 1:
        lines += [*_table(files), ""]
    for at, each in enumerate(files):
        lines += [""] if at else []
        lines += _file(each, hints, coloured)
    return "\n".join(lines) + "\n"


def _table(files: Sequence[FileOutcome]) -> Iterator[str]:
    head = ("file", "verdict", *(verdict_word(v) for v in VERDICTS), "missing")
    rows = [head]
    for each in files:
        missing = sum(state == "missing" for state in each.required.values())
        rows.append((each.file, heading(each), *(str(each.summary[v]) for v in VERDICTS), str(missing)))
    widths = [max(columns(row[k]) for row in rows) for k in range(len(head))]
    for row in rows:
        yield "  ".join(cell + " " * (w - columns(cell)) for cell, w in zip(row, widths, strict=True)).rstrip()


def _file(each: FileOutcome, hints: int, coloured: bool) -> Iterator[str]:
    if each.failure:
        yield f"{each.file}: {_paint('error', '31;1', coloured)}: {each.failure}"
        return
    for problem in each.problems:
        yield opening(problem, each)
        if problem.apart:
            yield f"  {counted(problem.apart, 'line')} of matrix calculus, which is not checked here"
    for note in each.notes:
        yield f"{each.file}: note: {note}"
    graphs = {problem.id: problem for problem in each.problems}
    for link in each.links:
        if worth_telling(link):
            yield ""
            yield from _link(each.file, link, graphs.get(link.problem), hints, coloured)
    yield ""
    yield from _closing(each, hints, coloured)


def opening(problem: Checked, each: FileOutcome) -> str:
    """``read 38 of 40 statements, checked against f = … from FILE``."""
    named = f"problem {problem.id}: " if len(each.problems) > 1 else ""
    origin = problem.origin or each.file
    at = ", ".join(f"{name} = {value:.10g}" for name, value in problem.inputs.items())
    against = f"checked against {problem.function}{' at ' + at if at else ''} from {origin}"
    return (
        f"{named}read {problem.read} of {problem.of} statements, {against if problem.function else 'no function found'}"
    )


def place(file: str, spot: Spot) -> str:
    """``hw.txt:3:5``; in a notebook ``hw.ipynb:cell 2:3:5``."""
    cell = f"cell {spot.cell}:" if spot.cell is not None else ""
    return f"{file}:{cell}{spot.line}:{spot.column}"


def _link(file: str, link: Link, problem: Checked | None, hints: int, coloured: bool) -> Iterator[str]:
    word = "note" if link.verdict == "ok" else verdict_word(link.verdict)
    colour = _COLOURS[link.verdict]
    first, *more = said(link, known=hints >= 2)
    yield f"{place(file, link.spot)}: {_paint(word, colour, coloured)}: {first}"
    line, mark = underlined(link.spot)
    yield f"  {line}"
    yield f"  {_paint(mark, colour, coloured)}"
    for text in more:
        yield f"  {text}"
    if link.verdict == "wrong" and problem is not None and (shown := command(link, problem)):
        yield f"  see the gate: {shown}"


def underlined(spot: Spot) -> tuple[str, str]:
    """The source line, cut to a readable width, and the mark under the link.

    >>> underlined(Spot(1, 5, 3, "a = b*c"))
    ('a = b*c', '    ^^^')
    """
    at = spot.column - 1
    line = spot.text
    width = max(1, min(spot.width, len(line) - at))
    if len(line) > _WIDEST:
        cut = max(0, min(at - 10, len(line) - _WIDEST))
        line, at = line[cut : cut + _WIDEST], at - cut
        width = max(1, min(width, _WIDEST - at))
        if cut:
            line, at = "…" + line, at + 1
    before, under = line[:at], line[at : at + width]
    return line, " " * columns(before) + "^" * max(1, columns(under))


def _closing(each: FileOutcome, hints: int, coloured: bool) -> Iterator[str]:
    for name, state in each.required.items():
        if state != "ok":
            yield f"{each.file}: {name}: {state.replace('_', ' ')}"
    colour = "32" if each.exit_code == 0 else "31;1" if each.exit_code == 1 else "36"
    yield f"{each.file}: {_paint(heading(each), colour, coloured)} ({asked_counts(each)})"
    if each.exit_code == 1 and hints < 3:
        yield f"  --hints {hints + 1} tells more"


def _paint(text: str, colour: str, coloured: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if coloured and text else text
