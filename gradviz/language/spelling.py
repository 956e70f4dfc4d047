"""A letter with its indices -> the name it spells, a product of names, a derivative, or a word of prose.

``w_{11}^2`` is one name where the problem has w11_2, and a square where it has w11 only; ``dfdx`` is a derivative,
``xy`` a product, where f, x and y are names. What fits nothing stays one undeclared name, for the reader to refuse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradviz.language import commands
from gradviz.language.letters import joined, slug
from gradviz.language.scope import CONSTANTS, function_named
from gradviz.language.tokens import Token

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer

#: Functions that homework uses and the gate table does not have; the reader writes them out.
WRITTEN_OUT = {
    "sign": "sign",
    "sgn": "sign",
    "lg": "log10",
    "log10": "log10",
    "log2": "log2",
    "heaviside": "step",
    "sech": "cosh",
    "sec": "cos",
    "csc": "sin",
    "cot": "tan",
}

#: Functions of the language that are words of prose as well; before a bracket without a space they are calls.
PROSE_TOO = frozenset(("where", "mean", "sum", "dot", "norm", "size", "square", "clip", "copy"))

_LAYER = re.compile(r"[\[(].*[\])]|[Ll]|[Ll][-+]1")
_OPERATOR = re.compile(r"\s*(?:[=≈*/^+(<>·×'′’←]|-(?!-)|:=|~=|\|)")
_TRANSPOSE = ("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}", r"\text{T}")


@dataclass(frozen=True, slots=True)
class Scripts:
    """Indices of a letter: below, above (its place in the text), primes, and where they begin and end."""

    below: str
    above: tuple[int, int] | None
    primes: int
    start: int
    stop: int


def scripts(lexer: Lexer, at: int, end: int) -> Scripts:
    """The indices that follow a letter in LaTeX."""
    text, start = lexer.text, at
    below, above, primes = "", None, 0
    while at < end:
        c = text[at]
        if c in "'′’":
            primes, at = primes + 1, at + 1
        elif c == "_" and not below:
            inner, at = lexer.argument(at + 1, end)
            below = plain(lexer, text[slice(*inner)])
        elif c == "^" and above is None:
            inner, stop = lexer.argument(at + 1, end)
            said = text[slice(*inner)].strip()
            if said.replace(r"\prime", "'").replace(" ", "").strip("'") == "":
                primes += max(1, said.count("'") + said.count(r"\prime"))
            else:
                above = inner
            at = stop
        else:
            ahead = at
            while ahead < end and text[ahead] in " \t":
                ahead += 1
            if ahead > at and text[ahead : ahead + 1] in ("_", "^") and ahead < end:
                at = ahead
                continue
            break
    return Scripts(below, above, primes, start, at)


def plain(lexer: Lexer, raw: str) -> str:
    """An index without its LaTeX: ``{\\text{true}}`` is true; summation letters become their numbers."""
    said = re.sub(r"\\(?:text|mathrm|textrm|mathit|mathbf|operatorname)\b\s*", "", raw)
    said = said.replace(r"\prime", "'").replace("\\", "")
    said = re.sub(r"[{}\s,()\[\]]", "", said)
    if lexer.index:
        said = re.sub(r"[A-Za-z]", lambda m: str(lexer.index.get(m[0], m[0])), said)
    return slug(said)


def spell_word(lexer: Lexer, at: int, stop: int, marks: Scripts, end: int, depth: int, base: str | None = None) -> int:
    """The tokens of a letter or word with its indices; returns where the text goes on."""
    word = lexer.text[at:stop] if base is None else base
    speller = _Speller(lexer, at, marks, end, depth)
    speller.spell(word, one=base is not None)
    return marks.stop


class _Speller:
    def __init__(self, lexer: Lexer, at: int, marks: Scripts, end: int, depth: int) -> None:
        self.lexer = lexer
        self.letters = lexer.letters
        self.at = at
        self.marks = marks
        self.end = end
        self.depth = depth
        above = marks.above
        self.raised = plain(lexer, lexer.text[slice(*above)]) if above else ""
        self.raw = lexer.text[slice(*above)].strip() if above else ""

    # What it may be, in the order tried

    def spell(self, word: str, *, one: bool) -> None:
        lexer = self.lexer
        if word in lexer.index and not self.marks.below:
            number = lexer.index[word]
            lexer.out.append(Token("number", str(number), lexer.spread.span(self.at, self.marks.stop), float(number)))
            self.power(0)
        elif (found := self.known(word)) is not None:
            self.named(*found)
        elif (
            self.function(word)
            or self.adjoint(word)
            or self.index_derivative(word)
            or (not one and (self.slashed(word) or self.glued(word)))
        ):
            return
        elif word in CONSTANTS and not self.marks.below:
            self.named(word, False, 0)
        elif lexer.latex or one:
            self.unknown(word, one)
        elif (
            len(word) == 1 or "_" in word or any(c.isdigit() for c in word) or self.beside_operator()
        ) and word not in ("if", "else", "otherwise"):
            self.named(word, False, 0)
        elif word in ("if", "else") and lexer.out and lexer.out[-1].kind in ("number", "name", "op"):
            lexer.name(word, self.at, self.marks.stop)
        else:
            lexer.out.append(Token("text", word, lexer.spread.span(self.at, self.marks.stop)))

    def known(self, word: str) -> tuple[str, bool, int] | None:
        """The declared name, whether the upper index belongs to it, and how many primes do."""
        below, primes = self.marks.below, self.marks.primes
        for above, own in ((self.raised, primes), (self.raised, 0), ("", primes), ("", 0)):
            if not above and self.raised and self.raw[:1] in ("(", "["):
                return None  # w^{(2)} is never a power
            if own == 0 and primes and function_named(word) is not None:
                continue
            found = self.letters.find(joined(word, below, above, own))
            if found is not None:
                return found, bool(above), own
        return None

    def function(self, word: str) -> bool:
        """A function's name, where a function can stand."""
        if len(word) == 1 and word not in ("σ",):
            return False
        call = next((w for w in (word, word.lower()) if w in WRITTEN_OUT or function_named(w)), None)
        if call is None or (self.marks.below and call != "log"):
            return False
        rest = self.lexer.text[self.marks.stop : self.end].lstrip()
        sure = (
            rest[:1] in ("(", "[")
            or self.marks.primes
            or word in ("sigma", "σ")
            or rest.startswith((r"\left", r"\big"))
        )
        short = word in commands.FUNCTIONS and (self.lexer.latex or rest[:1].isalnum() or rest[:1] in ("|", "^", "√"))
        if not (sure or short or (self.lexer.latex and rest[:1] == "^")):
            return False
        if call == "log" and self.marks.below:
            if self.marks.below not in ("10", "2", "e"):
                return False
            call = {"10": "log10", "2": "log2", "e": "log"}[self.marks.below]
        self.named(call, False, 0)
        return True

    def adjoint(self, word: str) -> bool:
        """``\\bar{z}``: the gradient of the output on z, as autodiff writes it."""
        output = self.letters.output
        if not word.endswith("bar") or output is None:
            return False
        node = self.letters.find(joined(word.removesuffix("bar"), self.marks.below, self.raised))
        if node is None:
            return False
        self.derivative(output, node)
        return True

    def index_derivative(self, word: str) -> bool:
        """``f_x``: the partial derivative of f."""
        base, below = word, self.marks.below
        if not below and "_" in word:
            base, _, below = word.partition("_")
        if not below or below.isdigit():
            return False
        of, by = self.letters.exact(base), self.letters.exact(below)
        if of is None or by is None or (of not in self.letters.headed and of != self.letters.output):
            return False
        self.derivative(of, by)
        self.power(0)
        return True

    def slashed(self, word: str) -> bool:
        """``dL`` of ``dL/dw``: the mark of a derivative and its name."""
        if word[0] != "d":
            return False
        lexer = self.lexer
        before = lexer.out[-2:] if len(lexer.out) > 1 else []
        below = bool(lexer.out) and lexer.out[-1].text == "/"
        under = below and (any(t.text == "∂" for t in lexer.out[-8:-1]) or any(t.text == ")" for t in before))
        ahead = re.match(r"\s*/\s*(?:d|∂|\\partial|\\mathrm\{d\})", lexer.text[self.marks.stop : self.end])
        if word == "d":
            bracket = lexer.text[self.marks.stop : self.marks.stop + 1] == "("
            if ahead or (bracket and (re.search(r"\)\s*/\s*d", lexer.text[self.marks.stop : self.end]) or under)):
                lexer.op("∂", self.at, self.marks.stop)
                return True
            return False
        if not (ahead or (under and any(t.text == "∂" for t in lexer.out[-40:]))):
            return False
        lexer.op("∂", self.at, self.at + 1)
        self.at += 1
        rest = word[1:]
        found = self.known(rest)
        if found is None and function_named(rest) is not None:
            self.named(rest, False, 0)
        elif found is None:
            self.named(joined(rest, self.marks.below), False, 0)
        else:
            self.named(*found)
        return True

    def glued(self, word: str) -> bool:
        """``xy``, ``dfdx``, ``dw``: names without a sign between them; the indices belong to the last."""
        for cut in range(1, len(word) if len(word) <= 40 else 0):
            tail = word[cut:].lstrip("_")
            if not tail or not tail[0].isalpha():
                continue
            found = self.known(tail)
            if found is None and tail == "e" and self.raised:
                found = ("e", False, 0)
            if found is None:
                continue
            head = word[:cut].rstrip("_")
            if head[:1] == "d" and head[-1:] == "d" and len(head) > 2:
                of = self.letters.exact(head[1:-1].strip("_"))
                if of is not None:
                    self.derivative(of, found[0])
                    self.power(1 if found[1] else 0)
                    return True
            if head == "d":
                self.lexer.op("∂", self.at, self.at + 1)
                self.at += 1
                self.named(*found)
                return True
            pieces = self.letters.split(head)
            if pieces is not None:
                place = self.lexer.spread.span(self.at, self.marks.stop)
                if not self.lexer.latex:
                    self.lexer.notes.append((place, f"{word} is read as {'*'.join([*pieces, found[0]])}"))
                self.lexer.out += [Token("name", piece, place) for piece in pieces]
                self.named(*found)
                return True
        return False

    def unknown(self, word: str, one: bool) -> None:
        """Letters of LaTeX that are no names of the problem."""
        if not one and len(word) > 1:
            letters = re.findall(r"[^\W\d_][0-9]*", word)
            for letter in letters[:-1]:
                self.lexer.name(self.letters.find(letter) or letter, self.at, self.marks.stop)
            word = letters[-1] if letters else word
            found = self.known(word)
            if found is not None:
                self.named(*found)
                return
        layer = bool(self.raw) and _LAYER.fullmatch(self.raw) is not None
        above = self.raised if layer else ""
        self.named(joined(word, self.marks.below, above), layer, 0)

    def beside_operator(self) -> bool:
        """Whether a sign of a formula stands directly before or after."""
        lexer = self.lexer
        if _OPERATOR.match(lexer.text, self.marks.stop, self.end):
            return True
        last = lexer.out[-1] if lexer.out else None
        return (
            last is not None and last.kind == "op" and last.text in ("=", "≈", "*", "/", "^", "+", "-", "√", "∂", "←")
        )

    # Output

    def named(self, name: str, above: bool, primes: int) -> None:
        """The name, then the indices that are not its own."""
        self.lexer.name(name, self.at, self.marks.stop)
        for _ in range(self.marks.primes - primes):
            self.lexer.op("'", self.marks.stop - 1, self.marks.stop)
        self.power(1 if above else 0)

    def power(self, used: int) -> None:
        above = self.marks.above
        if above is None or used:
            return
        if self.raw in _TRANSPOSE:
            self.lexer.bad("matrix calculus: transposes are not read", *above)
            return
        if self.raw in ("*", r"\ast", r"\star"):
            self.lexer.bad("a raised star has no one meaning", *above)
            return
        self.lexer.op("^", above[0], above[0])
        self.lexer.op("(", above[0], above[0])
        self.lexer.read(*above, self.depth + 1)
        self.lexer.op(")", above[1], above[1])

    def derivative(self, of: str, by: str) -> None:
        place = self.lexer.spread.span(self.at, self.marks.stop)
        said = (("op", "D"), ("op", "("), ("name", of), ("op", ","), ("name", by), ("op", ")"))
        self.lexer.out += [Token(kind, text, place) for kind, text in said]  # type: ignore[arg-type]


__all__ = ["WRITTEN_OUT", "Scripts", "plain", "scripts", "spell_word"]
