"""Homework's side of the grammar: derivatives, primes, indicators, and functions without brackets.

The signs and their strength are those of ``grammar``. Where courses write what can be read in two ways, it is refused
with both readings, not guessed.
"""

from __future__ import annotations

from gradviz.language import mistakes
from gradviz.language.derivatives import BY, Derivatives
from gradviz.language.letters import Letters
from gradviz.language.scope import Names, function_named
from gradviz.language.source import Source, Span
from gradviz.language.syntax import (
    BINDING,
    COMPARISONS,
    Binary,
    Call,
    Derivative,
    Expression,
    Name,
    Number,
    Prime,
    names_in,
)
from gradviz.language.tokens import Token
from gradviz.language.walk import Walk, run
from gradviz.language.written_out import INVERSES, WRITTEN_OUT, written_out


class Reader(Derivatives):
    """Reads one side of a statement of homework.

    Args:
        source: the text the spans point into.
        tokens: the side, the last one of kind "end".
        letters: the names of the problem.

    After reading, ``notes`` says what could have been meant otherwise.
    """

    def __init__(self, source: Source, tokens: list[Token], letters: Letters) -> None:
        names = Names(frozenset(letters.names), frozenset(), frozenset(letters.headed))
        super().__init__(source, tokens, names, 0, [])
        self.letters = letters
        self.differentiated: frozenset[str] = frozenset()  # names that the statement differentiates

    def side(self) -> Expression:
        """The whole side.

        Raises:
            GradvizError: it cannot be read, or only in two ways.
        """
        unread = next((token for token in self.tokens if token.kind == "bad"), None)
        if unread is not None:
            self.source.fail(unread.text, unread.span)
        found = run(self.expression(0, 0))
        if self.now.kind != "end":
            mistakes.left_over(self.source, self.tokens, self.at)
        return found

    # What may stand side by side

    def _begins_operand(self, token: Token) -> bool:
        return super()._begins_operand(token) or (token.kind == "op" and token.text in (*BY, "𝟙"))

    def _check_product(self, start: int, last: Token | None) -> None:
        before, token = self.tokens[self.at - 1], self.tokens[self.at]
        both = (before.span[0], token.span[1])
        if token.kind == "number" and before.text == ")" and before.span[1] < token.span[0]:
            self.notes.append((both, "the number after the bracket is read as a factor"))
        elif token.kind == "number":
            self.source.fail("there is no sign before this number", both, hint="* for a product, + for a sum")
        inside = self.tokens[self.at + 1 : self.at + 3]
        if (
            token.text == "["
            and before.kind == "name"
            and [t.kind == "number" or t.text for t in inside] == [True, "]"]
        ):
            self.source.fail("entries of vectors are not read in homework", both, hint="a name such as z_0")
        if last is not None and last.text == "/" and self._fraction_of_numbers(start, last):
            said = self.source.at((start, before.span[1]))
            self.notes.append((both, f"{said} is read as a factor, ({said})"))
        elif last is not None and last.text == "/":
            slash = (
                self.source.at((start, last.span[0])).strip(),
                self.source.at((last.span[1], before.span[1])).strip(),
            )
            right = self.source.at(token.span)
            self.source.fail(
                "this quotient can be read in two ways",
                (start, token.span[1]),
                hint=f"{slash[0]}/({slash[1]} {right}) or ({slash[0]}/{slash[1]}) {right}",
            )

    def _fraction_of_numbers(self, start: int, slash: Token) -> bool:
        """``1/2 (y - t)²``: a plain fraction before a bracket or a space."""
        before, token = self.tokens[self.at - 1], self.tokens[self.at]
        if self.at < 3 or self.tokens[self.at - 2] is not slash:
            return False
        over, apart = self.tokens[self.at - 3], token.text in ("(", "[") or before.span[1] < token.span[0]
        return apart and over.kind == before.kind == "number" and over.span[0] == start

    def _check_exponent(self, start: int, sign: Token) -> None:
        before, token = self.tokens[self.at - 1], self.tokens[self.at]
        if before.span[1] < token.span[0] and token.kind in ("name", "number") and before.kind == "number":
            self.notes.append(((start, token.span[1]), "the power is read as ending at the space"))
            return
        super()._check_exponent(start, sign)

    # Operands

    def _operand(self, depth: int) -> Walk[Expression]:
        token = self.now
        found: Expression
        if token.kind == "text":
            self.source.fail(f"{token.text!r} is not a name of this problem", token.span)
        if token.kind == "op" and token.text in BY:
            found = yield self._derivative(depth)
            return found
        if token.kind == "op" and token.text == "∂":
            self.source.fail("a lone d or ∂: a derivative needs both parts", token.span, expected="dL/dx")
        if token.text == "𝟙" or (token.kind == "number" and token.text == "1" and self._compares(self.at + 1)):
            found = yield self._indicator(depth)
            return found
        if token.text == "[" and token.kind == "op":
            start = self.take()
            items = yield self._list(start, depth)
            if len(items) != 1:
                self.source.fail("matrix calculus: vectors are not read", (start.span[0], self._end()))
            only: Expression = items[0]
            return only
        found = yield super()._operand(depth)
        return found

    def _compares(self, at: int) -> bool:
        """Whether the bracket at a token holds a comparison: ``1(x > y)``."""
        if self.tokens[at].text not in ("(", "["):
            return False
        depth = 0
        for token in self.tokens[at:]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth == 0:
                return False
            if depth == 1 and token.kind == "op" and token.text in COMPARISONS:
                return True
        return False

    def _indicator(self, depth: int) -> Walk[Expression]:
        sign = self.take()
        opening = self.take()
        if opening.text not in ("(", "["):
            self.source.fail("an indicator needs its condition", sign.span, expected="1(x > 0)")
        items = yield self._list(opening, depth)
        if len(items) != 1 or not (isinstance(items[0], Binary) and items[0].op in COMPARISONS):
            self.source.fail("an indicator needs one comparison", sign.span, expected="1(x > 0)")
        return items[0]

    # Words

    def _word(self, token: Token, depth: int) -> Walk[Expression]:
        word = token.text
        found: Expression
        if self.now.text == "'":
            found = yield self._prime(token, depth)
        elif word not in self.names.declared and (word in WRITTEN_OUT or self.names.is_function(word)):
            found = yield self._applied(token, depth)
        elif self.now.text == "(" and word in self.letters.headed:
            found = yield self._headed(token, depth)
        elif self.now.text == "(" and word in self.differentiated and (end := self._names_until()):
            self.notes.append(((token.span[0], end), f"{word}(…) is read as {word}, which the names hang on"))
            found = Name((token.span[0], end), word)
        else:
            if self.now.text == "(" and word not in self.names.declared and not self.names.is_constant(word):
                self.source.fail(f"{word} is neither a name of this problem nor a function", token.span)
            found = Name(token.span, word)
        return found

    def _names_until(self) -> int:
        """Behind ``(x, y)``, which is taken: where it ends; 0 where the bracket holds something else."""
        at = self.at + 1
        while self.tokens[at].kind == "name" or self.tokens[at].text == ",":
            at += 1
        if at == self.at + 1 or self.tokens[at].text != ")":
            return 0
        self.at = at
        return self.take().span[1]

    def _indices(self, found: Expression, start: int, depth: int) -> Walk[Expression]:
        """``(x^2)'``: the derivative of a bracket by the one name in it."""
        if self.now.text == "'" and self.tokens[self.at - 1].text in (")", "]") and not isinstance(found, Call):
            called = self.letters.headed.get(found.name) if isinstance(found, Name) else None  # f(x)'
            used = [name for name in called or names_in(found) if not self.names.is_constant(name)]
            mark = self.take()
            if len(used) != 1 or self.now.text == "'" or (isinstance(found, Name) and not called):
                self.source.fail("this prime does not say by which name", (start, mark.span[1]), expected="d/dx (…)")
            found = Derivative((start, mark.span[1]), found, Name(mark.span, used[0]))
        return found
        yield  # a walker all the same

    def _headed(self, token: Token, depth: int) -> Walk[Expression]:
        """``f(x, y)`` where f was defined so: the node f."""
        header = self.letters.headed[token.text]
        arguments = yield self._list(self.take(), depth)
        product = len(arguments) == 1 and (len(header) > 1 or token.text in names_in(arguments[0]))
        if product and self.now.text not in ("^", "'"):
            return self._times(token, arguments[0])  # f(1 - f)
        if [a.name if isinstance(a, Name) else "" for a in arguments] != list(header):
            whole = (token.span[0], self._end())
            self.source.fail(
                f"{token.text} is one node of the graph, {token.text}({', '.join(header)}); it cannot be called anew",
                whole,
            )
        return Name(token.span, token.text)

    def _times(self, token: Token, factor: Expression) -> Expression:
        span = (token.span[0], self._end())
        self.notes.append((span, f"{token.text}(…) is read as a product: {token.text} stands for one number"))
        return Binary(span, "*", Name(token.span, token.text), factor, True)

    def _prime(self, token: Token, depth: int) -> Walk[Expression]:
        """``σ'(z)``, ``g'(x)``, ``f'``."""
        word, sign = token.text, self.take()
        if self.now.text == "'":
            self.source.fail("second derivatives are not read", self.now.span)
        header = self.letters.headed.get(word)
        if self.now.text not in ("(", "["):
            if header is not None and len(header) == 1:
                return Derivative((token.span[0], sign.span[1]), Name(token.span, word), Name(sign.span, header[0]))
            self.source.fail(f"{word}' needs its argument, or a name of this problem that is spelled so", token.span)
        arguments = yield self._list(self.take(), depth)
        span = (token.span[0], self._end())
        if len(arguments) != 1:
            self.source.fail("a primed function has one argument", span)
        if word in self.names.declared:
            if isinstance(arguments[0], Name):
                return Derivative(span, Name(token.span, word), arguments[0])
            self.source.fail(f"{word} is one node of the graph, not a function of anything", span)
        if not self.names.is_function(word):
            self.source.fail(f"{word} is neither a name of this problem nor a function", token.span)
        return Prime(span, function_named(word) or word, arguments[0])

    def _applied(self, token: Token, depth: int) -> Walk[Expression]:
        """A function with its argument, in brackets or as one factor."""
        exponent: Expression | None = None
        if self.now.text == "^":
            self.take()
            bracket = self.now.text == "("
            self.at += bracket
            inverse = INVERSES.get(token.text)
            if inverse and bracket and [t.text for t in self.tokens[self.at : self.at + 3]] == ["-", "1", ")"]:
                self.at += 3
                self.notes.append((token.span, f"{token.text}^(-1) is read as {inverse}"))
                inner: Expression = yield self._applied(Token("name", inverse, token.span), depth)
                return inner
            literal = self.take()
            if literal.kind != "number" or (bracket and self.take().text != ")"):
                self.source.fail(
                    f"only a plain number may stand between {token.text} and its argument",
                    (token.span[0], literal.span[1]),
                    hint=f"{token.text}(x)^n, or the inverse function by its name",
                )
            exponent = Number(literal.span, literal.text, literal.value)
        if self.now.text in ("(", "["):
            arguments = yield self._list(self.take(), depth)
        else:
            arguments = yield self._bare_argument(token, depth)
        found = self._called(token, arguments)
        return found if exponent is None else Binary((token.span[0], self._end()), "^", found, exponent)

    def _bare_argument(self, token: Token, depth: int) -> Walk[tuple[Expression, ...]]:
        """``\\ln y``, ``sin 2x``: one factor, with a number before it."""
        if not self._begins_operand(self.now) and self.now.text != "|":
            self.source.fail(f"{token.text} needs something to work on", token.span, hint=f"{token.text}(…)")
        start = self.now.span[0]
        first: Expression = yield self.expression(BINDING["^"], depth + 1)
        if isinstance(first, Number) and self.now.kind == "name" and not self.names.is_function(self.now.text):
            second = yield self.expression(BINDING["^"], depth + 1)
            first = Binary((start, self._end()), "*", first, second, implicit=True)
        following = self.now
        if (following.kind == "name" and not self._is_call(following)) or following.kind == "number":
            self.source.fail(
                f"how far {token.text} reaches can be read in two ways",
                (token.span[0], following.span[1]),
                hint=f"brackets: {token.text}(…)",
            )
        if following.text in ("(", "["):
            self.notes.append(
                ((token.span[0], following.span[1]), f"{token.text} is read as ending before the bracket")
            )
        return (first,)

    def _is_call(self, token: Token) -> bool:
        return token.text not in self.names.declared and function_named(token.text) is not None

    def _called(self, token: Token, arguments: tuple[Expression, ...]) -> Expression:
        span: Span = (token.span[0], self._end())
        if token.text not in WRITTEN_OUT:
            function = function_named(token.text)
            assert function is not None
            return Call(span, function, arguments)
        if len(arguments) != 1:
            self.source.fail(f"{token.text} has one argument", span)
        return written_out(token.text, arguments[0], span)
