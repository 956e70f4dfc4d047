"""A letter with its indices -> the name it spells, a product of names, a derivative, or a word of prose.

``w_{11}^2`` is one name where the problem has w11_2, and a square where it has w11 only; ``dfdx`` is a derivative,
``xy`` a product, where f, x and y are names. What fits nothing stays one undeclared name, for the reader to refuse.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gradviz.language import characters, commands
from gradviz.language.letters import joined
from gradviz.language.scope import CONSTANTS, function_named
from gradviz.language.scripts import Scripts, plain
from gradviz.language.tokens import Token
from gradviz.language.written_out import WRITTEN_OUT

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer

#: Functions of the language that are words of prose as well; before a bracket without a space they are calls.
PROSE_TOO = frozenset(("where", "mean", "sum", "dot", "norm", "size", "square", "clip", "copy"))

_LAYER = re.compile(r"[\[(].*[\])]|[Ll]|[Ll][-+]1")
_COMPARED = re.compile(r"\s*(?:\\left\s*)?(?:\(|\[|\\\{|\{)[^()\[\]{}]*(?:[<>≤≥]|\\(?:leq?|geq?|lt|gt)(?![a-z]))")
_GRADIENT = re.compile(r"grad_(\w+)|(\w+)_grad")
_OPERATOR = re.compile(r"\(|\s*(?:[=≈*/^+<>·×'′’←]|-(?!-)|:=|~=|\|)")
_UNDER = re.compile(r"\s*(?:\([^()=]{0,60}\))?\s*/\s*(?:d|∂|δ|\\partial|\\mathrm\{d\})")
_SECOND = re.compile(r"(?:\^\{?[2-9]\}?|[²³])\s*\w*\s*/\s*[d∂]")
_SPACED_NAME = re.compile(r"[ \t]+[^\W\d]\w*")
_SPACED = re.compile(_SPACED_NAME.pattern + _UNDER.pattern)
_TEXT = re.compile(r"\\(?:text|mathrm|textrm|mathit|rm)(?![A-Za-z])\s*")
_STAGE = re.compile(r"(?:new|neu|next|updated?|old|alt|prev|previous|nuevo|nouveau|novo|[tkn](?:\s*\+\s*1)?)")
_STARS = {"*": "star", r"\ast": "star", r"\star": "star", "+": "plus"}
_TRANSPOSE = ("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}", r"\text{T}")


def spell_word(lexer: Lexer, at: int, stop: int, marks: Scripts, end: int, depth: int, base: str | None = None) -> int:
    """The tokens of a letter or word with its indices; returns where the text goes on."""
    word = lexer.text[at:stop] if base is None else base
    speller = _Speller(lexer, at, marks, end, depth)
    speller.spell(word, one=base is not None)
    return speller.marks.stop


class _Speller:
    def __init__(self, lexer: Lexer, at: int, marks: Scripts, end: int, depth: int) -> None:
        self.lexer = lexer
        self.letters = lexer.letters
        self.at, self.end, self.depth = at, end, depth
        self.marks = marks
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
        elif self.attribute(word) or self.stage(word):
            return
        elif (found := self.known(word)) is not None:
            self.named(*found)
        elif (
            self.function(word)
            or self.operator(word)
            or self.adjoint(word)
            or self.index_derivative(word)
            or ((not one or word[0] == "d") and (self.slashed(word) or self.glued(word)))
        ):
            return
        elif word in CONSTANTS and not self.marks.below:
            self.named(word, False, 0)
        elif lexer.latex or one:
            self.unknown(word, one)
        elif (
            len(word) == 1 or "_" in word or any(c.isdigit() for c in word) or self.beside_operator()
        ) and word not in ("if", "else", "otherwise", "sonst", "sinon"):
            self.named(word, False, 0)
        elif word in ("if", "else", "otherwise") and lexer.out and lexer.out[-1].kind in ("number", "name", "op"):
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
        if len(word) == 1 and word != "σ":
            return self.named_by_letter(word)
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
        short = (word in commands.FUNCTIONS or call.startswith("log")) and (
            self.lexer.latex or rest[:1].isalnum() or rest[:1] in ("|", "^", "√")
        )
        word_alone = self.lexer.latex and len(word) > 2 and self.letters.split(word) is None
        if not (sure or short or word_alone or (self.lexer.latex and rest[:1] == "^")):
            return False
        if call == "log" and self.marks.below:
            if self.marks.below not in ("10", "2", "e"):
                return False
            call = {"10": "log10", "2": "log2", "e": "log"}[self.marks.below]
        self.named(call, False, 0)
        return True

    def attribute(self, word: str) -> bool:
        """``w.grad``, as PyTorch writes the gradient of the output on w."""
        if not self.lexer.text.startswith(".grad", self.marks.stop) or self.letters.output is None:
            return False
        self.marks = replace(self.marks, stop=self.marks.stop + len(".grad"))
        return self.adjoint("grad_" + word)

    def stage(self, word: str) -> bool:
        """``w^{new}``, ``w^{t+1}``, ``w^*``: an index that says when, no power, where the letter is a name."""
        said = _TEXT.sub("", self.raw).strip("{} ()")
        base = self.letters.find(joined(word, self.marks.below))
        if base is None or (self.letters.find(joined(word, self.marks.below, self.raised)) is not None and self.raised):
            return False
        if said in _STARS:
            said = _STARS[said]
        elif not _STAGE.fullmatch(said) or (len(said) == 1 and self.letters.find(said) is not None):
            return False
        self.named(joined(base, above=said.replace(" ", "")), True, 0)
        return True

    def operator(self, word: str) -> bool:
        """``D_w L``, where D is no name."""
        marked = (word == "D" and self.marks.below) or word.startswith("D_")
        if not marked or self.letters.find("D") is not None:
            return False
        from gradviz.language.latex_commands import nabla

        stop = nabla(self.lexer, self.at, self.at + 1 if word != "D" else self.marks.start, self.end)
        self.marks = replace(self.marks, stop=stop)
        return True

    def named_by_letter(self, word: str) -> bool:
        """``I(z > 0)`` and ``H(z)``, where I and H are no names."""
        rest = self.lexer.text[self.marks.stop : self.end]
        if self.marks.below or self.marks.above or self.marks.primes:
            return False
        if word == "I" and _COMPARED.match(rest):
            self.lexer.op("𝟙", self.at, self.marks.stop)
        elif word == "H" and re.match(r"\s*(?:\(|\\left\s*\()", rest):
            self.lexer.name("heaviside", self.at, self.marks.stop)
        else:
            return False
        return True

    def adjoint(self, word: str) -> bool:
        """``\\bar{z}``, ``grad_z``: the gradient of the output on z."""
        output, of, below = self.letters.output, "", self.marks.below
        if word.endswith("bar"):
            of = word.removesuffix("bar")
        elif word == "grad":
            of, below = below, ""
        elif found := _GRADIENT.fullmatch(word):
            of = found[1] or found[2]
        node = self.letters.find(joined(of, below, self.raised)) if of else None
        if node is None or output is None:
            return False
        self.derivative(output, node)
        self.lexer.short.add(self.lexer.out[-1].span)
        return True

    def index_derivative(self, word: str) -> bool:
        """``f_x``: the partial derivative of f."""
        base, below = word, self.marks.below
        if not below and "_" in word:
            base, _, below = word.partition("_")
        elif not below and word[-1] in characters.SUBSCRIPTS and len(word) > 1:
            base, below = word[:-1], characters.SUBSCRIPTS[word[-1]]
        if not below or below.isdigit():
            return False
        of, by = self.letters.exact(base), self.letters.exact(below)
        factors = self.letters.split(below) if by is None else None
        if of is not None and factors and (of in self.letters.headed or of == self.letters.output):
            self.lexer.bad("second derivatives are not read", self.at, self.marks.stop)
            return True
        if of is None or by is None or (of not in self.letters.headed and of != self.letters.output):
            return False
        self.derivative(of, by)
        self.power(0)
        return True

    def slashed(self, word: str) -> bool:
        """``dL`` of ``dL/dw``: the mark of a derivative and its name."""
        if word[0] not in "dδ" or (word[0] == "δ" and self.letters.find("δ") is not None):
            return False
        lexer = self.lexer
        before = lexer.out[-2:] if len(lexer.out) > 1 else []
        below = bool(lexer.out) and lexer.out[-1].text == "/"
        under = below and (any(t.text == "∂" for t in lexer.out[-8:-1]) or any(t.text == ")" for t in before))
        behind = lexer.text[self.marks.stop : self.end]
        ahead = _UNDER.match(behind)
        if word == "d" and _SECOND.match(behind) and self.letters.find("d") is None:
            lexer.bad("second derivatives are not read", self.at, self.marks.stop)
            return True
        if word == "d":
            if self.letters.find("d") is None and (_SPACED.match(behind) or (under and _SPACED_NAME.match(behind))):
                lexer.op("∂", self.at, self.marks.stop)
                return True
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
            lowered = word[cut] in characters.SUBSCRIPTS or "_" in (word[cut - 1], word[cut])
            if head[:1] == "d" and head[-1:] == "d" and len(head) > 2:
                of = self.letters.exact(head[1:-1].strip("_"))
                if of is not None:
                    self.derivative(of, found[0])
                    self.power(1 if found[1] else 0)
                    return True
            if head == "d" and self.letters.exact("d") is None:
                self.lexer.op("∂", self.at, self.at + 1)
                self.at += 1
                self.named(*found)
                return True
            pieces = None if lowered else self.letters.split(head)  # q_x is no product
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
        self.lexer.op("^", above[0], above[0])
        self.lexer.op("(", above[0], above[0])
        self.lexer.read(*above, self.depth + 1)
        self.lexer.op(")", above[1], above[1])

    def derivative(self, of: str, by: str) -> None:
        place = self.lexer.spread.span(self.at, self.marks.stop)
        said = (("op", "D"), ("op", "("), ("name", of), ("op", ","), ("name", by), ("op", ")"))
        self.lexer.out += [Token(kind, text, place) for kind, text in said]  # type: ignore[arg-type]
