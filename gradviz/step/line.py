"""One line that is being typed: the text, the cursor in it, and what the editing keys do."""

from __future__ import annotations

from dataclasses import dataclass

from gradviz.draw.grid.canvas import Run
from gradviz.draw.grid.text import char_columns, clean, columns

_LONGEST = 2000  # characters


@dataclass
class Line:
    """A line of text with a cursor.

    >>> line = Line("x=3")
    >>> [line.key(k) for k in ("backspace", "4", "home", "f1")], line.text, line.at
    ([True, True, True, False], 'x=4', 0)
    """

    text: str = ""
    at: int = -1  # the cursor stands before this character; -1: at the end

    def __post_init__(self) -> None:
        if self.at < 0:
            self.at = len(self.text)

    def key(self, key: str, character: str | None = None) -> bool:
        """Do what a key does here; False where it means nothing to a line."""
        if character is None and len(key) == 1:
            character = key
        match key:
            case "backspace" | "ctrl+h":
                if self.at:
                    self.text = self.text[: self.at - 1] + self.text[self.at :]
                    self.at -= 1
            case "delete":
                self.text = self.text[: self.at] + self.text[self.at + 1 :]
            case "left":
                self.at = max(0, self.at - 1)
            case "right":
                self.at = min(len(self.text), self.at + 1)
            case "home" | "ctrl+a":
                self.at = 0
            case "end" | "ctrl+e":
                self.at = len(self.text)
            case "ctrl+u":
                self.text, self.at = self.text[self.at :], 0
            case "ctrl+k":
                self.text = self.text[: self.at]
            case _:
                if character is None or not character.isprintable():
                    return False
                self.insert(character)
        return True

    def insert(self, text: str) -> None:
        """Put a text (typed or pasted) where the cursor is; only its first line."""
        text = text.partition("\n")[0].partition("\r")[0]
        text = "".join(c for c in text if c.isprintable())[: _LONGEST - len(self.text)]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def runs(self, width: int, sign: str = "> ", *, ascii: bool = False) -> tuple[Run, ...]:
        """The line as it is shown, the cursor's place as a run in the style "cursor" of its own."""
        before, under, after = self.text[: self.at], self.text[self.at : self.at + 1] or " ", self.text[self.at + 1 :]
        before, under, after = (clean(part, ascii) for part in (before, under, after))
        room = width - len(sign) - columns(under)
        while columns(before) > room:  # the left end goes first
            before = before[1:]
        left = room - columns(before)
        tail = ""
        for char in after:
            left -= char_columns(char)
            if left < 0:
                break
            tail += char
        return ((sign, "note"), (before, ""), (under, "highlight"), (tail, ""))
