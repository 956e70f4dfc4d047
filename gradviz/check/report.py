"""What a report may tell: everything above the hint level is taken out here, before any format sees it.

So what is left out is in no byte of any format. Level 0 says right or wrong, 1 where, 2 which rule, 3 the answer.
"""

from __future__ import annotations

from dataclasses import replace

from gradviz.check.outcome import FileOutcome, Link, Outcome, Witness
from gradviz.errors import GradvizError, did_you_mean

FORMATS = ("text", "json", "html", "md")
LEVELS = range(4)


def report(outcome: Outcome, format: str = "text", hints: int = 2) -> str:
    """The report in one of the formats.

    Args:
        outcome: what was found.
        format: one of ``FORMATS``.
        hints: one of ``LEVELS``.

    Raises:
        GradvizError: no such format or level.

    >>> report(Outcome(()), "json")
    '{"files": []}\\n'
    """
    if format not in FORMATS:
        raise GradvizError(
            f"there is no report as {format!r}",
            expected="one of " + ", ".join(FORMATS),
            hint=did_you_mean(format, list(FORMATS)),
        )
    known_level(hints)
    if format == "json":
        from gradviz.check.reports.as_json import as_json

        return as_json(tuple(told(each, hints) for each in outcome.files))
    shown = visible(outcome, hints)
    if format == "html":
        from gradviz.check.reports.html import as_html

        return as_html(shown, hints)
    if format == "md":
        from gradviz.check.reports.markdown import as_md

        return as_md(shown, hints)
    from gradviz.check.reports.text import as_text

    return as_text(shown, hints)


def fragment(outcome: Outcome) -> str:
    """The HTML report as a part of a page, for a notebook, at the outcome's own level.

    >>> fragment(Outcome(()))[:5]
    '<div '
    """
    from gradviz.check.reports.html import as_fragment

    known_level(outcome.hints)
    return as_fragment(visible(outcome), outcome.hints)


def known_level(hints: int) -> None:
    """Refuse a level that there is not.

    Raises:
        GradvizError: it is none of ``LEVELS``.
    """
    if hints not in LEVELS:
        raise GradvizError(
            f"hints cannot be {hints!r}", expected="0 right or wrong, 1 where, 2 which rule, 3 the answer"
        )


def visible(outcome: Outcome, hints: int | None = None) -> tuple[FileOutcome, ...]:
    """What people may see of the files, in characters that do no harm."""
    level = outcome.hints if hints is None else hints
    return tuple(clean(told(each, level, outcome.allowed)) for each in outcome.files)


def clean(outcome: FileOutcome) -> FileOutcome:
    """The outcome without what could move a cursor or turn the writing round; every place stays where it is."""
    known: dict[str, str] = {}  # thousands of links may stand in one long line

    def plain(text: str) -> str:
        if text not in known:
            known[text] = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
        return known[text]

    def cleaned(link: Link) -> Link:
        return replace(
            link,
            problem=plain(link.problem),
            spot=replace(link.spot, text=plain(link.spot.text)),
            left=plain(link.left),
            right=plain(link.right),
            read_as=plain(link.read_as),
            message=plain(link.message),
            notes=tuple(plain(note) for note in link.notes),
        )

    return replace(
        outcome,
        file=plain(outcome.file),
        failure=plain(outcome.failure),
        notes=tuple(plain(note) for note in outcome.notes),
        problems=tuple(replace(each, id=plain(each.id), function=plain(each.function)) for each in outcome.problems),
        links=tuple(cleaned(link) for link in outcome.links),
        required={plain(name): state for name, state in outcome.required.items()},
        sheets=tuple(replace(sheet, text=_plain_lines(sheet.text)) for sheet in outcome.sheets),
    )


def _plain_lines(text: str) -> str:
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def told(outcome: FileOutcome, hints: int, allowed: int = 3) -> FileOutcome:
    """The file's outcome with what lies above the hint level taken out.

    Level 0 keeps no link but those that were not read or not decided, which are nobody's mistake, and what is asked
    for; the sums and the exit code stay those of the whole.
    """
    if hints >= 3:
        return outcome
    links = _kept(outcome.links, hints)
    faults = tuple(link for link in outcome.links if link.verdict in ("wrong", "follows"))
    more = hints < allowed and _kept(faults, hints) != _kept(faults, hints + 1)
    return replace(outcome, links=links, summary=outcome.summary, exit_code=outcome.exit_code, more=more)


def _kept(links: tuple[Link, ...], hints: int) -> tuple[Link, ...]:
    """What a level leaves of the links; right ones are no hint."""
    if hints >= 3:
        return links
    if hints == 0:
        return tuple(_bare(link) for link in links if link.verdict in ("not_read", "not_decided"))
    return tuple(_lowered(link, hints) for link in links)


def _bare(link: Link) -> Link:
    return replace(link, expected=None, witness=None, misconceptions=(), rule="", gate=None)


def _lowered(link: Link, hints: int) -> Link:
    if hints < 2:
        return _bare(link)
    witness = link.witness and Witness(link.witness.point, None, link.witness.right)
    return replace(link, expected=None, witness=witness)
