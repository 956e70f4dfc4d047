"""``\\newcommand`` and invisible characters: text that becomes other text before it is read, places kept.

Expansion is bounded in steps and size, so a macro that calls itself ends in an error and not in a hang.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gradviz.language import characters
from gradviz.language.limits import check_time

MAX_STEPS = 200
MAX_MACROS = 200
MAX_GROWTH = 20_000

_DEFINES = re.compile(
    r"\\(?:(?:re|provide)?newcommand|renewcommand|providecommand|DeclareMathOperator)\*?\s{0,9}"
    r"\{?\s{0,9}\\([A-Za-z]+)\s{0,9}\}?\s{0,9}(?:\[([0-9])\])?\s{0,9}(?:\[[^\]\n]{0,99}\])?\s{0,9}(?=\{)"
)
_DEF = re.compile(r"\\def\s{0,9}\\([A-Za-z]+)\s{0,9}((?:#[1-9]){0,9})\s{0,9}(?=\{)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
#: Characters that cannot be seen (Unicode's Cf), and more space than anybody types.
_TOO_MUCH = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f]+|\\s{20,}"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Macro:
    """``\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}``."""

    arguments: int
    body: str


#: What courses write without defining it: the physics package, their own habit, and what is struck out.
USUAL = {
    "pd": Macro(2, r"\frac{\partial #1}{\partial #2}"),
    "pdv": Macro(2, r"\frac{\partial #1}{\partial #2}"),
    "dv": Macro(2, r"\frac{d #1}{d #2}"),
    "dd": Macro(0, "d"),
    **dict.fromkeys(("cancel", "bcancel", "xcancel"), Macro(1, " #1 ")),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """A text after expansion; character i came from ``begin[i]`` to ``finish[i]`` of the original."""

    text: str
    begin: Sequence[int]
    finish: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original place of a stretch."""
        if not self.text:
            return (0, 0)
        if start >= len(self.begin):
            return (self.finish[-1], self.finish[-1])
        return (self.begin[start], self.finish[max(start, end - 1)])


class MacroTrouble(ValueError):
    """A macro that never ends or grows too large; the message says which."""


def collect(text: str) -> tuple[dict[str, Macro], list[tuple[int, int]]]:
    """The macros a text defines, and where the definitions stand.

    >>> collect(r"\\newcommand{\\half}{\\frac12} x")
    ({'half': Macro(arguments=0, body='\\\\frac12')}, [(0, 27)])
    """
    found: dict[str, Macro] = {}
    places: list[tuple[int, int]] = []
    for pattern in (_DEFINES, _DEF):
        for match in islice(pattern.finditer(text), MAX_MACROS):
            end = closing(text, match.end(), min(len(text), match.end() + MAX_GROWTH))
            if end is None:
                continue
            count = match[2] or "0"
            body = text[match.end() + 1 : end]
            if match[0].startswith(r"\DeclareMathOperator"):
                body = r"\operatorname{" + body + "}"
            found[match[1]] = Macro(count.count("#") if "#" in count else int(count), body)
            places.append((match.start(), end + 1))
    return found, places


def closing(text: str, at: int, limit: int | None = None) -> int | None:
    """Where the brace that opens at ``at`` is closed."""
    depth = 0
    for sign in _BRACE.finditer(text, at, len(text) if limit is None else limit):
        if sign[0] == "{":
            depth += 1
        elif sign[0] == "}":
            depth -= 1
            if depth == 0:
                return sign.start()
    return None


def spread(text: str, start: int, end: int, macros: dict[str, Macro]) -> Spread:
    """The stretch of a text with macros expanded, look-alikes replaced and invisible characters dropped.

    Raises:
        MacroTrouble: more than 200 expansions or 20,000 characters of them.

    >>> spread(r"\\pd{f}{x} = 1", 0, 13, {}).text
    '\\\\frac{\\\\partial f}{\\\\partial x} = 1'
    """
    piece = characters.alike(text[start:end])
    begin = array("l", range(start, start + len(piece)))
    dropped = [stretch for run in _TOO_MUCH.finditer(piece) for stretch in _dropped(run)]
    if dropped:
        piece, begin = _without(piece, begin, dropped)
    finish = array("l", [i + 1 for i in begin])
    known = {**USUAL, **macros}
    steps, grown, at = 0, 0, 0
    while (match := _COMMAND.search(piece, at)) is not None:
        macro = known.get(match[1])
        if macro is None:
            at = match.end()
            continue
        steps += 1
        arguments, stop = _arguments(piece, match.end(), macro.arguments)
        body = _filled(macro.body, arguments)
        grown += len(body)
        if steps > MAX_STEPS or grown > MAX_GROWTH:
            raise MacroTrouble(f"the macro \\{match[1]} grows without end")
        place = (begin[match.start()], finish[stop - 1])
        if body[-1:].isalpha() and piece[stop : stop + 1].isalpha():
            body += " "
        piece = piece[: match.start()] + body + piece[stop:]
        begin[match.start() : stop] = array("l", [place[0]]) * len(body)
        finish[match.start() : stop] = array("l", [place[1]]) * len(body)
        at = match.start()
    return Spread(piece, begin, finish)


def _dropped(run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """What goes of a run: all of it, but of space one sign and two line ends (an empty line ends a statement)."""
    at, said = run.start(), run[0]
    if not said.isspace():
        yield run.span()
        return
    first = said.find("\n")
    second = said.find("\n", first + 1) if first >= 0 else -1
    kept = sorted({0, first, second} - {-1})
    yield from ((at + a + 1, at + b) for a, b in zip(kept, [*kept[1:], len(said)], strict=True) if a + 1 < b)


def _without(text: str, begin: array[int], dropped: list[tuple[int, int]]) -> tuple[str, array[int]]:
    parts: list[str] = []
    places = array("l")
    at = 0
    for start, stop in [*dropped, (len(text), len(text))]:
        parts.append(text[at:start])
        places += begin[at : max(at, start)]
        at = max(at, stop)
    return "".join(parts), places


def _filled(body: str, arguments: list[str]) -> str:
    """The body with its arguments; cut where it is too large in any case."""
    parts: list[str] = []
    size = 0
    for at, part in enumerate(re.split(r"#([1-9])", body)):
        inserted = part if at % 2 == 0 else (arguments[int(part) - 1] if int(part) <= len(arguments) else "")
        size += len(inserted)
        if size > MAX_GROWTH:
            return " " * (MAX_GROWTH + 1)
        parts.append(inserted)
    return "".join(parts)


def _arguments(text: str, at: int, count: int) -> tuple[list[str], int]:
    found = []
    for _ in range(count):
        while at < len(text) and text[at].isspace():
            at += 1
        if text[at : at + 1] == "{":
            end = closing(text, at)
            if end is None:
                break
            found.append(text[at + 1 : end])
            at = end + 1
        elif command := _COMMAND.match(text, at):
            found.append(command[0])
            at = command.end()
        elif at < len(text):
            found.append(text[at])
            at += 1
    return found + [""] * (count - len(found)), at


def over_sign(text: str, at: int, end: int) -> tuple[int, int] | None:
    """Where ``\\over`` stands in a group, outside inner groups."""
    if text.find("\\over", at, end) < 0:
        return None
    depth = 0
    for found in re.compile(r"[{}]|\\over(?![A-Za-z])").finditer(text, at, end):
        check_time()
        if depth == 0 and found[0] == "\\over":
            return found.span()
        depth += (found[0] == "{") - (found[0] == "}")
    return None
