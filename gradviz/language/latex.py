"""The lexer of homework: LaTeX, ASCII and Unicode formulas become the tokens that the grammar knows.

Nothing raises for a part that cannot be read: it becomes a token of kind "bad" that says why, so that the
statements around it are still read. Derivatives of every spelling become ``D ( a , b )``, operators ``d/dx``
become ``D/ b``. Letters are read with the names of the problem (``letters``); what a grammar could only guess is left
to it as it stands.
"""

from __future__ import annotations

import re

from gradviz.language import characters, commands, signs
from gradviz.language.decimals import COMMA, POINTED, with_point
from gradviz.language.letters import Letters
from gradviz.language.limits import check_time
from gradviz.language.macros import Spread, closing, over_sign
from gradviz.language.scripts import plain_scripts, scripts
from gradviz.language.slashes import slashed
from gradviz.language.source import Span
from gradviz.language.spelling import spell_word
from gradviz.language.tokens import Token

#: Bounds of one formula.
MAX_GROUPS = 60
MAX_DIGITS = 30
MAX_TOKENS = 200_000

#: Spaces that set columns of a line apart.
_COLUMNS = (re.compile(r"(?: {3,}|[ ]*\t[ \t]*)(?=\S)"), re.compile(r"[ \t]*(?:(?:\\[ ;:>]|~)[ \t]*){3,}"))
_SPACE = re.compile(r"[ \t\r~]+(?!=)|[ \t\r]+")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?|\\(.)", re.DOTALL)
_MODULE = re.compile(r"(?:np|numpy|jnp|math|torch|tf|tf\.math|torch\.nn\.functional|F)\.(?=[a-z])")
_WORD = re.compile(r"[^\W\d_][^\W_]*")
_LETTERS = re.compile(r"[A-Za-z]+")
_BELOW = re.compile(r"[ ]*_")
_PLAIN_WORD = re.compile(r"[^\W\d][\w\u0300-\u036f]*")


class Lexer:
    """Reads one stretch of homework into tokens.

    Args:
        spread: the text after macros, with its places.
        letters: the names of the problem.
        latex: whether letters side by side are a product (LaTeX) or a word (plain text).
        index: letters that stand for a number, inside a sum that is written out.
    """

    def __init__(
        self,
        spread: Spread,
        letters: Letters,
        *,
        latex: bool,
        index: dict[str, int] | None = None,
    ) -> None:
        self.text, self.spread = spread.text, spread
        self.letters = letters
        self.latex = latex
        self.index = index or {}
        self.pointed = POINTED.search(self.text) is not None
        self.out: list[Token] = []
        self.notes: list[tuple[Span, str]] = []
        self.short: set[Span] = set()  # where ``dx`` alone stands

    # Output

    def op(self, text: str, start: int, end: int) -> None:
        self.out.append(Token("op", text, self.spread.span(start, end)))

    def name(self, text: str, start: int, end: int) -> None:
        self.out.append(Token("name", text, self.spread.span(start, end)))

    def bad(self, why: str, start: int, end: int) -> None:
        self.out.append(Token("bad", why, self.spread.span(start, end)))

    def tokens(self) -> list[Token]:
        """All tokens; ``D`` for derivatives written with a slash is put in at the end."""
        self.read(0, len(self.text), 0)
        end = self.spread.span(len(self.text), len(self.text))
        marks: list[Token] = []
        found = slashed(self.out, self.letters.output, marks, self.letters.names)
        self.short |= {mark.span for mark in marks}
        return [*found, Token("end", "", end)]

    # Input

    def read(self, at: int, end: int, depth: int) -> None:
        """The tokens of ``text[at:end]``."""
        if depth > MAX_GROUPS:
            self.bad(f"groups are nested more than {MAX_GROUPS} deep", at, at + 1)
            return
        while at < end:
            if len(self.out) > MAX_TOKENS:
                self.bad("this formula is too long", at, at + 1)
                return
            check_time()
            at = self.step(at, end, depth)

    def step(self, at: int, end: int, depth: int) -> int:
        """One token or group; returns where to go on."""
        text, c = self.text, self.text[at]
        if found := _SPACE.match(text, at, end):
            if _COLUMNS[self.latex].match(text, at, end):
                self.op("␣", at, found.end())
            return found.end()
        if c == "\n":
            if not self.latex:
                self.out.append(Token("newline", "\n", self.spread.span(at, at + 1)))
            return at + 1
        if self.latex and (found := _COLUMNS[True].match(text, at, end)):
            self.op("␣", at, found.end())
            return found.end()
        if c == "\\" and (found := _COMMAND.match(text, at, end)):
            return self.command(found, end, depth)
        if found := signs.NUMBER.match(text, at, end):
            return self.number((None if self.pointed else with_point(text, at, end)) or found, end)
        if c == "{":
            close = closing(text, at, end)
            if close is None:
                self.bad("this { is never closed", at, at + 1)
                return end
            if self.latex and _LETTERS.fullmatch(text, at + 1, close) and _BELOW.match(text, close + 1, end):
                return spell_word(self, at + 1, close, scripts(self, close + 1, end), end, depth)  # {dw}_1
            self.group(at, close, depth)
            return close + 1
        if c == "}":
            self.bad("this } closes nothing", at, at + 1)
            return at + 1
        if c in characters.FRACTIONS:
            self.out.append(Token("number", c, self.spread.span(at, at + 1), characters.FRACTIONS[c]))
            return at + 1
        if c in characters.SUPERSCRIPTS:
            return self.raised(at, end)
        if c == characters.TRANSPOSE:
            self.bad("matrix calculus: transposes are not read", at, at + 1)
            return at + 1
        if found := characters.FOREIGN.match(text, at, end):
            known = found[0] in self.letters.names  # as f(权, x) = … declares it
            self.out.append(Token("name" if known else "text", found[0], self.spread.span(at, found.end())))
            return found.end()
        if c.isalpha() or (c == "_" and not self.latex):
            return self.word(at, end, depth)
        return self.sign(at, end, depth)

    def group(self, at: int, close: int, depth: int) -> None:
        """``{ … }`` with brackets around it, unless one token is all there is."""
        mark = len(self.out)
        if (over := over_sign(self.text, at + 1, close)) is not None:
            from gradviz.language.latex_commands import quotient

            quotient(self, (at + 1, over[0]), (over[1], close), at, close + 1, depth + 1)
            return
        self.op("(", at, at + 1)
        self.read(at + 1, close, depth + 1)
        inner = len(self.out) - mark - 1
        if inner == 1:
            del self.out[mark]
        elif inner == 0 or (inner > 1 and any(t.text in ("=", "≈", "⇒", "&") for t in self.out[mark + 1 :])):
            del self.out[mark]  # {} and braces around a whole equation
        else:
            self.op(")", close, close + 1)

    def number(self, found: re.Match[str], end: int) -> int:
        start, stop = found.span()
        if stop - start > MAX_DIGITS:
            self.bad(f"a number of more than {MAX_DIGITS} digits", start, stop)
            return stop
        said = signs.written_number(found[0])
        if found.re is COMMA:
            said = f"{found[1]}.{found[2]}"
            self.notes.append((self.spread.span(start, stop), f"{found[0]} is read as {said}"))
        if said is None:
            self.bad("{,} may be a decimal comma or part thousands", start, stop)
            return stop
        self.out.append(Token("number", said, self.spread.span(start, stop), float(said)))
        if self.text[stop : stop + 1] == "%" and not self.latex:
            self.bad("percentages are not read: write 0.5 for 50 %", stop, stop + 1)
            return stop + 1
        return stop

    def raised(self, at: int, end: int) -> int:
        start = at
        while at < end and self.text[at] in characters.SUPERSCRIPTS:
            at += 1
        said = "".join(characters.SUPERSCRIPTS[c] for c in self.text[start:at])
        inner = Lexer(Spread(said, [0] * len(said), [0] * len(said)), self.letters, latex=True)
        inner.read(0, len(said), 1)
        self.op("^", start, at)
        self.op("(", start, at)
        place = self.spread.span(start, at)
        self.out += [Token(t.kind, t.text, place, t.value) for t in inner.out]
        self.op(")", start, at)
        return at

    def sign(self, at: int, end: int, depth: int) -> int:
        from gradviz.language.latex_blocks import evaluated, lowered

        for typed, said in signs.SIGNS:
            if self.text.startswith(typed, at) and at + len(typed) <= end:
                stop = at + len(typed)
                if said == "∇" or (said == "∂" and self.text[stop : stop + 1] in ("_", *characters.SUBSCRIPTS)):
                    from gradviz.language.latex_commands import nabla

                    return nabla(self, at, stop, end)
                if typed == "**" and not self.latex and self.bold(stop, end):
                    return stop
                if said == "|" and (goes_on := evaluated(self, at, stop, end)):
                    return goes_on
                if said == "∂" and self.text[stop : stop + 1] in ("²", "³"):
                    self.bad("second derivatives are not read", at, stop)
                    return stop
                self.op(said, at, stop)
                return self.exponent(stop, end, depth) if said == "^" else stop
        c = self.text[at]
        if c == "." and self.text[at + 1 : at + 2].isalpha() and self.text[at - 1 : at].isalnum():
            self.bad("a dot between names is not read", at, at + 1)
        elif c == ".":
            self.out.append(Token("newline", ".", self.spread.span(at, at + 1)))
        elif c == "_":
            return lowered(self, at, end, depth)
        elif c == "%" and self.latex:
            stop = self.text.find("\n", at, end)
            return end if stop < 0 else stop
        elif c in '$`"“”?!•—–#…' or (c in "*_" and not self.latex):
            if c in "!?" and self.out and self.out[-1].kind == "text":
                return at + 1
            reason = {"!": "factorials are not read", "…": "dots leave something out"}.get(c)
            if reason and self.out and self.out[-1].kind != "text":
                self.bad(reason, at, at + 1)
            else:
                self.out.append(Token("newline", c, self.spread.span(at, at + 1)))
        elif c in "‖@⟨⊤":
            self.bad(f"matrix calculus: {c} is not read", at, at + 1)
        elif c in "∑Σ∏∫∞±⊗%∛∜":
            self.bad(f"{c} is not read" + (": write ^(1/3)" if c in "∛∜" else ""), at, at + 1)
        else:
            self.out.append(Token("text", c, self.spread.span(at, at + 1)))
        return at + 1

    def bold(self, stop: int, end: int) -> bool:
        """``= **8x + 3**``: Markdown's bold, no power."""
        before, behind = self.text[max(0, stop - 3) : stop - 2], self.text[stop : min(end, stop + 1)]
        if (before.strip() == "") != (behind.strip() == ""):
            return True
        last = self.out[-1] if self.out else None
        opens = last is None or last.kind in ("newline", "text") or last.text in ("=", "≈", ";", ",", ":")
        return opens or self.text[stop:end].lstrip(" ")[:1] in ("", "\n", "=", ",", ".", ";", ":")

    def exponent(self, at: int, end: int, depth: int) -> int:
        """What follows ``^``: one group in LaTeX; in plain text the grammar takes what binds."""
        if not self.latex:
            return at
        inner, stop = self.argument(at, end)
        if self.text[inner[0] : inner[1]].strip() in (r"\prime", "'", r"\prime\prime"):
            self.out.pop()
            self.op("'", at, stop)
        elif self.text[inner[0] : inner[1]].strip() in ("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}"):
            self.out.pop()
            self.bad("matrix calculus: transposes are not read", at, stop)
        elif stop > inner[0]:
            self.op("(", at, at)
            self.read(*inner, depth + 1)
            self.op(")", stop, stop)
        return stop

    def argument(self, at: int, end: int, depth: int = 0) -> tuple[tuple[int, int], int]:
        """The inside of the next argument and where the text goes on."""
        text = self.text
        while at < end and text[at] in " \t\n~":
            at += 1
        if at >= end:
            return (end, end), end
        if text[at] == "{":
            close = closing(text, at, end)
            return ((at + 1, end), end) if close is None else ((at + 1, close), close + 1)
        if text[at] == "\\" and (found := _COMMAND.match(text, at, end)):
            stop = found.end()
            if (found[1] or "") in commands.ACCENTS or (found[1] or "") in commands.ALPHABETS | commands.TEXTS:
                stop = self.argument(stop, end, depth + 1)[1] if depth < MAX_GROUPS else end
            return (at, stop), stop
        return (at, at + 1), at + 1

    # Words

    def word(self, at: int, end: int, depth: int) -> int:
        if not self.latex and (module := _MODULE.match(self.text, at, end)):
            return module.end()
        found = (_WORD if self.latex else _PLAIN_WORD).match(self.text, at, end)
        stop = found.end() if found else at + 1
        foreign = characters.FOREIGN.search(self.text, at, stop)
        if foreign and not (foreign.start() == at + 1 and foreign[0] in self.letters.names):  # d权 is whole
            stop = foreign.start()
        while stop > at + 1 and self.text[stop - 1] in characters.SUPERSCRIPTS:
            stop -= 1
        for cut in range(at + 1, stop):
            if self.text[cut] in characters.SUPERSCRIPTS:
                stop = cut
                break
        while stop < end and "\u0300" <= self.text[stop] <= "\u036f":
            stop += 1
        marks = scripts(self, stop, end) if self.latex else plain_scripts(self, at, stop, end)
        return spell_word(self, at, stop, marks, end, depth)

    def symbol(self, base: str, at: int, stop: int, end: int, depth: int) -> int:
        """A single letter that is known to be one: ``\\hat{y}``, ``\\mathcal{L}``, ``\\eta``."""
        return spell_word(self, at, stop, scripts(self, stop, end), end, depth, base=base)

    # Commands

    def command(self, found: re.Match[str], end: int, depth: int) -> int:
        from gradviz.language.latex_commands import read_command

        return read_command(self, found[1] or found[2], found.start(), found.end(), end, depth)
