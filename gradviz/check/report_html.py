"""The report as one self-contained page: verdicts beside the lines, and the graph with the first wrong gate marked.

Every word of the student is escaped; nothing is loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from gradviz.check.outcome import VERDICTS, Checked, FileOutcome, Link
from gradviz.check.report_text import opening
from gradviz.check.wording import asked_counts, command, counted, heading, said, verdict_word, worth_telling
from gradviz.errors import EnvironmentFailure
from gradviz.gates import INPUT

_MOST_DRAWN = 150  # nodes; a larger picture tells nobody where to look

_STYLE = """\
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
code,pre,.line{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;
border-top:1px solid #d0d7de}.line{white-space:pre-wrap;overflow-wrap:anywhere}.at{color:#59636e;white-space:nowrap}
mark{background:none;color:inherit;text-decoration:underline;text-decoration-thickness:2px}
.wrong mark{text-decoration-color:#b3261e;background:#fdecea}.follows mark{text-decoration-color:#9a6700}
.verdict{font-weight:600;white-space:nowrap}.ok .verdict{color:#1a7f37}.wrong .verdict{color:#b3261e}
.follows .verdict{color:#9a6700}.not_read .verdict,.not_decided .verdict{color:#0550ae}p{margin:.2rem 0}
svg{max-width:100%;height:auto}.first-wrong ellipse,.first-wrong polygon,.first-wrong path
{stroke:#b3261e;stroke-width:3}
"""


def as_html(files: Sequence[FileOutcome], hints: int) -> str:
    """The files as a page.

    Args:
        files: what may be told.
        hints: the level; the numbers of the picture belong to level 3.

    >>> "&lt;b&gt;.txt" in as_html([FileOutcome("<b>.txt", failure="this is a PDF")], 2)
    True
    """
    body = "\n".join(_body(files, hints))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>gradviz check</title>\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(files: Sequence[FileOutcome], hints: int) -> Iterator[str]:
    if len(files) > 1:
        head = "".join(f"<th>{word}</th>" for word in ("file", "verdict", *map(verdict_word, VERDICTS)))
        yield f"<table><tr>{head}</tr>"
        for at, each in enumerate(files, 1):
            sums = "".join(f"<td>{each.summary[verdict]}</td>" for verdict in VERDICTS)
            yield f'<tr><td><a href="#file-{at}">{escape(each.file)}</a></td><td>{heading(each)}</td>{sums}</tr>'
        yield "</table>"
    for at, each in enumerate(files, 1):
        yield f'<section id="file-{at}"><h1>{escape(each.file)}: {heading(each)}</h1>'
        yield from _file(each, hints, at)
        yield "</section>"


def _file(each: FileOutcome, hints: int, at: int) -> Iterator[str]:
    if each.failure:
        yield f"<p>{escape(each.failure)}</p>"
        return
    yield f"<p>{escape(asked_counts(each))}</p>"
    yield from (f"<p>note: {escape(note)}</p>" for note in each.notes)
    states = {name: state for name, state in each.required.items() if state != "ok"}
    yield from (f"<p>{escape(name)}: {state.replace('_', ' ')}</p>" for name, state in states.items())
    first = each.first_wrong
    for number, problem in enumerate(each.problems, 1):
        yield f"<h2>{escape(opening(problem, each))}</h2>"
        if problem.apart:
            yield f"<p>{counted(problem.apart, 'line')} of matrix calculus, which is not checked here</p>"
        blamed = each.links[first].gate if first is not None and each.links[first].problem == problem.id else None
        yield from _picture(problem, blamed, hints, f"f{at}p{number}-")
        links = [link for link in each.links if link.problem == problem.id]
        if links:
            yield "<table><tr><th>line</th><th>written</th><th>verdict</th></tr>"
            for _, row in groupby(links, key=lambda link: (link.spot.cell, link.spot.line)):
                yield from _row(list(row), problem, hints)
            yield "</table>"


def _row(links: list[Link], problem: Checked, hints: int) -> Iterator[str]:
    for link in links:
        spot = link.spot
        at, end = spot.column - 1, spot.column - 1 + spot.width
        line = f"{escape(spot.text[:at])}<mark>{escape(spot.text[at:end])}</mark>{escape(spot.text[end:])}"
        where = f"cell {spot.cell}, {spot.line}" if spot.cell is not None else str(spot.line)
        told = "".join(f"<p>{escape(text)}</p>" for text in said(link, known=hints >= 2)) if worth_telling(link) else ""
        if link.verdict == "wrong" and (shown := command(link, problem)):
            told += f"<p>see the gate: <code>{escape(shown)}</code></p>"
        verdict = f'<span class="verdict">{verdict_word(link.verdict)}</span>'
        yield (
            f'<tr class="{link.verdict}"><td class="at">{where}:{spot.column}</td>'
            f'<td class="line">{line}</td><td>{verdict}{told}</td></tr>'
        )


def _picture(problem: Checked, blamed: str | None, hints: int, prefix: str) -> Iterator[str]:
    """The graph; its numbers are answers, so that they are drawn at level 3 alone."""
    graph = problem.graph
    if graph is None or len(graph) > _MOST_DRAWN or not len(graph):
        return
    if hints < 3 or graph.missing:
        bare = (None if row is INPUT else number for row, number in zip(graph.gates, graph.data, strict=True))
        graph = replace(graph, data=tuple(bare))
    shown = graph.draw()
    try:
        svg = shown.render("svg").decode()
    except EnvironmentFailure:  # without Graphviz the terminal's picture has to do
        yield f"<pre>{escape(shown.painting(100)[0].text())}</pre>"
        return
    svg = svg[svg.index("<svg") :]
    if blamed is not None:
        marked = escape(f'<g id="node-{blamed}"', quote=False).replace("&lt;", "<")
        svg = svg.replace(marked, marked + ' class="first-wrong"')
    yield svg.replace(' id="', f' id="{prefix}')
