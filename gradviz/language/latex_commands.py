"""The commands of LaTeX, one after the other: fractions and derivatives, text, alphabets, signs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gradviz.language import characters, commands
from gradviz.language.latex_blocks import ACTIONS, point
from gradviz.language.letters import GREEK_WORDS
from gradviz.language.macros import closing
from gradviz.language.scope import function_named
from gradviz.language.scripts import plain
from gradviz.language.spelling import PROSE_TOO
from gradviz.language.tokens import Token
from gradviz.language.written_out import WRITTEN_OUT

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer

_MARK = re.compile(
    r"\s*(?:\{?\s*\\partial(?![A-Za-z])\s*\}?|∂|\\delta(?![A-Za-z])"
    r"|\\(?:mathrm|text|operatorname|textrm)\s*(?:\{\s*d\s*\}|d(?![A-Za-z]))|\{\s*\\rm\s*d\s*\}|\{\s*d\s*\}|d)\s*"
)
_DERIVATIVE = re.compile(r"\s*\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{?d)(?![a-z])")
_CALLED = re.compile(r"\s*(?:[(\['^]|\\left|\\[bB]ig|\\\{)")
_CONDITION = re.compile(r"\s*(?:_|\(|\[|\\\{|\\left)")
_BESIDE = re.compile(r"\s*(?:[_^=*/+'<>]|&=|\\approx|\\cdot|\\times|-)")


def read_command(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    """The tokens of ``\\word``, which stands at ``text[at:stop]``; returns where the text goes on."""
    if word in commands.SIGNS:
        return _sign(lexer, commands.SIGNS[word], at, stop, end, depth)
    if word in ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"):
        return _fraction(lexer, at, stop, end, depth)
    if word in commands.SILENT:
        return stop + (lexer.text[stop : stop + 1] == "." and word not in ("item",))
    if word in commands.SILENT_WITH_ARGUMENT:
        _, after = lexer.argument(stop, end)
        if word in ("hspace", "tag"):
            lexer.op("␣", at, after)
        return after
    if word in commands.LABELLED:
        lexer.op(commands.LABELLED[word], at, stop)
        return lexer.argument(stop, end)[1]
    if word in ACTIONS:
        return ACTIONS[word](lexer, word, at, stop, end, depth)
    if word in commands.FRAMES:
        return _frame(lexer, word, stop, end, depth)
    if word in commands.TEXTS:
        return _text(lexer, at, stop, end, depth)
    if word in commands.ALPHABETS:
        return _alphabet(lexer, word, at, stop, end, depth)
    if word in commands.ACCENTS:
        inner, after = lexer.argument(stop, end)
        base = plain(lexer, _bare(lexer.text[slice(*inner)]))
        base, _, below = base.partition("_")
        return lexer.symbol(base + commands.ACCENTS[word] + below, at, after, end, depth)
    if len(word) == 1 and not word.isalpha():
        return _mark(lexer, word, at, stop, end)
    if word == "Delta" and lexer.letters.find(word) is None:
        return _difference(lexer, at, stop, end, depth)
    known = word in commands.FUNCTIONS or word in GREEK_WORDS or word == "ell" or lexer.letters.find(word) is not None
    if known or (function_word(word) is not None and word not in commands.REFUSED):
        return lexer.symbol(word.removeprefix("var"), at, stop, end, depth)
    if word in commands.REFUSED:
        lexer.bad(commands.REFUSED[word] or "not read", at, stop)
        return stop
    lexer.bad(f"the command \\{word} is not read here", at, stop)
    return stop


def _difference(lexer: Lexer, at: int, stop: int, end: int, depth: int) -> int:
    """``\\Delta w``: one name, the change of w."""
    found = re.compile(r"\s*([A-Za-z])(?![A-Za-z])").match(lexer.text, stop, end)
    if found is None:
        return lexer.symbol("Delta", at, stop, end, depth)
    return lexer.symbol("Delta" + found[1], at, found.end(), end, depth)


def _sign(lexer: Lexer, said: str, at: int, stop: int, end: int, depth: int) -> int:
    if said == "∇" or (said == "∂" and lexer.text[stop : stop + 1] == "_"):
        return nabla(lexer, at, stop, end)
    if said == "\n":
        lexer.out.append(Token("newline", "\n", lexer.spread.span(at, stop)))
    elif said == "|(":
        lexer.name("abs", at, stop)
        lexer.op("(", at, stop)
    elif said == ")|":
        lexer.op(")", at, stop)
        if lexer.text[stop : stop + 1] == "_":
            lexer.out.pop()
            return point(lexer, at, stop, end)
    elif said == "|" and lexer.text[stop : stop + 1] == "_":
        return point(lexer, at, stop, end)
    elif said:
        lexer.op(said, at, stop)
    return stop


def _mark(lexer: Lexer, c: str, at: int, stop: int, end: int) -> int:
    """``\\,`` ``\\{`` ``\\\\`` and other commands of one character."""
    if c == "\\":
        lexer.out.append(Token("newline", "\n", lexer.spread.span(at, stop)))
        found = re.compile(r"\*?\s*\[[0-9.]*\s*[a-z]{2}\]").match(lexer.text, stop, end)
        return found.end() if found else stop
    if c == " " and lexer.out and lexer.out[-1].kind == "number" and _DERIVATIVE.match(lexer.text, stop, end):
        lexer.op("␣", at, stop)
    elif c in "{}":
        lexer.op("(" if c == "{" else ")", at, stop)
    elif c == "|":
        lexer.bad("matrix calculus: norms are not read", at, stop)
    elif c == "%":
        lexer.bad("percentages are not read: write 0.5 for 50 %", at, stop)
    elif c == "_":
        lexer.op("*", at, stop)
        lexer.out[-1] = Token("bad", r"a name with \_ : write it inside \text{…}", lexer.out[-1].span)
    return stop


def nabla(lexer: Lexer, at: int, stop: int, end: int) -> int:
    """``\\nabla_w L``, ``\\partial_w L``, ``D_w L``."""
    lowered = characters.SUBSCRIPTS.get(lexer.text[stop : stop + 1])
    if lexer.text[stop : stop + 1] != "_" and lowered is None:
        lexer.bad("matrix calculus: a gradient of everything at once is not read", at, stop)
        return stop
    inner, after = lexer.argument(stop + (lowered is None), end)
    by = lexer.letters.find(plain(lexer, lexer.text[slice(*inner)]))
    found = re.compile(r"\s*(\\[A-Za-z]+\s*\{[A-Za-z]\}|\\[A-Za-z]+|[A-Za-z])").match(lexer.text, after, end)
    of = lexer.letters.find(plain(lexer, _bare(found[1]))) if found else None
    if by is None or of is None or found is None:
        lexer.bad(f"{lexer.text[at:stop]} with a name that is not one of this problem", at, after)
        return after
    place = lexer.spread.span(at, found.end())
    said = (("op", "D"), ("op", "("), ("name", of), ("op", ","), ("name", by), ("op", ")"))
    lexer.out += [Token(kind, text, place) for kind, text in said]  # type: ignore[arg-type]
    return found.end()


def _bare(raw: str) -> str:
    """A letter without its alphabet: ``\\mathcal{L}``, ``\\mathbf y``, ``\\hat{y}`` (as yhat)."""
    said = re.sub(r"\\(?:" + "|".join(commands.ALPHABETS | commands.TEXTS) + r")(?![A-Za-z])\s*", "", raw)
    said = re.sub(r"\\(hat|bar|tilde)\s*\{?\s*\\?([A-Za-z]+)\s*\}?", r"\2\1", said)
    return said.replace(r"\ell", "ell")


# Fractions and derivatives


def _fraction(lexer: Lexer, at: int, stop: int, end: int, depth: int) -> int:
    top, after = lexer.argument(stop, end)
    bottom, after = lexer.argument(after, end)
    if after > end or bottom[0] >= bottom[1]:
        lexer.bad("a fraction without its denominator", at, min(after, end))
        return min(after, end)
    return quotient(lexer, top, bottom, at, after, depth)


def quotient(lexer: Lexer, top: tuple[int, int], bottom: tuple[int, int], at: int, after: int, depth: int) -> int:
    """``\\frac{top}{bottom}`` or ``{top \\over bottom}``."""
    if _derivative(lexer, top, bottom, at, after, depth):
        return after
    for text, part in (("(", None), ("(", top), (")", None), ("/", None), ("(", bottom), (")", None), (")", None)):
        lexer.op(text, at if text == "(" else after - 1, after)
        if part is not None:
            lexer.read(*part, depth + 1)
    return after


def _derivative(lexer: Lexer, top: tuple[int, int], bottom: tuple[int, int], at: int, after: int, depth: int) -> bool:
    text = lexer.text
    over = _MARK.match(text, *top)
    under = _MARK.match(text, *bottom)
    if over is None or under is None or under.end() >= bottom[1]:
        return False
    if any("\\delta" in mark[0] for mark in (over, under)) and lexer.letters.find("delta") is not None:
        return False
    if text[over.end() : over.end() + 1] == "^" and over.end() < top[1]:
        lexer.bad("second derivatives are not read", at, after)
        return True
    mark = len(lexer.out)
    lexer.read(under.end(), bottom[1], depth + 1)
    by = lexer.out[mark:]
    del lexer.out[mark:]
    if len(by) == 3 and by[0].text == "(":
        by = by[1:2]
    if len(by) != 1 or by[0].kind != "name":
        if [t for t in by if t.text == "∂"] or (by and by[0].kind == "bad"):
            lexer.bad("this derivative is not by one name of the problem", at, after)
            return True
        return False
    if over[0].strip() == "d" and lexer.letters.find(by[0].text) is None and lexer.letters.exact("d") is not None:
        return False
    if over.end() >= top[1]:
        lexer.op("D/", at, after)
        lexer.out.append(by[0])
        return True
    lexer.op("D", at, after)
    lexer.op("(", at, after)
    lexer.read(over.end(), top[1], depth + 1)
    lexer.op(",", at, after)
    lexer.out.append(by[0])
    lexer.op(")", at, after)
    return True


# Text and alphabets


def _text(lexer: Lexer, at: int, stop: int, end: int, depth: int) -> int:
    inner, after = lexer.argument(stop, end)
    said = lexer.text[slice(*inner)].strip()
    if "$" in said:
        return _with_formulas(lexer, inner, after, depth)
    if said == "d" and lexer.letters.find("d") is None:
        lexer.op("∂", at, after)
        return after
    word = said.rstrip("'")
    if word != said and function_word(word):
        lexer.name(function_word(word) or word, at, after)
        lexer.op("'", after - 1, after)
        return after
    symbol = re.fullmatch(r"[A-Za-z]\w*", said) and _BESIDE.match(lexer.text, after, end)
    called = function_word(said) if _CALLED.match(lexer.text, after, end) and said not in PROSE_TOO else None
    if said and (called or lexer.letters.find(said) is not None or symbol):
        return lexer.symbol(called or said, at, after, end, depth)
    lexer.out.append(Token("text", said, lexer.spread.span(at, after)))
    return after


def _with_formulas(lexer: Lexer, inner: tuple[int, int], after: int, depth: int) -> int:
    """``\\text{if $z > 0$}``: words and formulas in turn."""
    at = inner[0]
    for position, part in enumerate(lexer.text[slice(*inner)].split("$")):
        if position % 2:
            lexer.read(at, at + len(part), depth + 1)
        elif part.strip():
            lexer.out.append(Token("text", part.strip(), lexer.spread.span(at, at + len(part))))
        at += len(part) + 1
    return after


def function_word(word: str) -> str | None:
    """The word under which a function is called here, in any case."""
    for spelled in (word, word.lower(), word.replace(" ", "_").lower()):
        if spelled in WRITTEN_OUT or (function_named(spelled) and spelled not in ("copy",)):
            return spelled
    return None


def _alphabet(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    inner, after = lexer.argument(stop, end)
    raw = lexer.text[slice(*inner)].strip()
    said = plain(lexer, _bare(raw))
    if raw == "1" and word in ("mathbf", "boldsymbol", "bm", "mathrm") and _CONDITION.match(lexer.text, after, end):
        lexer.op("𝟙", at, after)
        return after
    if re.fullmatch(r"[-+0-9.]+", raw):
        lexer.read(*inner, depth + 1)
        return after
    if raw == "d" and lexer.letters.find("d") is None:
        rest = lexer.text[after:end].lstrip()
        lexer.op("∂", at, after) if rest else lexer.bad("a lone d", at, after)
        return after
    if word in ("mathbf", "boldsymbol", "bm", "bf") and len(said) <= 2 and lexer.letters.find(said) is None:
        lexer.bad("matrix calculus: bold letters are read as vectors", at, after)
        return after
    if not said:
        return after
    return (
        lexer.symbol(function_word(said) or said, at, after, end, depth)
        if said.isalnum()
        else _frame_at(lexer, inner, after, depth)
    )


def _frame(lexer: Lexer, word: str, stop: int, end: int, depth: int) -> int:
    for _ in range(commands.FRAMES[word]):
        _, stop = lexer.argument(stop, end)
    inner, after = lexer.argument(stop, end)
    if word in ("underbrace", "overbrace") and lexer.text[after : after + 1] in ("_", "^"):
        _, rest = lexer.argument(after + 1, end)
        _frame_at(lexer, inner, after, depth)
        return rest
    return _frame_at(lexer, inner, after, depth)


def _frame_at(lexer: Lexer, inner: tuple[int, int], after: int, depth: int) -> int:
    """The inside of a frame, in brackets where it is a formula of its own."""
    if lexer.text[inner[0] - 1 : inner[0]] == "{" and closing(lexer.text, inner[0] - 1) == inner[1]:
        lexer.group(inner[0] - 1, inner[1], depth)
    else:
        lexer.read(*inner, depth + 1)
    return after
