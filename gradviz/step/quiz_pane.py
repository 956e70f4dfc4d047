"""The quiz as a page of the full-screen stepper: the picture as far as it is known, what was said, the answer line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from gradviz.draw.grid.canvas import Style
from gradviz.draw.grid.text import clean, cut
from gradviz.draw.options import Options
from gradviz.gates import INPUT
from gradviz.step.cursor import Cursor
from gradviz.step.line import Line
from gradviz.step.picture import Painter, Row
from gradviz.step.questions import Question
from gradviz.step.quiz import Session
from gradviz.step.screen import LEAST, too_small
from gradviz.step.walk import walk
from gradviz.step.wrap import wrapped

if TYPE_CHECKING:
    from gradviz.step.pages import Outcome

_TITLE = " {title}  quiz: {asked} asked, {first} right at the first try"
_KEYS = " Enter answers   F1 help   F2 hint   F3 skip   Esc leaves"
_DONE = " Enter or Esc leaves"
_FUNCTIONS = {"f1": "?", "f2": ":hint", "f3": "skip"}

#: What is done with the numbers of a session when it is left: (asked, right at the first try, misconceptions met).
Keep = Callable[[int, int, dict[str, int]], object]


class QuizPage:
    """A quiz on the screen. While it is shown, letters are text; commands are function keys, or typed.

    Args:
        session: what is asked.
        title: what the screen is headed with.
        keep: told how it went, once, when the page is left.
        ascii: only ASCII characters.

    >>> from gradviz import graph
    >>> from gradviz.numerals import Numerals
    >>> trace = graph("f = x * y").trace(x=3, y=4)
    >>> page = QuizPage(Session(walk(trace, Numerals())), "f")
    >>> [page.key(key, None) for key in ("1", "2", "enter")], page.session.asked
    (['stay', 'stay', 'stay'], 1)
    """

    def __init__(
        self,
        session: Session,
        title: str,
        keep: Keep | None = None,
        *,
        ascii: bool = False,
    ) -> None:
        self.session, self.title, self.ascii = session, title, ascii
        self.line, self.said = Line(), [""]
        self._keep = keep
        self._painter = Painter(ascii=ascii)
        self._drawn: tuple[Question | None, Cursor | None] = (None, None)

    @classmethod
    def of(cls, cursor: Cursor, title: str, keep: Keep | None = None, *, ascii: bool = False) -> QuizPage:
        """A quiz on what a stepper shows, from the start."""
        folded = tuple(cursor.run.boxes.values())
        questions = walk(cursor.trace, cursor.options.numerals, folded)
        return cls(Session(questions), title, keep, ascii=ascii)

    def rows(self, width: int, height: int) -> list[Row]:
        """The screen: what is asked stands nowhere in it."""
        if width < LEAST[0] or height < LEAST[1]:
            return too_small(width, height, self.ascii)
        session = self.session
        said = session.summary() if session.done else [line for line in self.said if line]
        lines = self._wrapped(said, width, "note" if not session.done else "")
        question = self._wrapped([session.prompt], width, "name") if not session.done else []
        most = max(4, (height - 4) // 2)
        lines = [*lines[-max(1, most - len(question)) :], *question]
        room = height - 4 - len(lines)
        asked = {"title": self.title, "asked": session.asked, "first": session.first}
        rows: list[Row] = [((self._fit(_TITLE.format(**asked), width), "name"),)]
        rows += self._picture(width, room)
        rows.append(((("-" if self.ascii else "─") * width, "frame"),))
        rows += lines
        rows.append(() if session.done else self.line.runs(width, ascii=self.ascii))
        rows.append(((self._fit(_DONE if session.done else _KEYS, width), "note"),))
        return rows

    def key(self, key: str, character: str | None) -> Outcome:
        """Type, answer, ask for a hint, leave."""
        if key in ("ctrl+c", "ctrl+d"):
            self.leave()
            return "quit"
        if key == "escape" or (self.session.done and key == "enter"):
            self.leave()
            return "back"
        if self.session.done:
            return "ignored"
        if key == "enter":
            typed, self.line = self.line.text, Line()
            self.said = self.session.reply(typed)
        elif key in _FUNCTIONS:
            self.said = self.session.reply(_FUNCTIONS[key])
        elif not self.line.key(key, character):
            return "ignored"
        return "stay"

    def paste(self, text: str) -> None:
        """Into the answer."""
        self.line.insert(text)

    def leave(self) -> None:
        """Tell how it went, if that has not been told yet."""
        keep, self._keep = self._keep, None
        if keep is not None:
            keep(self.session.asked, self.session.first, dict(self.session.met))

    def _fit(self, text: str, width: int) -> str:
        return cut(clean(text, self.ascii), width, ascii=self.ascii)

    def _wrapped(self, lines: list[str], width: int, style: Style) -> list[Row]:
        parts = (
            part for line in lines for one in line.splitlines() for part in wrapped(clean(one, self.ascii), width - 2)
        )
        return [((f" {part}", style),) for part in parts]

    def _picture(self, width: int, height: int) -> list[Row]:
        """The graph with what is known before the question is answered; at the end nothing."""
        question = self.session.question
        if question is None or height < 3:
            return [()] * max(0, height)
        if self._drawn[0] is not question:
            self._drawn = (question, before(question))
        cursor = self._drawn[1]
        assert cursor is not None
        mode = "whole" if self._painter.fits(cursor, width, height) else "near"
        return self._painter.rows(cursor, mode, width, height)  # type: ignore[arg-type]


def before(question: Question) -> Cursor:
    """A stepper at the last place where neither what is asked nor anything that follows from it is known.

    >>> from gradviz import graph
    >>> from gradviz.numerals import Numerals
    >>> first = next(walk(graph("q = x + y; f = q * z").trace(x=1, y=2, z=3), Numerals()))
    >>> before(first).position
    0
    """
    trace, asked = question.trace, question.asked
    graph = trace.graph
    values = (v if row is INPUT else old for v, row, old in zip(trace.values, graph.gates, graph.data, strict=True))
    numerals = question.numerals
    options = Options.of(digits=numerals.digits, decimals=numerals.decimals)
    cursor = Cursor(replace(graph, data=tuple(values)), options)
    if question.story:  # it stands alone: only the inputs are given
        return cursor
    script = cursor.script
    for position, step in enumerate(script):
        if asked.kind == "value":
            here = not step.events and not step.is_seed and step.node == asked.node
        elif asked.kind == "gradient":
            here = any(e.operand == asked.node for e in step.events)
        else:
            here = any((e.node, e.slot) == (asked.node, asked.slot) for e in step.events)
        if here:
            cursor.goto(position)
            if asked.kind != "gradient":  # the sum is complete with the last share: stop before that one
                break
    return cursor
