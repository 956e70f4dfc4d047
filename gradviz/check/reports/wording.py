"""The words that all formats share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link, Spot, Verdict
from gradviz.graph import Graph
from gradviz.misconceptions.catalogue import MISCONCEPTIONS

_WORDS: dict[Verdict, str] = {
    "ok": "ok",
    "wrong": "wrong",
    "follows": "follows",
    "not_read": "not read",
    "not_decided": "not decided",
}
#: A sign for every verdict, so that nobody has to tell colours apart.
SIGNS: dict[Verdict, str] = {"ok": "✓", "wrong": "✗", "follows": "↳", "not_read": "?", "not_decided": "≟"}
#: What each verdict means.
MEANINGS: dict[Verdict, str] = {
    "ok": "right",
    "wrong": "the two sides differ",
    "follows": "right, given an earlier error",
    "not_read": "not understood; never counts against anybody",
    "not_decided": "neither shown right nor wrong",
}
#: From what needs the eye most to what needs it least.
WORST_FIRST: tuple[Verdict, ...] = ("wrong", "follows", "not_decided", "not_read", "ok")

#: Notes that go without saying where a line is right.
_ROUTINE = (
    "holds at the given inputs, not as a formula",
    "equal as far as the decimals go",
    "∂ is read as the total derivative, over all paths",
    "read as an update, not as an equation",
    "right with the numbers that were rounded before",
)
#: Readings that nobody doubts: a product of names, a decimal comma, a point that is the given one.
_PLAIN_READING = re.compile(
    r"\w+ is read as (?:\w+(?:\*\w+)+|d\w+/d\w+)|[0-9]+,[0-9]+ is read as [0-9.]+|read at .*, as given"
)
_NUMBER = re.compile(r"[-+−]?[0-9]*[.,]?[0-9]*(?:e[-+−]?[0-9]+)?", re.IGNORECASE)
_UNSAFE = '"$`\\!'
_MOST_SOURCE = 300  # characters of a source that still make a command to paste
_RELATION = re.compile(" [=≈←] ")
_BARE = re.compile(r"[\w.=+-]+")  # a word that no shell looks into


def verdict_word(verdict: Verdict) -> str:
    """The verdict as people say it."""
    return _WORDS[verdict]


def worst(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The verdict that a line with several links shows."""
    return next((verdict for verdict in WORST_FIRST if verdict in verdicts), None)


def heading(each: FileOutcome) -> str:
    """The verdict on a file in a few words."""
    if each.failure:
        return "could not be read"
    if each.exit_code == 2:
        return "could not be understood"
    if each.exit_code == 1:
        return "wrong" if each.summary["wrong"] else "incomplete"
    return "all right" if each.exit_code == 0 else "nothing wrong found, but not all of it was read or decided"


def standing(each: FileOutcome) -> str:
    """The verdict on a file as a table shows it: a word or two."""
    return "not all read" if each.exit_code == 3 else heading(each)


def sign(each: FileOutcome) -> str:
    """The sign of a file's verdict."""
    return {0: SIGNS["ok"], 1: SIGNS["wrong"], 3: SIGNS["not_read"]}.get(each.exit_code, "!")


def overview(files: Sequence[FileOutcome]) -> str:
    """``3 files: 1 wrong, 2 all right``.

    >>> overview([FileOutcome("a.txt", failure="this is a PDF"), FileOutcome("b.txt")])
    '2 files: 1 could not be read, 1 all right'
    """
    found = Counter(standing(each) for each in files)
    order = ("could not be read", "could not be understood", "wrong", "incomplete", "not all read", "all right")
    return f"{counted(len(files), 'file')}: " + ", ".join(f"{found[word]} {word}" for word in order if found[word])


def asked_counts(each: FileOutcome) -> str:
    """``12 links: 10 ok, 1 wrong, 1 follows``."""
    found = each.summary
    parts = [f"{found[verdict]} {verdict_word(verdict)}" for verdict in VERDICTS if found[verdict]]
    missing = missed(each)
    parts += [f"{missing} missing"] if missing else []
    return f"{counted(sum(found.values()), 'link')}: {', '.join(parts)}" if parts else "no link"


def missed(each: FileOutcome) -> int:
    """How many of the gradients asked for are missing."""
    return sum(state == "missing" for state in each.required.values())


def required_said(state: str) -> str:
    """How a gradient that is asked for stands, in words."""
    return {
        "ok": "ok",
        "wrong": "wrong",
        "follows": "follows from an earlier error",
        "missing": "missing: it is asked for, and no line that was read states it",
        "needs_human": "needs a human: what is said of it, if anything, was not read, decided or carried through",
    }[state]


def counted(number: int, word: str) -> str:
    """``1 link``, ``2 links``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def opening(problem: Checked, each: FileOutcome) -> str:
    """``read 38 of 40 statements, checked against f = … from FILE``."""
    named = f"problem {problem.id}: " if len(each.problems) > 1 else ""
    if not problem.of and problem.function and named and not problem.apart:
        return f"{named}no statement was found about {problem.function}"
    read = f"{named}read {problem.read} of {counted(problem.of, 'statement')}"
    if not problem.function:
        return f"{read}; there is nothing to check them against"
    values = ", ".join(f"{name} = {value:.10g}" for name, value in problem.inputs.items())
    at = f" at {values}" if values else ""
    return f"{read}, checked against {problem.function}{at} from {problem.origin or each.file}"


def apart(problem: Checked) -> str:
    """What is said of lines that are no business of ours; "" where there are none."""
    if not problem.apart:
        return ""
    return f"{counted(problem.apart, 'line')} of matrix calculus {'is' if problem.apart == 1 else 'are'} not checked"


def place(file: str, spot: Spot) -> str:
    """``hw.txt:3:5``; in a notebook ``hw.ipynb:cell 2:3:5``."""
    cell = f"cell {spot.cell}:" if spot.cell is not None else ""
    return f"{file}:{cell}{spot.line}:{spot.column}"


def worth_telling(link: Link) -> bool:
    """Whether a report speaks of the link: all but plainly right ones."""
    return link.verdict != "ok" or not all(map(_routine, link.notes))


def _routine(note: str) -> bool:
    """Whether a note on a right line tells nobody anything."""
    return note in _ROUTINE or _PLAIN_READING.fullmatch(note) is not None


def message(link: Link) -> str:
    """The first sentence about a link."""
    return link.message or ("the two sides agree" if link.verdict == "ok" else MEANINGS[link.verdict])


def details(link: Link, *, known: bool = False) -> Iterator[tuple[str, str]]:
    """What else there is to say about a link: pairs of a label, which may be empty, and a text.

    Args:
        link: what may be told of it.
        known: whether rules may be told, so that the absence of one says something.
    """
    if link.read_as and link.verdict != "not_read":
        yield "read as", link.read_as
    if link.rule:
        yield "", link.rule
    names = [f"{MISCONCEPTIONS[each].name} ({each})" for each in link.misconceptions]
    if len(names) > 1:
        yield "it may be one of", ", ".join(names)
    elif names:
        yield "misconception", names[0]
    elif link.verdict == "wrong" and known and not link.rule:
        yield "", "reason unknown: no rule that is known here gives this"
    if link.witness is not None and (values := _witness(link)):
        yield "", values
    if link.expected is not None:
        yield "right is", link.expected
    for note in link.notes:
        if link.verdict != "ok" or not _routine(note):
            yield "note", note


def said(link: Link, *, known: bool = False) -> Iterator[str]:
    """All there is to say about a link, a sentence each; the message comes first."""
    yield message(link)
    for label, text in details(link, known=known):
        yield f"{label}: {text}" if label else text


def _witness(link: Link) -> str:
    found = link.witness
    assert found is not None
    at = ", ".join(f"{name} = {value:.10g}" for name, value in found.point.items())
    left, right = _readable(link)
    sides = [(text, value) for text, value in ((left, found.left), (right, found.right)) if value is not None]
    sides = [(text, value) for text, value in sides if not _NUMBER.fullmatch(text)]  # nobody has to be told that 4 is 4
    if not sides:
        return ""
    shown = _apart_enough([value for _, value in sides])
    values = " and ".join(f"{text} is {number}" for (text, _), number in zip(sides, shown, strict=True))
    return f"{f'at {at}' if at else 'as a number'}: {values}"


def _readable(link: Link) -> tuple[str, str]:
    """The two sides as typed; where that is LaTeX, as they were read."""
    read = _RELATION.split(link.read_as)
    if len(read) == 2 and "\\" in link.left + link.right:
        return read[0], read[1]
    return link.left, link.right


def _apart_enough(values: Sequence[float]) -> list[str]:
    """Numbers as short as still shows that they differ."""
    shown = [f"{value:.10g}" for value in values]
    for digits in (6, 8):
        short = [f"{value:.{digits}g}" for value in values]
        if len({*short}) == len({*values}):
            return short
    return shown if len({*shown}) == len({*values}) else [f"{value:.17g}" for value in values]


def command(link: Link, problem: Checked) -> str | None:
    """The line that shows the gate in question, ready to paste; None where the source is too long for it."""
    if problem.source is None or link.gate is None:
        return None
    source = "; ".join(line.strip() for line in problem.source.splitlines() if line.strip())
    if len(source) > _MOST_SOURCE or set(source + link.gate + "".join(problem.inputs)) & set(_UNSAFE):
        return None
    if problem.graph is not None and problem.graph.missing:
        values = ["--random"]
    else:
        used = _used(problem.graph)
        values = [
            _quoted(f"{name}={value:.10g}") for name, value in problem.inputs.items() if used is None or name in used
        ]
    return " ".join(["gradviz step", f'"{source}"', *values, "--at", _quoted(link.gate)])


def _used(graph: Graph | None) -> set[str] | None:
    """The names that stand on the right of something: the source knows no others."""
    if graph is None:
        return None
    return {graph.names[i] for node in range(len(graph)) for i in graph.operands(node)}


def _quoted(word: str) -> str:
    return word if _BARE.fullmatch(word) and word.isascii() else f'"{word}"'


def gradient_name(name: str) -> str:
    """``2: df/dx``, as the contract has it, for people."""
    return f"problem {name.replace(': ', ', ')}" if ": " in name else name


def state_items(states: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The gradients asked for that are not plainly ok, with what is said of them.

    >>> list(state_items({"1: df/dx": "ok", "2: df/dx": "wrong", "2: df/dy": "wrong"}))
    [('problem 2, df/dx, df/dy', 'wrong')]
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name, state in states.items():
        problem, _, gradient = name.rpartition(": ")
        if state != "ok":
            found.setdefault((problem, state), []).append(gradient)
    for (problem, state), gradients in found.items():
        yield f"problem {problem}, {', '.join(gradients)}" if problem else ", ".join(gradients), required_said(state)
