"""The statements of a stretch, one after the other, each lexed with the names that are known by then.

A definition makes a name, and the name decides how the lines behind it are read (``xy``, ``w_{11}``). So a stretch is
lexed again from there whenever the names have grown; only a portion of it at a time, or long documents would take
time with the square of their length. Portions begin and end between rows, where no bracket or brace is open.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from gradviz.check.problem import Problem
from gradviz.check.reader.chains import declare_headers
from gradviz.check.reader.linking import entries
from gradviz.check.reader.statements import Statement, row_ends, statements
from gradviz.language.latex import Lexer
from gradviz.language.letters import Letters
from gradviz.language.limits import check_time
from gradviz.language.macros import Spread
from gradviz.language.source import Span
from gradviz.language.tokens import Token

_LEAST, _PORTION = 160, 1_500  # characters of a portion: few where names grow, more where they stay
_MOST = 10_000  # characters of one statement
_RELATION = re.compile(r"[=≈←→⇒≃≅≡]|\\(?:approx|to|gets|leftarrow|Rightarrow|implies)(?![A-Za-z])")
_ROW = re.compile(r"\\begin\{cases\*?\}|\\end\{cases\*?\}|\\\\|\\.|[{}\n]", re.DOTALL)


class Portions:
    """Hands out statements.

    Args:
        text: the stretch after macros.
        problem: whose names count; it may grow between two statements.
        latex: whether it is LaTeX.
        ahead: names that get a number later on, so that ``xy`` before it is a product.
    """

    def __init__(self, text: Spread, problem: Problem, *, latex: bool, ahead: Iterable[str] = ()) -> None:
        self.text, self.problem, self.latex = text, problem, latex
        self.ahead = tuple(ahead)
        self._cuts = _cuts(text, latex=latex) if len(text.text) > _LEAST else []
        self._at = 0  # where the present portion begins
        self._done = 0  # statements of it that were handed out
        self._known: tuple[int, ...] | None = None
        self._found: list[Statement] = []
        self._rows: list[int] = []
        self._size = _LEAST
        self._last = self._passed = False
        self.lexer = Lexer(Spread("", [], []), self._letters(), latex=latex)

    def next(self) -> Statement | None:
        """The next statement, or None; ``lexer`` is the one that read it.

        Raises:
            OutOfTime: the file's time is over.
        """
        check_time()
        if self._version() != self._known:
            self._size = _LEAST
            self._move()
            self._lex()
        while self._done >= len(self._found):
            if self._last:
                return None
            self._size = min(_PORTION, 2 * self._size)
            self._move()
            self._lex()
        self._done += 1
        return self._found[self._done - 1]

    def rest(self) -> Span:
        """The first row of what was not handed out yet."""
        text = self.text
        start = self._found[self._done - 1].span[1] if self._done else text.span(self._at, self._at)[0]
        end = text.finish[-1] if text.finish else start
        return start, min(max(start, end), start + 80)

    def _version(self) -> tuple[int, ...]:
        p = self.problem
        return len(p.inputs), len(p.values), len(p.definitions), len(p.aliases), len(p.headers)

    def _move(self) -> None:
        """Let the portion begin at the row between the last statement handed out and the next one.

        Where they share a row, it begins with that row.
        """
        if not self._done:
            return
        last = self._found[self._done - 1]
        ahead = self._found[self._done].span[0] if self._done < len(self._found) else None
        low = bisect_left(self._rows, last.span[1])
        high = len(self._rows) if ahead is None else bisect_right(self._rows, ahead)
        if low < high:
            self._at, self._done = self._place(self._rows[low if ahead is None else high - 1]), 0
            return
        row = bisect_right(self._rows, last.span[0])
        if row:
            start = self._rows[row - 1]
            self._at, self._done = self._place(start), sum(each.span[0] >= start for each in self._found[: self._done])

    def _place(self, original: int) -> int:
        return bisect_left(self.text.begin, original)

    def _lex(self) -> None:
        """Read the portion; of one that ends inside the stretch, what may go on behind it is left for the next."""
        size = self._size
        if self._passed:
            self._done, self._passed = 0, False
        while True:
            cut = bisect_left(self._cuts, self._at + size)
            end = self._cuts[cut] if cut < len(self._cuts) else len(self.text.text)
            self._last = end == len(self.text.text)
            if end - self._at > _MOST:
                self._pass_over(end)
                return
            self._read(end)
            if self._last:
                return
            if self._found:
                kept = self._complete()
                if len(kept) > self._done:
                    self._found = kept
                    return
            elif len(self._rows) > 1 and self._place(self._rows[-2]) > self._at:  # prose alone
                self._at, self._done, size = self._place(self._rows[-2]), 0, _PORTION
                continue
            size *= 2

    def _complete(self) -> list[Statement]:
        """The statements that no row behind the portion can go on: a whole row follows that does not."""
        last = self._found[-1]
        if len(self._rows) - bisect_left(self._rows, last.span[1]) > 1:
            return self._found
        row = bisect_right(self._rows, last.span[0])
        start = self._rows[row - 1] if row else -1
        return [each for each in self._found if each.span[1] <= start]

    def _pass_over(self, end: int) -> None:
        """What has no end for so long is no statement; it is told where it seems to claim something."""
        shown = self.rest()
        self._found, self._done, self._rows, self._passed = [], 0, [], True
        if _RELATION.search(self.text.text, self._at, end):
            bad = Token("bad", f"a statement of more than {_MOST:,} characters", shown)
            self._found = [Statement([[bad], [bad]], [Token("op", "=", shown)], shown, (bad.text, shown))]
        self._at, self._known = end, self._version()

    def _read(self, end: int) -> None:
        text, part = self.text, slice(self._at, end)
        self.lexer = Lexer(
            Spread(text.text[part], text.begin[part], text.finish[part]), self._letters(), latex=self.latex
        )
        declare_headers(self.lexer)
        tokens = self.lexer.tokens()
        self._found = [each for found in statements(tokens) for each in entries(found, self.lexer.letters)]
        cuts = self._cuts[bisect_left(self._cuts, self._at) : bisect_right(self._cuts, end)]
        allowed = {text.begin[cut] for cut in cuts if cut < len(text.begin)}
        self._rows = [row for row in row_ends(tokens) if row in allowed]
        self._known = self._version()

    def _letters(self) -> Letters:
        letters = self.problem.letters()
        for name in self.ahead:
            if letters.find(name) is None:
                letters.add(name)
        return letters


def _cuts(text: Spread, *, latex: bool) -> list[int]:
    """Where a row ends outside braces, cases and macros: at a line end, in LaTeX at ``\\\\``."""
    found: list[int] = []
    opened = cases = 0
    for sign in _ROW.finditer(text.text):
        said, at = sign[0], sign.start()
        if said == "{":
            opened += 1
        elif said == "}":
            opened = max(0, opened - 1)
        elif said.startswith(r"\begin"):
            cases += 1
        elif said.startswith(r"\end"):
            cases = max(0, cases - 1)
        elif said == (r"\\" if latex else "\n") and not opened and not cases and _typed(text, at):
            found.append(at)
    return found


def _typed(text: Spread, at: int) -> bool:
    """Whether a character stands in the document itself, not in a macro."""
    near = text.begin[max(0, at - 1) : at + 2]
    return len(set(near)) == len(near)
