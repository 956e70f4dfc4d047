"""How derivatives are read once the lexer has marked them: ``D ( a , b )`` and the operator ``D/ b``."""

from __future__ import annotations

from gradviz.language import mistakes
from gradviz.language.grammar import Parser
from gradviz.language.scope import function_named
from gradviz.language.syntax import BINDING, Binary, Call, Derivative, Expression, Name
from gradviz.language.tokens import Token
from gradviz.language.walk import Walk

BY = ("D", "D/")


class Derivatives(Parser):
    """The part of homework's grammar that begins with ``D`` or ``D/``."""

    def _derivative(self, depth: int) -> Walk[Expression]:
        sign = self.take()
        of: Expression
        if sign.text == "D/":
            by = self._by()
            of = yield self._differentiated(sign, depth)
            return Derivative((sign.span[0], self._end()), of, by)
        self.take()  # the bracket that the lexer put there
        if self.now.kind == "name" and self.tokens[self.at + 1].text == "," and self.names.is_function(self.now.text):
            function = self.take()
            self.take()
            by = self._by()
            of = Call(function.span, function_named(function.text) or function.text, (by,))
        elif self._node_with_arguments():
            of = Name(self.now.span, self.take().text)
            while self.take().text != ")":
                pass
            self.take()
            by = self._by()
        else:
            of = yield self.expression(0, depth + 1)
            if self.now.text != ",":
                mistakes.left_over(self.source, self.tokens, self.at)
            self.take()
            by = self._by()
        self.take()
        return Derivative(sign.span, of, by)

    def _differentiated(self, sign: Token, depth: int) -> Walk[Expression]:
        """What ``d/dx`` works on: one bracket, or a product without signs."""
        opening, start = self.now, self.now.span[0]
        bracket = opening.text in ("(", "[") and opening.span[1] - start <= 2  # a typed one, no \\frac
        of: Expression = yield self.expression(BINDING["*"] + 1, depth + 1)
        while not bracket and self._begins_operand(self.now) and self.now.text not in BY:
            factor = yield self.expression(BINDING["*"] + 1, depth + 1)
            of = Binary((start, self._end()), "*", of, factor, implicit=True)
        unclear = self._begins_operand(self.now) if bracket else self.now.text in ("+", "-") and self.now.kind == "op"
        if unclear and not self._operates_later():
            self.source.fail(
                "how far this derivative reaches can be read in two ways",
                (sign.span[0], self.now.span[1]),
                hint="brackets: d/dx (…)",
            )
        return of

    def _operates_later(self) -> bool:
        """Whether ``d/dx`` stands before a later term too: ``d/dx x^2 + d/dx 3x``."""
        return any(token.text == "D/" and token.kind == "op" for token in self.tokens[self.at :])

    def _node_with_arguments(self) -> bool:
        """``f(x, y)`` as what is differentiated: the node f."""
        at = self.at
        if self.now.kind != "name" or self.now.text not in self.names.declared or self.tokens[at + 1].text != "(":
            return False
        at += 2
        while self.tokens[at].kind == "name" or self.tokens[at].text in (",", ";"):
            at += 1
        return self.tokens[at].text == ")" and self.tokens[at + 1].text == ","

    def _by(self) -> Name:
        token = self.take()
        if token.kind != "name":
            self.source.fail("a derivative is by one name", token.span)
        return Name(token.span, token.text)
