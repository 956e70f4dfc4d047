"""Every error a user can meet.

One class carries the fields a person needs: what was found, where it stands, what was expected and
what to try. Subclasses differ only in whose fault it was, because that decides the exit code:
2 for what was typed, 1 for an environment that failed (disk, Graphviz, a missing extra).
"""

from __future__ import annotations

from dataclasses import dataclass

_WIDEST = 100  # characters of a source line shown around the caret


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text: characters ``start`` to ``end`` (exclusive) of ``text``."""

    text: str
    start: int
    end: int
    origin: str | None = None  # a file name, "value of x", … ; None for an expression just typed

    @property
    def line(self) -> int:
        """Line number, counted from 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """Column in characters, counted from 1."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1) + 1

    def excerpt(self) -> str:
        """The source line with a caret under the place, cut to a readable width."""
        first = self.text.rfind("\n", 0, self.start) + 1
        last = self.text.find("\n", self.start)
        line = self.text[first : len(self.text) if last < 0 else last]
        at = self.start - first
        width = max(1, min(self.end - self.start, len(line) - at))
        if len(line) > _WIDEST:
            cut = max(0, at - _WIDEST // 2)
            line, at = line[cut : cut + _WIDEST], at - cut
            width = max(1, min(width, _WIDEST - at))
            if cut:
                line, at = "…" + line, at + 1
        shown = "".join(c if c.isprintable() else " " for c in line)
        return f"  {shown}\n  {' ' * at}{'^' * width}"


class GradvizError(Exception):
    """Bad input, told in a way that helps.

    Args:
        message: one sentence: what is wrong, with the thing we got.
        place: where it stands; shown as line, column, source line and caret.
        expected: what would have been right.
        hint: what to try next, ready to paste where that can be.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.place is not None:
            origin = f"{self.place.origin}, " if self.place.origin else ""
            lines[0] += f" ({origin}line {self.place.line}, column {self.place.column})"
            lines.append(self.place.excerpt())
        if self.expected:
            lines.append(f"expected: {self.expected}")
        if self.hint:
            lines.append(f"try: {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.place, self.expected, self.hint))


class EnvironmentFailure(GradvizError):
    """The input was fine, the surroundings were not: disk, Graphviz, a missing extra."""

    exit_code = 1


def _rebuild(
    kind: type[GradvizError],
    message: str,
    place: Place | None,
    expected: str | None,
    hint: str | None,
) -> GradvizError:
    return kind(message, place=place, expected=expected, hint=hint)


def did_you_mean(word: str, known: list[str]) -> str | None:
    """The nearest of the known words, or None where nothing is near.

    >>> did_you_mean("sigmiod", ["sigmoid", "tanh"])
    'sigmoid'
    """
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return near[0]
    folded = {k.casefold(): k for k in known}
    return folded.get(word.casefold())
