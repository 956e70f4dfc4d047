"""The report as Markdown, for a pull request or a learning platform; the student's words stand in code, escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link
from gradviz.check.reports.text import title, underlined
from gradviz.check.reports.wording import (
    SIGNS,
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

#: What means something anywhere, what does at the start of a line, and what makes an address.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&]|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=www)\.|:(?=//))")
_RUN = re.compile("`+")
_FORMULAS = ("read as", "right is")


def as_md(files: Sequence[FileOutcome], hints: int) -> str:
    """The files as Markdown.

    >>> print(as_md([FileOutcome("a_b.txt", failure="this is a PDF")], 2))
    ## a\\_b.txt: ! could not be read
    <BLANKLINE>
    this is a PDF
    <BLANKLINE>
    """
    blocks: list[str] = []
    if len(files) > 1:
        blocks += [f"# {overview(files)}", "\n".join(_table(files))]
    for each in files:
        blocks += _file(each, hints)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text in which nothing is Markdown, not even an address.

    >>> print(escaped("<b> a*b_c http://x"))
    \\<b\\> a\\*b\\_c http\\://x
    """
    return _SPECIAL.sub(r"\\\1", text)


def code(text: str) -> str:
    """Text as a code span, whatever backticks it holds.

    >>> print(code("a*b"), code("``"))
    `a*b` ``` `` ```
    """
    fence = "`" * _longest(text)
    space = " " if "`" in text or text[:1] == text[-1:] == " " else ""
    return f"{fence}{space}{text}{space}{fence}" if text.strip() else escaped(text)


def fenced(lines: Sequence[str]) -> str:
    """Lines as a block of code that none of them can end.

    >>> print(fenced(["a", "```"]))
    ````text
    a
    ```
    ````
    """
    fence = "`" * max(3, _longest("\n".join(lines)))
    return "\n".join([f"{fence}text", *lines, fence])


def _longest(text: str) -> int:
    """One backtick more than stand side by side anywhere."""
    return max((len(run) for run in _RUN.findall(text)), default=0) + 1


def _table(files: Sequence[FileOutcome]) -> Iterator[str]:
    counts = [verdict for verdict in VERDICTS if any(each.summary[verdict] for each in files)]
    misses = any(missed(each) for each in files)
    head = ("file", "verdict", *map(verdict_word, counts), *(["missing"] if misses else []))
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- | ---" + " | ---:" * (len(head) - 2) + " |"
    for each in files:
        sums = [str(each.summary[verdict]) for verdict in counts] + ([str(missed(each))] if misses else [])
        yield "| " + " | ".join([escaped(each.file), f"{sign(each)} {standing(each)}", *sums]) + " |"


def _file(each: FileOutcome, hints: int) -> Iterator[str]:
    yield f"## {escaped(each.file)}: {sign(each)} {heading(each)}"
    if each.failure:
        yield escaped(each.failure)
        return
    for problem in each.problems:
        yield escaped(opening(problem, each))
        if problem.apart:
            yield apart(problem)
    yield from (f"note: {escaped(note)}" for note in each.notes)
    yield asked_counts(each)
    states = [f"- {escaped(name)}: {state}" for name, state in state_items(each.required)]
    if states:
        yield "\n".join(states)
    problems = {problem.id: problem for problem in each.problems}
    for link in each.links:
        if worth_telling(link):
            yield from _link(each.file, link, problems.get(link.problem), hints)


def _link(file: str, link: Link, problem: Checked | None, hints: int) -> Iterator[str]:
    yield f"### {escaped(place(file, link.spot))}: {SIGNS[link.verdict]} {title(link)}: {escaped(message(link))}"
    yield fenced(underlined(link.spot))
    told = []
    for label, text in details(link, known=hints >= 2):
        shown = code(text) if label in _FORMULAS else escaped(text)
        told.append(f"- {label}: {shown}" if label else f"- {shown}")
    if link.verdict == "wrong" and problem is not None and (line := command(link, problem)):
        told.append(f"- see the gate: {code(line)}")
    if told:
        yield "\n".join(told)
