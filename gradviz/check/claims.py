"""Statements -> claims: what each line of a derivation says, as trees of the language.

Nothing here decides whether a claim is true. What is not understood becomes NotRead, with a reason and its place.
"""

from __future__ import annotations

from array import array

from gradviz.check.claim import Claim, NotRead
from gradviz.check.problem import Problem
from gradviz.check.reader.lines import LABEL, without_marks
from gradviz.check.reader.portions import Portions
from gradviz.check.reader.saying import Saying
from gradviz.check.reader.scope import Scope, not_read
from gradviz.check.reader.tables import OUTPUT, Parts
from gradviz.language.limits import OutOfTime
from gradviz.language.macros import MacroTrouble, Spread, spread
from gradviz.language.source import Source, Span

MAX_STATEMENTS = 5_000  # of one stretch


def read_claims(
    source: Source,
    span: Span,
    scope: Scope,
    *,
    latex: bool,
    cell: int | None = None,
    shown: str | None = None,
    parts: Parts = (),
) -> list[Claim | NotRead]:
    """The claims of a stretch of text.

    Args:
        source: the whole text; places point into it.
        span: the stretch: a formula, or lines of plain text.
        scope: the names so far; new ones are added.
        latex: whether it is LaTeX (letters side by side are a product).
        cell: the notebook cell, if it is one.
        shown: the text with what is not to be read as spaces; the source's own without it.
        parts: the places of one statement and what is put between them, instead of the stretch.

    Where the file's time is over, or after 5,000 statements, the rest is one NotRead that says so.

    >>> scope = Scope(Problem(), open=True)
    >>> text = "f(x, y) = xy, df/dx = y = 3"
    >>> for claim in read_claims(Source(text), (0, len(text)), scope, latex=False):
    ...     print(claim.kind, claim.read_as())
    definition f = x*y
    local ∂f/∂x = y = 3
    """
    found: list[Claim | NotRead] = []
    try:
        text = _composed(source.text if shown is None else shown, parts or (span,), scope)
    except MacroTrouble as trouble:
        return [not_read(source, span, str(trouble), cell, scope)]
    label = LABEL.match(text.text) if latex else None
    if label is not None:
        text = Spread(" " * label.end() + text.text[label.end() :], text.begin, text.finish)
    if not latex:
        text = Spread(without_marks(text.text), text.begin, text.finish)
    portions = Portions(text, scope.problem, latex=latex, ahead=scope.ahead)
    reason = f"more than {MAX_STATEMENTS:,} statements in one piece"
    try:
        while len(found) < MAX_STATEMENTS:
            statement = portions.next()
            if statement is None:
                return found
            claim = Saying(source, statement, scope, portions.lexer, cell).read()
            if claim is not None:
                found.append(claim)
    except OutOfTime:
        reason = "out of time"
    scope.stopped = True
    found.append(
        not_read(source, portions.rest(), f"{reason}: what follows is not read", cell, scope, hint="split the file")
    )
    return found


def _composed(text: str, parts: Parts, scope: Scope) -> Spread:
    """One text of several stretches; what is put between them stands where the last one ends."""
    if len(parts) == 1 and not isinstance(parts[0], str):
        return spread(text, *parts[0], scope.macros)
    said, begin, finish = "", array("l"), array("l")
    places = [part for part in parts if not isinstance(part, str)]
    for part in parts:
        if isinstance(part, str):
            between = part.replace(OUTPUT, scope.problem.top() or "f")
            at = finish[-1] if finish else places[0][0]
            said, begin, finish = (
                said + between,
                begin + array("l", [at] * len(between)),
                finish + array("l", [at] * len(between)),
            )
            continue
        places.pop(0)
        found = spread(text, *part, scope.macros)
        said, begin, finish = said + found.text, begin + array("l", found.begin), finish + array("l", found.finish)
    return Spread(said, begin, finish)


def too_long(source: Source, span: Span, scope: Scope, cell: int | None) -> NotRead:
    """A line that nobody can have written as one."""
    start = span[1] - len(source.at(span).lstrip())
    return not_read(source, (start, start + 80), f"a line of {span[1] - span[0]:,} characters", cell, scope)


__all__ = ["Claim", "NotRead", "Problem", "Scope", "read_claims", "too_long"]
