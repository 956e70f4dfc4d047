"""The words that all formats share."""

from __future__ import annotations

from collections.abc import Iterator

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link, Verdict
from gradviz.misconceptions.catalogue import MISCONCEPTIONS

_WORDS: dict[Verdict, str] = {
    "ok": "ok",
    "wrong": "wrong",
    "follows": "follows",
    "not_read": "not read",
    "not_decided": "not decided",
}
#: Notes that go without saying where a line is right.
_ROUTINE = (
    "holds at the given inputs, not as a formula",
    "equal as far as the decimals go",
    "∂ is read as the total derivative, over all paths",
    "read as an update, not as an equation",
)
_UNSAFE = '"$`\\!'
_MOST_SOURCE = 300  # characters of a source that still make a command to paste


def verdict_word(verdict: Verdict) -> str:
    """The verdict as people say it."""
    return _WORDS[verdict]


def heading(each: FileOutcome) -> str:
    """The verdict on a file in a few words."""
    if each.failure:
        return "could not be read"
    if each.exit_code == 1:
        return "wrong" if each.summary["wrong"] else "incomplete"
    return "all right" if each.exit_code == 0 else "nothing wrong found, but not all of it was read or decided"


def asked_counts(each: FileOutcome) -> str:
    """``12 links: 10 ok, 1 wrong, 1 follows``."""
    found = each.summary
    parts = [f"{found[verdict]} {verdict_word(verdict)}" for verdict in VERDICTS if found[verdict]]
    missing = sum(state == "missing" for state in each.required.values())
    parts += [f"{missing} missing"] if missing else []
    return f"{counted(sum(found.values()), 'link')}: {', '.join(parts)}" if parts else "no link"


def counted(number: int, word: str) -> str:
    """``1 link``, ``2 links``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def worth_telling(link: Link) -> bool:
    """Whether a report speaks of the link: all but plainly right ones."""
    return link.verdict != "ok" or any(note not in _ROUTINE for note in link.notes)


def said(link: Link, *, known: bool = False) -> Iterator[str]:
    """What there is to say about a link, a sentence each; the message comes first.

    Args:
        link: what may be told of it.
        known: whether rules may be told, so that the absence of one says something.
    """
    yield link.message or ("the two sides agree" if link.verdict == "ok" else verdict_word(link.verdict))
    if link.read_as and link.verdict != "not_read":
        yield f"read as: {link.read_as}"
    if link.rule:
        yield link.rule
    if len(link.misconceptions) > 1:
        names = ", ".join(f"{MISCONCEPTIONS[each].name} ({each})" for each in link.misconceptions)
        yield f"it may be one of: {names}"
    elif link.misconceptions:
        [each] = link.misconceptions
        yield f"misconception: {MISCONCEPTIONS[each].name} ({each})"
    elif link.verdict == "wrong" and known:
        yield "reason unknown: no rule that is known here gives this"
    if link.witness is not None:
        yield _witness(link)
    if link.expected is not None:
        yield f"right is: {link.expected}"
    for note in link.notes:
        if link.verdict != "ok" or note not in _ROUTINE:
            yield f"note: {note}"


def _witness(link: Link) -> str:
    found = link.witness
    assert found is not None
    at = ", ".join(f"{name} = {value:.10g}" for name, value in found.point.items())
    sides = ((link.left, found.left), (link.right, found.right))
    values = " and ".join(f"{text} is {value:.10g}" for text, value in sides if value is not None)
    return f"{'at ' + at + ': ' if at else 'as a number: '}{values}"


def command(link: Link, problem: Checked) -> str | None:
    """The line that shows the gate in question, ready to paste; None where the source is too long for it."""
    if problem.source is None or link.gate is None:
        return None
    source = "; ".join(line.strip() for line in problem.source.splitlines() if line.strip())
    if len(source) > _MOST_SOURCE or set(source) & set(_UNSAFE):
        return None
    gate = link.gate if link.gate.isidentifier() else f'"{link.gate}"'
    words = [f'"{source}"', *(f"{name}={value:.10g}" for name, value in problem.inputs.items())]
    if problem.graph is not None and problem.graph.missing:
        words = [words[0], "--random"]
    return f"gradviz step {' '.join(words)} --at {gate}"
