"""The report as one self-contained page: the whole text with the verdicts beside its lines, and the graph with the
first wrong gate ringed.

Every word of the student is escaped; nothing is loaded from anywhere, and nothing runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from zlib import crc32

from gradviz.check.outcome import VERDICTS, FileOutcome, Link, Verdict
from gradviz.check.reader.sheet import Sheet
from gradviz.check.reports.picture import Pictures, is_ringed
from gradviz.check.reports.rows import Budget, Gap, Row, by_place, rows
from gradviz.check.reports.style import style
from gradviz.check.reports.wording import (
    MEANINGS,
    SIGNS,
    apart,
    asked_counts,
    command,
    counted,
    details,
    gradient_name,
    heading,
    message,
    missed,
    opening,
    overview,
    required_said,
    sign,
    standing,
    verdict_word,
    worth_telling,
)

_HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:">
"""
_MOST_LISTED = 40  # findings listed on top; the text below shows more


def as_html(files: Sequence[FileOutcome], hints: int) -> str:
    """The files as a page.

    Args:
        files: what may be told.
        hints: the level; the numbers of the picture belong to level 3.

    >>> "&lt;b&gt;.txt" in as_html([FileOutcome("<b>.txt", failure="this is a PDF")], 2)
    True
    """
    title = f"{files[0].file}: {heading(files[0])}" if len(files) == 1 else overview(files)
    body = "\n".join(_body(files, hints, ""))
    return (
        f"{_HEAD}<title>{escape(title)} - gradviz check</title>\n<style>\n{style(page=True)}</style>\n</head>\n"
        f'<body class="gradviz-check">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def as_fragment(files: Sequence[FileOutcome], hints: int) -> str:
    """The same as a part of a page, for a notebook: its rules and ids are its own.

    >>> as_fragment([FileOutcome("a.txt", failure="this is a PDF")], 2)[:34]
    '<div class="gradviz-check"><style>'
    """
    key = repr([(each.file, each.failure, each.links, [sheet.text for sheet in each.sheets]) for each in files])
    prefix = f"c{crc32(f'{hints}{key}'.encode(errors='replace')):08x}"
    body = "\n".join(_body(files, hints, f"{prefix}-"))
    return f'<div class="gradviz-check"><style>\n{style(page=False)}</style>\n{body}\n</div>\n'


def _body(files: Sequence[FileOutcome], hints: int, prefix: str) -> Iterator[str]:
    pictures = Pictures(hints)
    if len(files) > 1:
        yield f"<h1>{escape(overview(files))}</h1>"
        yield from _index(files, prefix)
    for at, each in enumerate(files, 1):
        yield from Part(each, hints, f"{prefix}f{at}", pictures, alone=len(files) == 1).html()


def _index(files: Sequence[FileOutcome], prefix: str) -> Iterator[str]:
    counts = [verdict for verdict in VERDICTS if any(each.summary[verdict] for each in files)]
    misses = any(missed(each) for each in files)
    head = ["file", "verdict", *map(verdict_word, counts), *(["missing"] if misses else [])]
    yield f'<div id="{prefix}index" class="wide" role="region" aria-label="all files" tabindex="0">'
    yield "<table><thead><tr>"
    yield "".join(f'<th scope="col">{word}</th>' for word in head) + "</tr></thead><tbody>"
    for at, each in enumerate(files, 1):
        name = escape(each.file).replace("/", "/<wbr>")
        cells = "".join(f"<td>{each.summary[verdict]}</td>" for verdict in counts)
        cells += f"<td>{missed(each)}</td>" if misses else ""
        yield (
            f'<tr><th scope="row"><a href="#{prefix}f{at}">{name}</a></th>'
            f'<td class="{_tone(each)}">{_is(sign(each), standing(each))}</td>{cells}</tr>'
        )
    yield "</tbody></table></div>"


def _is(sign: str, word: str) -> str:
    return f'<span class="is"><span aria-hidden="true">{sign}</span> {word}</span>'


def _tone(each: FileOutcome) -> str:
    return {0: "ok", 1: "wrong", 2: "wrong", 3: "not_read"}[each.exit_code]


def _verdict(verdict: Verdict) -> str:
    return _is(SIGNS[verdict], verdict_word(verdict))


@dataclass(frozen=True)
class Part:
    """What the page says about one file.

    Args:
        each: the file's outcome.
        hints: the level.
        id: what the ids of this part begin with.
        pictures: those of the page.
        alone: whether there is no other file.
    """

    each: FileOutcome
    hints: int
    id: str
    pictures: Pictures
    alone: bool

    def html(self) -> Iterator[str]:
        """The part, line by line."""
        each, top = self.each, "h1" if self.alone else "h2"
        yield f'<section id="{self.id}" aria-labelledby="{self.id}-title">'
        yield (
            f'<{top} id="{self.id}-title" class="{_tone(each)}">{escape(each.file)}: '
            f"{_is(sign(each), heading(each))}</{top}>"
        )
        if each.failure:
            yield f"<p>{escape(each.failure)}</p>"
        else:
            yield from self._summary()
            yield from self._problems()
            yield from self._text()
        if not self.alone:
            yield f'<p><a href="#{self.id.rpartition("f")[0]}index">all files</a></p>'
        yield "</section>"

    def _summary(self) -> Iterator[str]:
        each = self.each
        for problem in each.problems:
            yield f"<p>{escape(opening(problem, each))}</p>"
            if problem.apart:
                yield f"<p>{apart(problem)}</p>"
        yield f"<p>{escape(asked_counts(each))}</p>"
        yield from (f'<p class="soft">{escape(note)}</p>' for note in each.notes)
        if each.required:
            yield f'<{self._sub}>Asked for</{self._sub}><ul class="findings">'
            for name, state in each.required.items():
                tone: Verdict = {"missing": "wrong", "needs_human": "not_read"}.get(state, state)  # type: ignore[assignment]
                yield f'<li class="{tone}">{_is(SIGNS[tone], escape(gradient_name(name)))} {required_said(state)}</li>'
            yield "</ul>"
        told = [(index, link) for index, link in enumerate(each.links) if worth_telling(link)]
        if told:
            yield f'<nav aria-label="findings"><{self._sub}>Findings</{self._sub}><ul class="findings">'
            for index, link in told[:_MOST_LISTED]:
                first = " (the first wrong one)" if index == each.first_wrong and len(told) > 1 else ""
                yield (
                    f'<li class="{link.verdict}">{_verdict(link.verdict)} '
                    f'<a href="#{self._finding(index)}">{_where(link)}</a>: {escape(message(link))}{first}</li>'
                )
            if len(told) > _MOST_LISTED:
                yield f'<li class="soft">and {counted(len(told) - _MOST_LISTED, "more finding")}</li>'
            yield "</ul></nav>"

    @property
    def _sub(self) -> str:
        return "h2" if self.alone else "h3"

    def _finding(self, index: int) -> str:
        return f"{self.id}-n{index + 1}"

    def _problems(self) -> Iterator[str]:
        each = self.each
        for number, problem in enumerate(each.problems, 1):
            links = [link for link in each.links if link.problem == problem.id]
            if not links and len(each.problems) > 1:
                continue
            blamed = next((link.gate for link in links if link.verdict == "wrong"), None)
            picture = self.pictures.of(problem, blamed, f"{self.id}p{number}-")
            if picture:
                named = f" of problem {problem.id}" if len(each.problems) > 1 else ""
                said = f"The graph of {problem.function.split(' = ')[0]}{named}"
                if is_ringed(picture):
                    said += "; the ring marks the gate where it first goes wrong"
                yield f"<figure>{picture}<figcaption>{escape(said)}.</figcaption></figure>"

    def _text(self) -> Iterator[str]:
        each = self.each
        found, budget = by_place(each.links), Budget()
        sheets = each.sheets or _only_lines(each.links)
        seen = {link.verdict for link in each.links}
        yield f"<{self._sub}>The text</{self._sub}>"
        if self.hints == 0:
            yield '<p class="soft">At this level no line is said to be right or wrong.</p>'
        if seen:
            yield '<ul class="key">'
            yield "".join(
                f'<li class="{verdict}">{_verdict(verdict)}: {MEANINGS[verdict]}</li>'
                for verdict in VERDICTS
                if verdict in seen
            )
            yield "</ul>"
        skipped = 0
        for sheet in sheets:
            if sheet.code:
                skipped += 1
                continue
            yield from _skipped(skipped)
            skipped = 0
            if sheet.cell is not None:
                yield f"<h3>Markdown cell {sheet.cell}</h3>" if self.alone else f"<h4>Markdown cell {sheet.cell}</h4>"
            yield '<ol class="sheet">'
            yield from self._sheet(sheet, found.get(sheet.cell, {}), budget)
            yield "</ol>"
        yield from _skipped(skipped)
        shown = sum(worth_telling(link) for link in each.links)
        if budget.findings <= 0 and shown:
            yield '<p class="soft">There are more findings than fit on a page; the text report lists all of them.</p>'

    def _sheet(self, sheet: Sheet, links: dict[int, list[tuple[int, Link]]], budget: Budget) -> Iterator[str]:
        for row in rows(sheet, links, budget):
            if isinstance(row, Gap):
                yield f'<li class="gap">… {counted(row.lines, "line")} not shown …</li>'
            else:
                yield self._row(row)

    def _row(self, row: Row) -> str:
        line = "".join(
            f'<mark class="{verdict}">{escape(text)}</mark>' if verdict else escape(text)
            for text, verdict in row.pieces
        )
        if row.cut:
            line += f'<span class="soft"> … {row.cut} more characters</span>'
        alone = len(row.findings) == 1
        told = "".join(self._details(index, self.each.links[index], alone) for index in row.findings)
        told = f'<div class="told">{told}</div>' if told else ""
        shown = _verdict(row.verdict) if row.verdict else '<span class="is"></span>'
        tone = f' class="{row.verdict}"' if row.verdict else ""
        return f'<li{tone}><span class="no">{row.number}</span>{shown}<code translate="no">{line}</code>{told}</li>'

    def _details(self, index: int, link: Link, alone: bool) -> str:
        word = _is(SIGNS["ok"], "note") if link.verdict == "ok" else _verdict(link.verdict)
        pairs = list(details(link, known=self.hints >= 2))
        lines = "".join(
            f"<dt>{label}</dt><dd>{_code(label, text)}</dd>" if label else f'<dd class="whole">{escape(text)}</dd>'
            for label, text in pairs
        )
        problem = next((problem for problem in self.each.problems if problem.id == link.problem), None)
        if link.verdict == "wrong" and problem is not None and (shown := command(link, problem)):
            lines += f'<dt>see the gate</dt><dd><code class="paste" translate="no">{escape(shown)}</code></dd>'
        head = f"{word}{'' if alone else f' column {link.spot.column}'}: {escape(message(link))}"
        state = " open" if link.verdict == "wrong" else ""
        id = self._finding(index)
        if not lines:
            return f'<div id="{id}" class="finding {link.verdict}">{head}</div>'
        tag = f'<details id="{id}" class="finding {link.verdict}"{state}>'
        return f"{tag}<summary>{head}</summary><dl>{lines}</dl></details>"


def _code(label: str, text: str) -> str:
    quoted = escape(text)
    return f'<code translate="no">{quoted}</code>' if label in ("read as", "right is") else quoted


def _where(link: Link) -> str:
    cell = f"cell {link.spot.cell}, " if link.spot.cell is not None else ""
    return f"{cell}line {link.spot.line}, column {link.spot.column}"


def _skipped(cells: int) -> Iterator[str]:
    if cells:
        said = "a code cell, not read" if cells == 1 else f"{cells} code cells, not read"
        yield f'<p class="soft">({said})</p>'


def _only_lines(links: Sequence[Link]) -> tuple[Sheet, ...]:
    """Where the text did not come along: the lines that something was found in, and empty ones between them."""
    sheets = []
    for cell, lines in by_place(links).items():
        last = max(lines)
        text = [lines[number][0][1].spot.text if number in lines else "" for number in range(1, last + 1)]
        sheets.append(Sheet("\n".join(text), cell))
    return tuple(sheets)
