"""The report on a terminal: as wide as the screen, with styles, and of many files a table first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link, Verdict
from gradviz.check.reports.text import excerpt, last_of, tells_more, title
from gradviz.check.reports.wording import (
    apart,
    asked_counts,
    command,
    details,
    heading,
    message,
    missed,
    opening,
    overview,
    place,
    sign,
    standing,
    state_items,
    verdict_word,
    worth_telling,
)
from gradviz.draw.grid.text import clean, columns

_STYLES: dict[Verdict, str] = {
    "ok": "green",
    "wrong": "bold red",
    "follows": "yellow",
    "not_read": "cyan",
    "not_decided": "cyan",
}
_FILE_STYLES = {0: "green", 1: "bold red", 2: "bold red", 3: "cyan"}
_NARROW = 64  # columns; below, the table has one column for all sums
_INDENT = 2
_TRAILING = re.compile(r" +((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)


def as_screen(
    files: Sequence[FileOutcome], hints: int, width: int, *, coloured: bool = True, ascii: bool = False
) -> str:
    """The files as a terminal shows them.

    Args:
        files: what may be told.
        hints: the level, which the last line names.
        width: the columns of the terminal.
        coloured: whether with colours and other styles.
        ascii: only ASCII characters.

    >>> print(as_screen([FileOutcome("a.txt", failure="it is no text")], 2, 20, coloured=False))
    a.txt: error: it is
    no text
    <BLANKLINE>
    """
    screen = _Screen(width, coloured, ascii)
    screen.show(files, hints)
    return _TRAILING.sub(r"\1", screen.out.getvalue())


class _Screen:
    """Composes a report.

    Args:
        width: columns.
        coloured: whether with colours and other styles.
        ascii: only ASCII characters.
    """

    def __init__(self, width: int, coloured: bool, ascii: bool) -> None:
        self.out = StringIO()
        self.ascii, self.width = ascii, max(20, width)
        self._console = Console(
            file=self.out,
            width=self.width,
            color_system="standard" if coloured else None,
            no_color=not coloured,
            force_terminal=coloured,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def show(self, files: Sequence[FileOutcome], hints: int) -> None:
        """Write the report."""
        if len(files) > 1:
            self._console.print(self._table(files))
            self._line(overview(files), "bold")
            self._console.print()
        for at, each in enumerate(files):
            if at:
                self._console.print()
            self._file(each, hints)

    def _table(self, files: Sequence[FileOutcome]) -> Table:
        narrow = self.width < _NARROW
        table = Table(box=ASCII2 if self.ascii else SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
        table.add_column("file", overflow="fold")
        table.add_column("verdict", no_wrap=True)
        counts: list[Verdict] = [verdict for verdict in VERDICTS if any(each.summary[verdict] for each in files)]
        misses = any(missed(each) for each in files)
        if not narrow:
            for verdict in counts:
                table.add_column(verdict_word(verdict), justify="right", no_wrap=True)
            if misses:
                table.add_column("missing", justify="right", no_wrap=True)
        signed = [self._signed(sign(each), standing(each)) for each in files]
        room = self.width - max(map(columns, signed)) - 3 if narrow else None
        for each, stands in zip(files, signed, strict=True):
            row = [self._text(self._tail(each.file, room)), self._text(stands, self._tone(each))]
            if not narrow:
                row += [self._sum(each.summary[verdict], _STYLES[verdict]) for verdict in counts]
                row += [self._sum(missed(each), _STYLES["wrong"])] if misses else []
            table.add_row(*row)
        return table

    def _tail(self, name: str, room: int | None) -> str:
        """The end of a name, which tells files apart."""
        if room is None or columns(name) <= room:
            return name
        return ("~" if self.ascii else "…") + last_of(name, max(1, room - 1))

    def _sum(self, number: int, style: str) -> Text:
        return self._text(str(number), style if number else "dim")

    def _file(self, each: FileOutcome, hints: int) -> None:
        if each.failure:
            self._print(self._joined((each.file, "bold"), (": ", ""), ("error", "bold red"), (f": {each.failure}", "")))
            return
        for problem in each.problems:
            self._line(opening(problem, each), "bold")
            if problem.apart:
                self._line(apart(problem), indent=_INDENT)
        for note in each.notes:
            self._line(f"{each.file}: note: {note}", "dim")
        graphs = {problem.id: problem for problem in each.problems}
        for link in each.links:
            if worth_telling(link):
                self._console.print()
                self._link(each.file, link, graphs.get(link.problem), hints)
        self._console.print()
        for name, state in state_items(each.required):
            self._print(self._joined((f"{each.file}: ", ""), (name, "bold"), (f": {state}", "")))
        closing = ((f"{each.file}: ", ""), (heading(each), self._tone(each)), (f" ({asked_counts(each)})", ""))
        self._print(self._joined(*closing))
        if more := tells_more(each, hints):
            self._line(more, "dim", indent=_INDENT)

    def _link(self, file: str, link: Link, problem: Checked | None, hints: int) -> None:
        style = _STYLES[link.verdict]
        head = ((place(file, link.spot), "bold"), (": ", ""), (title(link), style), (f": {message(link)}", ""))
        self._print(self._joined(*head))
        before, under, after = excerpt(link.spot, self.width - _INDENT)
        if self.ascii:
            before, under, after = (clean(part, ascii=True) for part in (before, under, after))
        self._print(Text.assemble(before, (under, style), after), indent=_INDENT, cut=True)
        mark = " " * columns(before) + "^" * max(1, columns(under))
        self._print(Text(mark[: self.width - _INDENT], style), indent=_INDENT, cut=True)
        for label, text in details(link, known=hints >= 2):
            said = [(f"{label}: ", "dim"), (text, "")] if label else [(text, "")]
            self._print(self._joined(*said), indent=_INDENT)
        if link.verdict == "wrong" and problem is not None and (shown := command(link, problem)):
            self._line("see the gate:", "dim", indent=_INDENT)
            # the terminal breaks it where it must, so that it can be copied as one line
            self._console.print(self._text(" " * 2 * _INDENT + shown), soft_wrap=True)

    def _tone(self, each: FileOutcome) -> str:
        return _FILE_STYLES[each.exit_code]

    def _signed(self, sign: str, word: str) -> str:
        return word if self.ascii else f"{sign} {word}"

    def _text(self, text: str, style: str = "") -> Text:
        return Text(clean(text, self.ascii), style)

    def _joined(self, *parts: tuple[str, str]) -> Text:
        found = Text()
        for text, style in parts:
            found.append(clean(text, self.ascii), style or None)
        return found

    def _line(self, text: str, style: str = "", indent: int = 0) -> None:
        self._print(self._text(text, style), indent=indent)

    def _print(self, text: Text, *, indent: int = 0, cut: bool = False) -> None:
        text.no_wrap, text.overflow = cut, "crop" if cut else "fold"
        shown: RenderableType = Padding(text, (0, 0, 0, indent), expand=False) if indent else text
        self._console.print(shown)
