"""What can fill the screen, without a terminal: pages that give rows and take keys.

The application is a stack of pages; the uppermost one is shown. A page answers every key with what is to happen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from gradviz.draw.grid.text import clean, columns, cut
from gradviz.errors import GradvizError
from gradviz.step.cursor import Cursor
from gradviz.step.line import Line
from gradviz.step.picture import Row, first_row
from gradviz.step.screen import LEAST, Look, mode_of, next_mode, screen, too_small

if TYPE_CHECKING:
    from gradviz.step.asks import Ask


class Page(Protocol):
    """One page."""

    def rows(self, width: int, height: int) -> list[Row]:
        """What is shown: exactly so many rows, none wider."""

    def key(self, key: str, character: str | None) -> Outcome:
        """A key was pressed: its name, and the character it types, if any."""

    def paste(self, text: str) -> None:
        """A text was pasted."""


#: What a key leads to: nothing more, this key means nothing here, one page back, the end, or another page on top.
Outcome = Literal["stay", "ignored", "back", "quit"] | Page


class StepPage:
    """The stepper.

    Args:
        cursor: what is stepped through.
        look: how it is shown.

    >>> from gradviz import graph
    >>> page = StepPage(Cursor(graph("f = x * y", x=3, y=4)), Look("f"))
    >>> page.key("n", "n"), page.cursor.position, page.key("%", "%")
    ('stay', 1, 'ignored')
    """

    def __init__(self, cursor: Cursor, look: Look) -> None:
        self.cursor, self.look = cursor, look
        self.ask: Ask | None = None
        self.line = Line()
        self._size = (80, 24)
        self.saves = True  # whether a quiz adds to the progress on disk
        move = cursor
        self.moves: dict[str, Callable[[], bool]] = {
            **dict.fromkeys(("n", "space", "enter"), move.next_gate),
            "N": move.previous_gate,
            **dict.fromkeys(("s", "right", "down"), move.next_contribution),
            **dict.fromkeys(("S", "left", "up"), move.previous_contribution),
            "c": move.to_breakpoint,
            "C": move.back_to_breakpoint,
            "f": move.end_of_pass,
            "F": move.start_of_pass,
            **dict.fromkeys(("g", "home"), move.first),
            **dict.fromkeys(("G", "end"), move.last),
            "U": move.undo,
        }

    def rows(self, width: int, height: int) -> list[Row]:
        """The stepper's screen; a question stands where the keys do."""
        self._size = (width, height)
        rows = screen(self.cursor, self.look, width, height)
        if self.ask is not None and width >= LEAST[0] and height >= LEAST[1]:
            ascii = self.look.ascii
            if height >= 16:
                rows[-2] = ((cut(clean(f" {self.ask.asked(self.cursor)}", ascii), width, ascii=ascii), "note"),)
            rows[-1] = self.line.runs(width, ascii=ascii)
        return rows

    def key(self, key: str, character: str | None) -> Outcome:
        """Move, ask, or show the same in another way."""
        if self.ask is not None:
            return self._answering(key, character)
        from gradviz.step.asks import ASKS

        word = character if character is not None and character.isprintable() and character != " " else key
        self.look.note, before = (), self.look.note
        if word in self.moves:
            self.moves[word]()
        elif word in ASKS:
            self._asks(ASKS[word])
        elif word in ("z", "Z"):
            self._fold(unfold=word == "z")
        elif word == "v":
            self.look.mode = next_mode(mode_of(self.cursor, self.look, *self._size))
            self.look.table = False
            self.look.note = (f"view: {_VIEWS[self.look.mode]}",)
        elif word == "t":
            self.look.table = not self.look.table
        elif word in ("?", "f1"):
            return HelpPage(ascii=self.look.ascii)
        elif word == "Q":
            return self._quiz()
        elif word in ("q", "ctrl+c", "ctrl+d"):
            return "quit"
        elif word != "escape":
            self.look.note = before
            return "ignored"
        return "stay"

    def paste(self, text: str) -> None:
        """Into the answer, while there is a question."""
        if self.ask is not None:
            self.line.insert(text)

    def _quiz(self) -> Page:
        from gradviz.step import record
        from gradviz.step.quiz_pane import QuizPage

        keep = record.keep if self.saves else None
        return QuizPage.of(self.cursor, self.look.title, keep, ascii=self.look.ascii)

    def _asks(self, ask: Ask) -> None:
        self.ask, self.line = ask, Line(ask.start(self.cursor))

    def _answering(self, key: str, character: str | None) -> Outcome:
        assert self.ask is not None
        if key == "ctrl+c":
            return "quit"
        if key == "escape":
            self.ask, self.look.note = None, ()
        elif key == "enter":
            try:
                answer = self.line.text.strip()
                self.look.note = self.ask.do(self.cursor, answer) if answer else ()
                self.ask = None
            except GradvizError as error:  # the question stays, to be answered better
                self.look.note = tuple(str(error).splitlines())
        elif not self.line.key(key, character):
            return "ignored"
        return "stay"

    def _fold(self, *, unfold: bool) -> None:
        step = self.cursor.step or self.cursor.upcoming
        name = self.cursor.graph.names[step.node] if step is not None else ""
        done = self.cursor.fold("toggle" if unfold else "fold")
        if done is None:
            self.look.note = (
                f"There is nothing to {'unfold' if unfold else 'fold'} at {name}.",
                "z works at boxes such as mse, and at gates such as σ or softplus.",
            )


_VIEWS = {
    "whole": "the whole graph",
    "near": "the neighbourhood of the current gate",
    "tape": "one row a node",
}


class HelpPage:
    """The help."""

    def __init__(self, *, ascii: bool = False) -> None:
        self.ascii, self.top, self.height = ascii, 0, 24

    def rows(self, width: int, height: int) -> list[Row]:
        """The help from the present line on."""
        self.height = height
        from gradviz.step import help

        rows, self.top = help.page(width, height, self.top, ascii=self.ascii)
        return rows

    def key(self, key: str, character: str | None) -> Outcome:
        """Scroll, or leave."""
        by = {"up": -1, "down": 1, "pageup": 2 - self.height, "pagedown": self.height - 2, "home": -9999, "end": 9999}
        by |= {"k": -1, "j": 1, "space": self.height - 2}
        if key in by:
            self.top = max(0, self.top + by[key])
            return "stay"
        if key in ("ctrl+c", "ctrl+d"):
            return "quit"
        return "back" if key in ("escape", "q", "f1", "enter", "question_mark", "?") else "ignored"

    def paste(self, text: str) -> None:
        """Nothing to paste into."""


class ChoosePage:
    """Which example?

    Args:
        choices: names with a line about each.
        load: makes the stepper of one; a GradvizError is shown.
    """

    def __init__(
        self, choices: Sequence[tuple[str, str]], load: Callable[[str], StepPage], *, ascii: bool = False
    ) -> None:
        self.choices, self.load, self.ascii = choices, load, ascii
        self.at, self.note = 0, ""

    def rows(self, width: int, height: int) -> list[Row]:
        """The list, the present line marked."""
        if width < LEAST[0] or height < LEAST[1]:
            return too_small(width, height, self.ascii)
        head: list[Row] = [((" Step through which example?", "name"),), ()]
        wide = max(len(name) for name, _ in self.choices)
        room = height - 5
        first = first_row(self.at, len(self.choices), room)
        for at, (name, about) in enumerate(self.choices[first : first + room], first):
            sign = (">" if self.ascii else "▸") if at == self.at else " "
            told = cut(clean(about, self.ascii), width - wide - 6, ascii=self.ascii)
            head.append(((f" {sign} {name:{wide}}  ", "highlight" if at == self.at else "name"), (told, "")))
        head += [()] * (height - 3 - len(head))
        note = cut(clean(self.note, self.ascii), width - 2, ascii=self.ascii)
        foot = " Up Down choose   Enter steps through it   q quits"
        yours = ' your own: gradviz step "f = (x + y) * z" x=-2 y=5 z=-4'
        tail: list[Row] = [((f" {note}", "mark"),), ((cut(yours, width), "note"),), ((cut(foot, width), "note"),)]
        assert all(columns(text) <= width for row in tail for text, _ in row)
        return [*head, *tail]

    def key(self, key: str, character: str | None) -> Outcome:
        """Choose."""
        steps = {"up": -1, "down": 1, "k": -1, "j": 1, "N": -1, "n": 1, "home": -9999, "end": 9999, "pageup": -10}
        steps["pagedown"] = 10
        if key in steps:
            self.at = max(0, min(len(self.choices) - 1, self.at + steps[key]))
            return "stay"
        if key in ("enter", "space", "right"):
            try:
                return self.load(self.choices[self.at][0])
            except GradvizError as error:
                self.note = error.message
                return "stay"
        return "quit" if key in ("q", "escape", "ctrl+c", "ctrl+d") else "ignored"

    def paste(self, text: str) -> None:
        """Nothing to paste into."""
