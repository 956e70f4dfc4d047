"""What checking found, as plain data: links with their verdicts, problems, files, and the exit code.

Nothing here decides anything or knows how a report looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gradviz.check.reader.sheet import Sheet
from gradviz.graph import Graph

Verdict = Literal["ok", "wrong", "follows", "not_read", "not_decided"]
Required = Literal["ok", "wrong", "follows", "missing", "needs_human"]

VERDICTS: tuple[Verdict, ...] = ("ok", "wrong", "follows", "not_read", "not_decided")

#: From the worst to the best; the exit code of many files is that of the worst one.
_WORST_FIRST = (2, 1, 3, 0)


@dataclass(frozen=True, slots=True)
class Witness:
    """A point where two sides differ, and their values there.

    Args:
        point: the inputs.
        left: the value of the left side; None: not to be told.
        right: the value of the right side.
    """

    point: Mapping[str, float]
    left: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands in a document.

    Args:
        line: counted from 1; in a notebook within its cell.
        column: in characters, counted from 1.
        width: how many characters of the line it covers.
        text: the whole source line.
        cell: the cell of a notebook, counted from 1; else None.
    """

    line: int
    column: int
    width: int
    text: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Two neighbouring sides of a chain, judged; or a line that was not read.

    Args:
        problem: the id of its problem.
        spot: where it stands.
        left, right: the sides as written.
        read_as: how they were read, in gradviz's own spelling.
        verdict: ok, wrong, follows, not_read or not_decided.
        quantity: what it speaks about, ``df/dx`` or ``q``; None for something else.
        expected: what would be right there.
        witness: a point where the sides differ.
        misconceptions: the ids of the rules that give exactly this; several are candidates.
        message: one sentence that names no right answer.
        rule: what was done, and where that would be right: the misconception in words.
        notes: remarks on the reading: a convention, a domain, "by value".
        gate: the node whose gate is to blame.
    """

    problem: str
    spot: Spot
    left: str
    right: str
    read_as: str
    verdict: Verdict
    quantity: str | None = None
    expected: str | None = None
    witness: Witness | None = None
    misconceptions: tuple[str, ...] = ()
    message: str = ""
    rule: str = ""
    notes: tuple[str, ...] = ()
    gate: str | None = None


@dataclass(frozen=True, eq=False)
class Checked:
    """A problem and how much of what is written about it was read.

    Args:
        id: ``1``, ``Exercise 2`` …
        function: the function, ``f = (x + y)*z``.
        inputs: the numbers given.
        read: statements read.
        of: statements there are.
        graph: the graph it was checked against; None where no function was found.
        source: gradviz source of the graph, for a command to paste.
        origin: where the function stands; None: in the document itself.
        apart: lines of matrix calculus, counted apart.
    """

    id: str
    function: str
    inputs: Mapping[str, float]
    read: int
    of: int
    graph: Graph | None = None
    source: str | None = None
    origin: str | None = None
    apart: int = 0


@dataclass(frozen=True, eq=False)
class FileOutcome:
    """One document.

    Args:
        file: its name, as a report shows it.
        problems: what it is about.
        links: everything that was judged, in the order written.
        required: by gradient asked for, how it stands.
        failure: why the file could not be read or understood at all; "" where it could.
        notes: findings about the document as a whole.
        sheets: the whole text, for a report that shows it.
        summary: how many links have which verdict; all five are there. Counted from the links.
        exit_code: 0 all right; 1 something wrong or missing; 2 not readable at all; 3 something not read or not
            decided. Found from the rest.
        more: whether the next hint level, where it may be asked for, tells more; ``report.told`` finds that.
    """

    file: str
    problems: tuple[Checked, ...] = ()
    links: tuple[Link, ...] = ()
    required: Mapping[str, Required] = field(default_factory=dict)
    failure: str = ""
    notes: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    summary: Mapping[str, int] = field(default_factory=dict)
    exit_code: int = -1
    more: bool = False

    @property
    def first_wrong(self) -> int | None:
        """The index of the first wrong link."""
        return next((i for i, link in enumerate(self.links) if link.verdict == "wrong"), None)

    def __post_init__(self) -> None:
        if not self.summary:
            sums = {verdict: sum(link.verdict == verdict for link in self.links) for verdict in VERDICTS}
            object.__setattr__(self, "summary", sums)
        if self.exit_code < 0:
            object.__setattr__(self, "exit_code", self._code())

    def _code(self) -> int:
        if self.failure:
            return 2
        states = self.required.values()
        if self.summary["wrong"] or "wrong" in states or "missing" in states:
            return 1
        return 3 if self.summary["not_read"] or self.summary["not_decided"] or "needs_human" in states else 0


@dataclass(frozen=True, eq=False)
class Outcome:
    """All files of a run.

    In a notebook it shows itself as the HTML report; printed, as the text report.

    Args:
        files: in the order given.
        hints: how much a report tells, 0 to 3.
        allowed: up to where the staff's file lets anybody ask; reports offer no higher level.
    """

    files: tuple[FileOutcome, ...]
    hints: int = 2
    allowed: int = 3

    @property
    def exit_code(self) -> int:
        """The worst of the files, in the order 2, 1, 3, 0."""
        codes = {each.exit_code for each in self.files}
        return next((code for code in _WORST_FIRST if code in codes), 0)

    @property
    def ok(self) -> bool:
        """Whether everything was read and is right."""
        return self.exit_code == 0

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of all files."""
        return tuple(link for each in self.files for link in each.links)

    @property
    def first_wrong(self) -> Link | None:
        """The first wrong link of all."""
        return next((link for link in self.links if link.verdict == "wrong"), None)

    def report(self, format: str = "text", *, hints: int | None = None) -> str:
        """The report as text, json, html or md.

        Args:
            format: "text", "json", "html" or "md".
            hints: 0 right or wrong, 1 where, 2 which rule, 3 the answer; by default the own level.

        Raises:
            GradvizError: no such format or level.
        """
        from gradviz.check.report import report

        return report(self, format, self.hints if hints is None else hints)

    def __str__(self) -> str:
        return self.report("text")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """IPython's MIME bundle: the HTML report as a part of the page, and the text report."""
        from gradviz.check.report import fragment

        wanted = [kind for kind in ("text/html", "text/plain") if not include or kind in include]
        wanted = [kind for kind in wanted if kind not in (exclude or ())]
        return {kind: fragment(self) if kind == "text/html" else self.report("text") for kind in wanted}
