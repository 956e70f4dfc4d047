"""What people type wrong, and the fix ready to paste.

Every function here either returns, because nothing is wrong, or raises the error that helps. The grammar
calls them where it notices; they look at the tokens around that place.
"""

from __future__ import annotations

from typing import NoReturn

from gradviz.errors import did_you_mean
from gradviz.language.scope import Names, function_named, function_words
from gradviz.language.source import Source, Span
from gradviz.language.tokens import Token

_MODULES = {"np", "numpy", "math", "cmath", "torch", "jnp", "jax", "F", "nn", "tf", "sympy", "sp", "scipy"}
_ENGLISH = {"and": "*", "or": "max(a, b)", "not": "1 - a"}
_PYTHON = {"import", "from", "def", "class", "return", "print", "lambda", "for", "while", "let", "var", "const"}


def no_operand(source: Source, tokens: list[Token], at: int) -> NoReturn:
    """Something must stand here (a number, a name, a bracket), and does not."""
    token = tokens[at]
    before = tokens[at - 1] if at else None
    expected = "a number, a name or a bracket"
    if token.kind == "end":
        assert before is not None
        hint = None
        if token.text == "\n":
            hint = "to go on in the next line, put the whole right side in brackets ( … )"
        source.fail(f"the expression ends after {source.at(before.span)}", before.span, expected=expected, hint=hint)
    if before is None:
        hint = "to continue the line above, put its whole right side in brackets ( … )"
        source.fail(f"a statement cannot begin with {token.text}", token.span, expected=expected, hint=hint)
    if token.text == ")" and before.text == "(":
        source.fail("these brackets are empty", (before.span[0], token.span[1]), expected=expected)
    if token.text == "=" and before.text == "=":
        source.fail("there is a space inside ==", (before.span[0], token.span[1]), hint="==")
    source.fail(
        f"there is nothing between {source.at(before.span)} and {source.at(token.span)}", token.span, expected=expected
    )


def left_over(source: Source, tokens: list[Token], at: int, opening: Token | None = None) -> NoReturn:
    """A whole expression was read, and this token cannot follow it."""
    token = tokens[at]
    inside = " inside brackets" if opening else ""
    if token.text == "=":
        source.fail(f"there is an ={inside} where no name is defined", token.span, hint="== to compare")
    if token.text == "," and opening is not None:
        source.fail("there is a comma inside round brackets", token.span, hint="[a, b] for a vector")
    if token.text == ",":
        before, after = tokens[at - 1], tokens[at + 1]
        if before.kind == after.kind == "number" and before.span[1] == token.span[0]:
            hint = f"{before.text}.{after.text} (decimal numbers take a point)"
        else:
            hint = "; between statements, [a, b] for a vector"
        source.fail("there is a comma after a complete expression", token.span, hint=hint)
    if token.text == "|":
        source.fail("this | closes nothing", token.span, hint="|x| for the absolute value")
    source.fail(f"{source.at(token.span)} cannot stand here{inside}", token.span, expected="an operator such as + or *")


def bar_never_closed(source: Source, bar: Token) -> NoReturn:
    """``|x`` without its second bar."""
    source.fail("this | is never closed", bar.span, expected="|x| for the absolute value", hint="abs(x)")


def chained_comparison(source: Source, left: Span, sign: Token) -> NoReturn:
    """``0 < x < 1``."""
    source.fail(
        f"{source.at(left)} {sign.text} … compares twice in a row", sign.span, hint="(0 < x)*(x < 1) for 0 < x < 1"
    )


def check_product(source: Source, start: int, tokens: list[Token], at: int, last: Token | None) -> None:
    """Whether two operands side by side are a product that can be read in one way only."""
    before, token = tokens[at - 1], tokens[at]
    both = (before.span[0], token.span[1])
    a, b = source.at(before.span), source.at(token.span)
    if token.text == "[":
        source.fail(f"{a} has no entries", both, hint=f"{a}*[ … ] for a product")
    if before.kind == "name" and token.kind == "name":
        _two_words(source, before, token, tokens, at)
    if token.kind == "number":
        if before.kind == "number":
            gap = "two numbers stand side by side"
            source.fail(gap, both, hint=f"{a}*{b} for a product, [{a}, {b}] for a vector")
        left = source.at((start, before.span[1]))
        if before.text == ")" and "\n" not in left and len(left) < 40:
            source.fail("a number after a bracket is not read as a product", token.span, hint=f"{left}*{b}")
        source.fail(f"there is no operator between {a} and {b}", both, hint=f"* between them: {a}*{b}")
    if last is not None and last.text == "/":
        slash = last.span
        top, bottom = source.at((start, slash[0])).strip(), source.at((slash[1], before.span[1])).strip()
        right = source.at(_factor(tokens, at))
        source.fail(
            "this quotient can be read in two ways",
            (start, _factor(tokens, at)[1]),
            hint=f"{top}/({bottom}*{right}) or ({top}/{bottom})*{right}",
        )


def _factor(tokens: list[Token], at: int) -> Span:
    """The span of the operand that begins at a token, as far as brackets go."""
    end, depth = at, 0
    while tokens[end].kind != "end":
        depth += (tokens[end].text in ("(", "[")) - (tokens[end].text in (")", "]"))
        following = tokens[end + 1].text
        if depth == 0 and not (tokens[end].kind == "name" and following in ("(", "[")):
            break
        end += 1
    return (tokens[at].span[0], tokens[end].span[1])


def _two_words(source: Source, before: Token, token: Token, tokens: list[Token], at: int) -> NoReturn:
    both = (before.span[0], token.span[1])
    a, b = before.text, token.text
    _check_word_operator(source, a, both)
    _check_word_operator(source, b, both)
    if a in _PYTHON:
        source.fail(
            f"this looks like program code ({a} …); gradviz reads formulas",
            both,
            hint="f = (x + y)*z, or trace your own function: gradviz show file.py:function",
        )
    right = source.at(_factor(tokens, at))
    product = f"{a}*{right}"
    if at >= 3 and tokens[at - 2].text == "/" and tokens[at - 3].kind != "op":
        top = source.at(tokens[at - 3].span)
        product = f"{top}/({product}) or ({top}/{a})*{right}"
    source.fail(f"there is no operator between {a} and {b}", both, hint=product)


def _check_word_operator(source: Source, word: str, span: Span) -> None:
    """``and``, ``if`` …: operators of programming languages."""
    if word in ("if", "else"):
        source.fail("conditions are written as a function", span, hint="where(x > 0, x, 0) for x if x > 0 else 0")
    if word in _ENGLISH:
        source.fail(f"{word!r} is not an operator here", span, hint=f"{_ENGLISH[word]} of two comparisons")


def check_exponent(source: Source, start: int, sign: Token, tokens: list[Token], at: int) -> None:
    """``x^2y``: the y may stand in the exponent or after it."""
    before, token = tokens[at - 1], tokens[at]
    if before.text in (")", "]") or not (token.kind in ("name", "number") or token.text == "√"):
        return
    base = source.at((start, sign.span[0])).strip()
    power = source.at((sign.span[1], before.span[1])).strip()
    right = source.at(_factor(tokens, at))
    source.fail(
        "this power can be read in two ways",
        (start, _factor(tokens, at)[1]),
        hint=f"{base}^({power}*{right}) or {base}^({power})*{right}",
    )


def check_root(source: Source, sign: Token, tokens: list[Token], at: int) -> None:
    """``√2x`` and ``√x²``: how far the root reaches."""
    before, token = tokens[at - 1], tokens[at]
    if before.text == ")" or not (token.kind in ("name", "number") or token.text == "^"):
        return
    inner = source.at((sign.span[1], before.span[1])).strip()
    end = tokens[at + 1].span[1] if token.text == "^" else token.span[1]
    rest = source.at((before.span[1], end)).strip()
    join = "" if token.text == "^" else "*"
    source.fail(
        "this root can be read in two ways",
        (sign.span[0], end),
        hint=f"√({inner}{join}{rest}) or √({inner}){join}{rest}",
    )


def dotted(source: Source, tokens: list[Token], at: int) -> NoReturn:
    """``np.exp(x)``, ``math.log``, ``x.shape``."""
    before, after = tokens[at - 1], tokens[at + 1]
    span = (before.span[0], after.span[1])
    while after.kind == "name" and tokens[at + 2].text == "." and tokens[at + 3].kind == "name":
        at += 2
        after = tokens[at + 1]
    if after.kind == "name" and (before.text in _MODULES or function_named(after.text)):
        word = after.text if function_named(after.text) else did_you_mean(after.text, function_words())
        source.fail(
            f"functions are called by their name alone, without {before.text}.",
            (span[0], after.span[1]),
            hint=f"{word}(x)" if word else "gradviz gates lists the functions",
        )
    source.fail(
        f"a point after {before.text} means nothing here", span, expected="W.T for a transpose", hint="* for a product"
    )


def function_without_brackets(
    source: Source, tokens: list[Token], at: int, names: Names, function: Token | None = None
) -> NoReturn:
    """``exp x``, ``sin x cos y``, or a function's name used like a variable."""
    token, after = tokens[at], tokens[at + 1]
    word = (function or token).text
    power = source.at((function.span[1], token.span[1])).strip() if function else ""
    if after.kind not in ("name", "number") and after.text != "√":
        source.fail(
            f"{word} is a function here",
            (function or token).span,
            expected=f"{word}(…)",
            hint=f"{word}(x); or give {word} a value to use it as a variable: {word} = 1",
        )
    span = ((function or token).span[0], after.span[1])
    inner = source.at(_factor(tokens, at + 1))
    following = tokens[at + 2]
    if following.kind == "name":
        rest = source.at(_factor(tokens, at + 2))
        if names.is_function(following.text) and "(" not in rest and tokens[at + 3].kind in ("name", "number"):
            rest = f"{following.text}({source.at(tokens[at + 3].span)})"
        source.fail(
            f"{word} needs brackets: this can be read in two ways",
            (span[0], following.span[1]),
            hint=f"{word}({inner}){power}*{rest} or {word}({inner}*{rest}){power}",
        )
    source.fail(f"{word} needs brackets around what it is applied to", span, hint=f"{word}({inner}){power}")


def function_power(source: Source, tokens: list[Token], at: int, function: Token) -> NoReturn:
    """``sin^-1(x)``, ``exp^x``."""
    word, token = function.text, tokens[at]
    minus = token if token.text == "-" else tokens[at + 1] if token.kind != "end" else token
    if minus.text == "-":
        inverse = {"sin": "asin", "cos": "acos", "tan": "atan"}.get(word)
        hint = f"1/{word}(x)" + (f" for the reciprocal, {inverse}(x) for the angle" if inverse else "")
        source.fail(f"{word}^-1 can be read in two ways", (function.span[0], minus.span[1]), hint=hint)
    source.fail(f"only a plain number may stand between {word} and its brackets", token.span, hint=f"{word}(x)^n")


def unknown_function(source: Source, tokens: list[Token], at: int, names: Names) -> NoReturn:
    """A word before a bracket that is neither a function nor a variable."""
    token = tokens[at]
    word = token.text
    _check_word_operator(source, word, token.span)
    pieces = pieces_of(word, names, call=True)
    if pieces:
        source.fail(f"there is no function {word!r}", token.span, hint="*".join(pieces) + "(…)")
    if word in ("log10", "log2", "lg", "log_10", "log_2"):
        base = "2" if word.endswith("2") else "10"
        source.fail(f"there is no function {word!r}; log is the natural one", token.span, hint=f"log(x)/log({base})")
    near = did_you_mean(word, function_words())
    inner = source.at(_factor(tokens, at + 1))
    as_product = f"{word}*{inner}" if len(inner) < 40 and "\n" not in inner else f"{word}*(…)"
    hint = f"{near}(…), or {as_product} for a product" if near else f"{as_product} for a product"
    source.fail(
        f"there is no function {word!r}", token.span, expected="a function; gradviz gates lists them", hint=hint
    )


def call_of_a_node(source: Source, tokens: list[Token], at: int) -> NoReturn:
    """``g = f(x) + 1`` after ``f(x) = …``: f is one node of the graph, not a function to call again."""
    token = tokens[at]
    product = f"{token.text}*{source.at(_factor(tokens, at + 1))}"
    source.fail(
        f"{token.text} is a node of this graph, not a function that can be called",
        token.span,
        hint=f"{token.text} for the node" + (f", or {product} for a product" if len(product) < 40 else ""),
    )


def check_glued(source: Source, tokens: list[Token], at: int, names: Names) -> None:
    """``xy`` where x and y are known and xy is not."""
    token = tokens[at]
    pieces = pieces_of(token.text, names)
    if not pieces:
        return
    product = "*".join(pieces)
    if at >= 2 and tokens[at - 1].text == "/":
        top = source.at(tokens[at - 2].span)
        top = top if top != ")" else "…"
        product = f"{top}/({product}) or {top}/{product}"
    known = list(dict.fromkeys(pieces))
    verb = "is" if len(known) == 1 else "are"
    source.fail(f"there is no {token.text!r}, but there {verb} {' and '.join(known)}", token.span, hint=product)


def pieces_of(word: str, names: Names, *, call: bool = False) -> list[str] | None:
    """The known names a word is glued from, two or more; for a call the last piece may be a function.

    >>> pieces_of("w0x0", Names(frozenset({"w0", "x0"})))
    ['w0', 'x0']
    """
    size = len(word)
    best: dict[int, list[str]] = {size: []}  # how the rest of the word from a position splits, if it does
    for at in range(size - 1, -1, -1):
        if not word[at].isalpha():
            continue
        for end, rest in best.items():
            part = word[at:end]
            if part == word:
                continue
            if part in names.declared or part == "π" or (call and end == size and names.is_function(part)):
                best[at] = [part, *rest]
                break
    return best.get(0)
