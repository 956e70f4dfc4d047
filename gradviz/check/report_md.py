"""The report as Markdown, for a pull request or a learning platform; the student's words stand in code, escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link
from gradviz.check.report_text import opening, place, underlined
from gradviz.check.wording import asked_counts, command, counted, heading, said, verdict_word, worth_telling

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")


def as_md(files: Sequence[FileOutcome], hints: int) -> str:
    """The files as Markdown.

    >>> print(as_md([FileOutcome("a_b.txt", failure="this is a PDF")], 2))
    ## a\\_b.txt: could not be read
    <BLANKLINE>
    this is a PDF
    <BLANKLINE>
    """
    blocks: list[str] = []
    if len(files) > 1:
        blocks.append("\n".join(_table(files)))
    for each in files:
        blocks += _file(each, hints)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text in which nothing is Markdown.

    >>> print(escaped("<b> a*b_c"))
    \\<b\\> a\\*b\\_c
    """
    return _SPECIAL.sub(r"\\\1", text)


def _table(files: Sequence[FileOutcome]) -> Iterator[str]:
    head = ("file", "verdict", *map(verdict_word, VERDICTS))
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for each in files:
        cells = (escaped(each.file), heading(each), *(str(each.summary[verdict]) for verdict in VERDICTS))
        yield "| " + " | ".join(cells) + " |"


def _file(each: FileOutcome, hints: int) -> Iterator[str]:
    yield f"## {escaped(each.file)}: {heading(each)}"
    if each.failure:
        yield escaped(each.failure)
        return
    for problem in each.problems:
        yield escaped(opening(problem, each))
        if problem.apart:
            yield f"{counted(problem.apart, 'line')} of matrix calculus, which is not checked here"
    yield from (f"note: {escaped(note)}" for note in each.notes)
    problems = {problem.id: problem for problem in each.problems}
    for link in each.links:
        if worth_telling(link):
            yield from _link(each.file, link, problems.get(link.problem), hints)
    states = [f"- {escaped(name)}: {state.replace('_', ' ')}" for name, state in each.required.items() if state != "ok"]
    if states:
        yield "\n".join(states)
    yield escaped(asked_counts(each))


def _link(file: str, link: Link, problem: Checked | None, hints: int) -> Iterator[str]:
    first, *more = said(link, known=hints >= 2)
    word = "note" if link.verdict == "ok" else verdict_word(link.verdict)
    yield f"### {escaped(place(file, link.spot))}: {word}: {escaped(first)}"
    yield "\n".join("    " + line for line in underlined(link.spot))
    if more:
        yield "\n".join(f"- {escaped(text)}" for text in more)
    if link.verdict == "wrong" and problem is not None and (shown := command(link, problem)):
        yield f"    {shown}"
