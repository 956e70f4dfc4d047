"""Tables between bars -> the statements of their rows: ``| df/dx | y | 3 |`` says ``df/dx = y = 3``.

What a column says is told by its heading; a column with a heading that is not known here says nothing, so that an
upstream beside a gradient is never taken for its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from gradviz.language.source import Span

#: Where the name of the output stands in what is put between two cells.
OUTPUT = "\0"
#: Parts of one statement in order: places in the text, and what is put between them.
Parts = tuple["Span | str", ...]

_MOST = 300  # characters of a cell
_RULE = re.compile(r"[ \t|:+=-]+")
_BAR = re.compile(r"(?<!\\)\|")
_GAP = re.compile(r"(?:[ ]{2,}|[ ]*\t[ \t]*)")
_VALUE = re.compile(
    r"(?:forward )?(?:value|number|result|answer|forward|wert|zahl|ergebnis|vorwärts|valor|resultado|valeur)e?s?"
    r"|forward pass|adelante|résultats?|formula[es]?|formel|fórmula|formule|expressions?|ausdruck|symbolic|calculation"
    r"|computation|chain rule|rechnung|计算|值|数值|公式|结果",
    re.IGNORECASE,
)
_GRADIENT = re.compile(
    r"(?:total )?(?:gradient|grad|derivative|backward|gradienten|ableitung|rückwärts|gradiente|derivada|dérivée)s?"
    r"|backward pass|梯度|导数|(?:d|∂) ?\w+ ?/ ?(?:d|∂) ?(?:\(?(?:node|·|\.|v|var|\*|…|\.\.\.)\)?)",
    re.IGNORECASE,
)
_QUOTIENT = re.compile(r"(?:d|∂)\w+\s*/\s*(?:d|∂)\w+|\\[dt]?frac\s*\{\s*(?:\\partial|d|∂|\\mathrm\{d\}).*")
_NAME = re.compile(r"[^\W\d](?:[\w']{0,5}|_\{?\w{1,6}\}?(?:\^\{?\(?\w\)?\}?)?)|\\[A-Za-z]+(?:\{\w\})?(?:_\{?\w+\}?)?")
_NUMBER = re.compile(r"[-−+]?[0-9]*[.,]?[0-9]+(?:e-?[0-9]+)?")
_WORDS = re.compile(r"(?<![\\\w])[^\W\d_]{4,}(?!\w*\()|(?<![\\\w])(?:no|yes|the|of|by|n/a)\b")
_RELATION = re.compile(r"[=≈←]|\\approx")


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    span: Span
    latex: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was understood.

    Args:
        span: the row.
        statements: what it says, with whether each is LaTeX.
    """

    span: Span
    statements: tuple[tuple[Parts, bool], ...]


def table_rows(text: str) -> Iterator[Row]:
    """The rows of tables that say something: with bars and a rule below the head, or in columns below known heads.

    >>> text = "| node | value | gradient |\\n|--|--|--|\\n| q | 3 | -4 |\\n"
    >>> [parts for row in table_rows(text) for parts, _ in row.statements]
    [((41, 42), ' = ', (45, 46)), (' d\\x00/d', (41, 42), ' = ', (49, 51))]
    """
    heads: list[_Cell] = []
    before: list[_Cell] = []
    at, first = 0, False
    lines = [*text.split("\n"), ""]
    for number, line in enumerate(lines[:-1]):
        start, at = at, at + len(line) + 1
        if _RULE.fullmatch(line) and re.search("-[-:]|:-", line):
            heads, before, first = before or heads, [], True
            continue
        barred = line.lstrip()[:1] == "|"
        cells = list(_barred(text, start, at - 1) if barred else _spaced(text, start, at - 1))
        if heads and len(cells) == len(heads):
            alone = barred and first and not lines[number + 1].strip()
            statements = tuple(_row(heads, cells)) or (tuple(_across(heads, cells)) if alone else ())
            if statements:
                yield Row((start, at - 1), statements)
            first = False
            continue
        titled = len(cells) > 2 and not barred and all(_titled(cell.text) for cell in cells[1:])
        heads = cells if titled else []
        before = cells if barred else []


def _titled(title: str) -> bool:
    return len(title) < 40 and (_VALUE.fullmatch(title) or _GRADIENT.fullmatch(title)) is not None


def _barred(text: str, start: int, end: int) -> Iterator[_Cell]:
    """The cells between bars."""
    for left, right in pairwise(bar.start() for bar in _BAR.finditer(text, start, end)):
        yield _cell(text, left + 1, right)


def _spaced(text: str, start: int, end: int) -> Iterator[_Cell]:
    """The cells between wide spaces."""
    at = start
    for gap in (*_GAP.finditer(text, start, end), None):
        stop = end if gap is None else gap.start()
        if text[at:stop].strip():
            yield _cell(text, at, stop)
        at = stop if gap is None else gap.end()


def _cell(text: str, start: int, end: int) -> _Cell:
    """A cell without the dollars, ticks and stars around it."""
    said = text[start:end]
    inner = said.strip(" \t\r$`*") if len(said) < _MOST else ""  # nobody writes more into a cell
    first = start + said.find(inner) if inner else start
    return _Cell(inner, (first, first + len(inner)), "$" in said and "$" not in inner)


def _across(heads: list[_Cell], cells: list[_Cell]) -> Iterator[tuple[Parts, bool]]:
    """One row of numbers below a head of names."""
    if all(map(_quantity, heads)) and all(_NUMBER.fullmatch(cell.text) for cell in cells):
        for name, number in zip(heads, cells, strict=True):
            yield _joined([name, number])


def _row(heads: list[_Cell], cells: list[_Cell]) -> Iterator[tuple[Parts, bool]]:
    first = cells[0]
    if not _quantity(first):
        return
    values, gradients = [first], []
    for head, cell in zip(heads[1:], cells[1:], strict=True):
        title = head.text.strip(" :")[:40]
        if not cell.text or _WORDS.search(cell.text) or "$" in cell.text:
            continue
        if _RELATION.search(cell.text):
            yield (cell.span,), cell.latex
        elif _GRADIENT.fullmatch(title):
            gradients.append(cell)
        elif _VALUE.fullmatch(title) or len(cells) == 2:
            values.append(cell)
    if _QUOTIENT.fullmatch(first.text):
        values, gradients = [*values, *gradients], []
    if len(values) > 1:
        yield _joined(values)
    for cell in gradients:
        parts, latex = _joined([first, cell])
        before = (rf" \frac{{d {OUTPUT}}}{{d ", first.span, "}") if latex else (f" d{OUTPUT}/d", first.span)
        yield (*before, *parts[1:]), latex


def _quantity(cell: _Cell) -> bool:
    return (_QUOTIENT.fullmatch(cell.text) or _NAME.fullmatch(cell.text)) is not None


def _joined(cells: list[_Cell]) -> tuple[Parts, bool]:
    """Cells with = between them."""
    parts: list[Span | str] = []
    for cell in cells:
        parts += [" = ", cell.span]
    return tuple(parts[1:]), any(cell.latex for cell in cells)
