"""The Pratt grammar: tokens -> one expression tree, with gate structure exactly as typed.

It knows signs and their strength, and asks the symbol table about words: ``z(1-z)`` is a product where z is
a variable and a call where it is a function. It never sees characters, so other spellings share it.
"""

from __future__ import annotations

from gradviz.language import mistakes
from gradviz.language.layout import MAX_NESTING, too_deep
from gradviz.language.scope import Names, function_named
from gradviz.language.source import Source, Span
from gradviz.language.syntax import (
    BINDING,
    COMPARISONS,
    MINUS,
    Binary,
    Call,
    Expression,
    Index,
    Name,
    Number,
    Transpose,
    Unary,
    Vector,
)
from gradviz.language.tokens import Token
from gradviz.language.walk import Walk, run

_PRODUCT = BINDING["*"]


class Parser:
    """Reads expressions from the tokens of one statement (the last of kind "end").

    Args:
        source: the text, for errors.
        tokens: one statement, brackets already matched.
        names: the symbol table.
        at: the token to begin with.
        notes: where remarks about spellings are collected.
    """

    def __init__(
        self, source: Source, tokens: list[Token], names: Names, at: int, notes: list[tuple[Span, str]]
    ) -> None:
        self.source = source
        self.tokens = tokens
        self.names = names
        self.at = at
        self.notes = notes
        self._bars: list[Token] = []  # |…| opened inside the innermost bracket

    @property
    def now(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, and step past it."""
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def parse(self) -> Expression:
        """One whole expression; what follows it is left for the caller."""
        return run(self.expression(0, 0))

    def expression(self, least: int, depth: int) -> Walk[Expression]:
        """An expression whose signs all bind at least as tightly as ``least``."""
        start = self.now.span[0]  # of the bracket, where ``left`` begins with one
        left: Expression = yield self._operand(depth)
        last: Token | None = None  # the sign that made ``left`` what it is, if this loop did
        while True:
            token = self.now
            if token.kind == "op" and token.text in BINDING:
                if BINDING[token.text] < least:
                    return left
                if token.text in COMPARISONS and last is not None and last.text in COMPARISONS:
                    mistakes.chained_comparison(self.source, (start, self._end()), token)
                left, last = (yield self._sign(left, start, depth)), token
            elif self._begins_operand(token):
                if least > _PRODUCT:
                    return left
                self._check_product(start, last)
                right = yield self.expression(_PRODUCT + 1, depth)
                left, last = Binary((start, self._end()), "*", left, right, implicit=True), None
            else:
                return left

    def _sign(self, left: Expression, start: int, depth: int) -> Walk[Expression]:
        sign = self.take()
        if sign.text == "^":
            right = yield self.expression(BINDING["^"], depth + 1)
            self._check_exponent(start, sign)
        else:
            right = yield self.expression(BINDING[sign.text] + 1, depth)
        return Binary((start, self._end()), sign.text, left, right)

    def _check_product(self, start: int, last: Token | None) -> None:
        mistakes.check_product(self.source, start, self.tokens, self.at, last)

    def _check_exponent(self, start: int, sign: Token) -> None:
        mistakes.check_exponent(self.source, start, sign, self.tokens, self.at)

    def _end(self) -> int:
        return self.tokens[self.at - 1].span[1]

    def _begins_operand(self, token: Token) -> bool:
        if token.kind == "op":
            return token.text in ("(", "[", "√") or (token.text == "|" and not self._bars)
        return token.kind in ("number", "name")

    def _operand(self, depth: int) -> Walk[Expression]:
        """A number, word, bracket or prefix sign, with the indices after it."""
        if depth > MAX_NESTING:
            too_deep(self.source, self.now)
        token = self.take()
        start = token.span[0]
        found: Expression
        if token.kind == "number":
            return Number(token.span, token.text, token.value)
        if token.kind == "name":
            found = yield self._word(token, depth)
        elif token.text == "-":
            found = yield self._minus(token, depth)
            return found
        elif token.text == "+":
            found = yield self.expression(MINUS, depth + 1)
            return found
        elif token.text == "√":
            found = yield self._root(token, depth)
            return found
        elif token.text == "(":
            found = yield self._group(token, depth)
        elif token.text == "[":
            items = yield self._list(token, depth)
            found = Vector((start, self._end()), items)
        elif token.text == "|":
            self._bars.append(token)
            inner = yield self.expression(0, depth + 1)
            if self.now.text != "|":
                mistakes.bar_never_closed(self.source, token)
            self.take()
            self._bars.pop()
            found = Call((start, self._end()), "abs", (inner,))
        else:
            mistakes.no_operand(self.source, self.tokens, self.at - (token.kind != "end"))
        found = yield self._indices(found, start, depth)
        return found

    def _indices(self, found: Expression, start: int, depth: int) -> Walk[Expression]:
        while True:
            if self.now.text == "[":
                indices = yield self._list(self.take(), depth)
                found = Index((start, self._end()), found, indices)
            elif self.now.text == ".":
                if self.tokens[self.at + 1].text != "T":
                    mistakes.dotted(self.source, self.tokens, self.at)
                self.at += 2
                found = Transpose((start, self._end()), found)
            else:
                return found

    def _minus(self, sign: Token, depth: int) -> Walk[Expression]:
        literal = self.now
        if literal.kind == "number":
            if self.tokens[self.at + 1].text != "^":
                self.take()
                return Number((sign.span[0], literal.span[1]), "-" + literal.text, -literal.value)
            what = f"-{literal.text}^… is read as -({literal.text}^…); write (-{literal.text})^… for the other"
            self.notes.append(((sign.span[0], literal.span[1]), what))
        operand = yield self.expression(MINUS, depth + 1)
        return Unary((sign.span[0], self._end()), operand)

    def _root(self, sign: Token, depth: int) -> Walk[Expression]:
        operand = yield self._operand(depth + 1)
        mistakes.check_root(self.source, sign, self.tokens, self.at)
        return Call((sign.span[0], self._end()), "sqrt", (operand,))

    def _group(self, opening: Token, depth: int) -> Walk[Expression]:
        outer, self._bars = self._bars, []
        inner: Expression = yield self.expression(0, depth + 1)
        if self.now.text != ")":
            mistakes.left_over(self.source, self.tokens, self.at, opening)
        self.take()
        self._bars = outer
        return inner

    def _list(self, opening: Token, depth: int) -> Walk[tuple[Expression, ...]]:
        """What stands between an opening bracket, just taken, and its partner, separated by commas."""
        closing = ")" if opening.text == "(" else "]"
        outer, self._bars = self._bars, []
        items: list[Expression] = []
        while self.now.text != closing:
            items.append((yield self.expression(0, depth + 1)))
            if self.now.text == ",":
                comma = self.take()
                if closing == ")" and self.now.text == closing:
                    self.source.fail("there is nothing after this comma", comma.span, expected="an argument")
            elif self.now.text != closing:
                mistakes.left_over(self.source, self.tokens, self.at, opening)
        self.take()
        self._bars = outer
        if not items and closing == "]":
            self.source.fail("these brackets are empty", (opening.span[0], self._end()), hint="[1, 2] for a vector")
        return tuple(items)

    def _word(self, token: Token, depth: int) -> Walk[Expression]:
        found: Expression
        word, after = token.text, self.now.text
        if after == "." and self.tokens[self.at + 1].text != "T":
            mistakes.dotted(self.source, self.tokens, self.at)
        if self.names.is_function(word):
            if after == "(":
                found = yield self._call(token, depth)
                return found
            if after == "^":
                found = yield self._function_power(token, depth)
                return found
            mistakes.function_without_brackets(self.source, self.tokens, self.at - 1, self.names)
        if after == "(" and word in self.names.headed:
            mistakes.call_of_a_node(self.source, self.tokens, self.at - 1)
        if after == "(" and not self.names.is_variable(word):
            mistakes.unknown_function(self.source, self.tokens, self.at - 1, self.names)
        if self.names.is_constant(word):
            note = f"{word} is read as Euler's number 2.718…; give {word} a value to use it as a variable"
            if word == "e" and all(note != said for _, said in self.notes):
                self.notes.append((token.span, note))
        elif word not in self.names.declared:
            mistakes.check_glued(self.source, self.tokens, self.at - 1, self.names)
        return Name(token.span, word)

    def _call(self, token: Token, depth: int) -> Walk[Expression]:
        function = function_named(token.text)
        assert function is not None
        arguments = yield self._list(self.take(), depth)
        return Call((token.span[0], self._end()), function, arguments)

    def _function_power(self, token: Token, depth: int) -> Walk[Expression]:
        """``sin²(x)`` and ``tanh^2(z)``, as courses write it: the square of the value."""
        self.take()
        bracket = self.now.text == "(" and self.tokens[self.at + 2].text == ")"
        self.at += bracket
        literal = self.now
        if literal.kind != "number":
            mistakes.function_power(self.source, self.tokens, self.at, token)
        self.at += 1 + bracket
        if self.now.text != "(":
            mistakes.function_without_brackets(self.source, self.tokens, self.at - 1, self.names, token)
        call = yield self._call(token, depth)
        exponent = Number(literal.span, literal.text, literal.value)
        return Binary((token.span[0], self._end()), "^", call, exponent)
