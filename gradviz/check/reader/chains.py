"""The sides of a chain, from tokens to trees, each with the grammar of homework."""

from __future__ import annotations

import re

from gradviz.check.problem import Problem, constant_of
from gradviz.check.reader.points import without_points
from gradviz.check.reader.statements import Statement
from gradviz.check.reader.words import ELSE
from gradviz.language import characters
from gradviz.language.latex import Lexer
from gradviz.language.letters import Letters
from gradviz.language.scope import function_named
from gradviz.language.source import Source
from gradviz.language.syntax import Call, Expression, Name
from gradviz.language.tokens import Token
from gradviz.language.written import Reader

_VARIABLE = re.compile(r"[A-Za-z]\w*|[A-Za-z]_\{?\w+\}?|" + characters.FOREIGN.pattern)


class Chain:
    """Reads the sides of one statement.

    Args:
        source: the text the spans point into.
        statement: its sides as tokens.
        letters: the names and their spellings.
        problem: whose headers ``f(x, y)`` are known.

    After ``sides``, ``header`` has the variables of ``f(x, y) =``, ``other`` the f and the variables of
    ``y = f(x) =``, ``at`` the point that is spoken of, and ``notes`` the readings to mention.
    """

    def __init__(self, source: Source, statement: Statement, letters: Letters, problem: Problem) -> None:
        self.source = source
        self.statement = statement
        self.letters = letters
        self.problem = problem
        self.headers = problem.headers
        self.header: tuple[str, ...] | None = None
        self.notes: list[str] = []
        self.at: dict[str, float] = {}
        self.other: tuple[str, tuple[str, ...]] | None = None
        tokens = [token for side in statement.sides for token in side]
        self.differentiated = frozenset(
            of.text
            for sign, bracket, of in zip(tokens, tokens[1:], tokens[2:], strict=False)
            if (sign.kind, sign.text, bracket.text, of.kind) == ("op", "D", "(", "name")
        )

    def sides(self) -> list[Expression]:
        """All sides.

        Raises:
            GradvizError: one of them cannot be read.
        """
        statement = self.statement
        tokens = [_trimmed(side) for side in statement.sides]
        for at, side in enumerate(tokens):
            if not side:
                where = statement.relations[min(at, len(statement.relations) - 1)]
                self.source.fail("one side of this is empty: is the answer left open?", where.span)
        tokens = [self.placed(side, first=at == 0) for at, side in enumerate(tokens)]
        tokens[0] = self.renewed(tokens)
        tokens = self.called(tokens)
        first = self.headed(tokens[0])
        sides = [first if first is not None else self.side(tokens[0])]
        sides += [self.side(side) for side in tokens[1:]]
        return sides

    def called(self, sides: list[list[Token]]) -> list[list[Token]]:
        """``y = f(x) = x^2`` without its middle, which goes into ``other``: f is y as a function of x."""
        if len(sides) < 3 or len(sides[0]) != 1 or sides[0][0].kind != "name" or len(sides[1]) < 4:
            return sides
        word, names = sides[1][0], [t.text for t in sides[1][2:-1:2]]
        commas = all(t.text == "," for t in sides[1][3:-1:2])
        call = word.kind == "name" and (sides[1][1].text, sides[1][-1].text) == ("(", ")") and commas
        new = word.text not in self.letters.names and function_named(word.text) is None
        if not call or not new or not all(t.kind == "name" for t in sides[1][2:-1:2]):
            return sides
        self.other = (word.text, tuple(names))
        del self.statement.relations[0], self.statement.sides[1]
        return [sides[0], *sides[2:]]

    def renewed(self, sides: list[list[Token]]) -> list[Token]:
        """``w' = w - …``, ``w+ = w - …``: the mark makes a new w, where w is an input."""
        first = sides[0]
        if len(first) != 2 or first[0].kind != "name" or first[1].text not in ("'", "+"):
            return first
        name = first[0].text
        free = name in self.problem.names() and name not in self.problem.definitions
        again = any(t.kind == "name" and t.text == name for t in sides[1][:1])
        return [Token("name", f"{name}_p", (first[0].span[0], first[1].span[1]))] if free and again else first

    def placed(self, side: list[Token], *, first: bool) -> list[Token]:
        """A side without ``|_{x=2}`` and the like, which go into ``at``."""
        rest, point, others = without_points(side, self.problem, self.source, first=first)
        for name, number in point.items():
            value = constant_of(self.side(number))
            if value is None or self.at.setdefault(name, value) != value:
                self.source.fail(f"{name} has two values here", number[0].span)
        self.notes += [f"read at {self.source.at((inner[0].span[0], inner[-1].span[1]))}" for inner in others if inner]
        return rest

    def headed(self, side: list[Token]) -> Name | None:
        """``f(x, y)`` on the left: the name, with its variables kept."""
        if len(side) < 4 or side[0].kind != "name" or side[1].text != "(" or side[-1].text != ")":
            return None
        inner = side[2:-1]
        names, seps = inner[::2], inner[1::2]
        if not all(t.kind == "name" for t in names) or not all(t.text in (",", ";", "|") for t in seps):
            return None
        word = side[0].text
        reader = Reader(self.source, [side[0], _end(side[0])], self.letters)
        if len(inner) % 2 == 0 or (reader.names.is_function(word) and word not in self.headers):
            return None
        if (
            word in self.problem.names()
            and word not in self.headers
            and len(names) == 1
            and names[0].text in self.letters.names
            and not self.problem.staff
            and word not in self.problem.definitions
        ):
            return None
        self.header = tuple(t.text for t in names)
        return Name(side[0].span, word)

    def side(self, tokens: list[Token]) -> Expression:
        words = {t.text for t in tokens if t.kind == "name"}
        end = _end(tokens[-1])
        if "if" in words and words & ELSE:
            return self.conditional(tokens)
        reader = Reader(self.source, [*tokens, end], self.letters)
        reader.differentiated = self.differentiated
        found = reader.side()
        self.notes += [text for _, text in reader.notes]
        return found

    def conditional(self, tokens: list[Token]) -> Expression:
        """``a if c else b``, ``a if c, else b``, ``a if c, b otherwise``, with braces around it or without."""
        if tokens[0].text == "(" and tokens[-1].text == ")" and tokens[0].span[1] - tokens[0].span[0] <= 2:
            tokens = tokens[1:-1]
        words = [t.text if t.kind == "name" else "" for t in tokens]
        first = words.index("if")
        second = next(at for at, word in enumerate(words) if word in ELSE)
        commas = [at for at, t in enumerate(tokens) if t.kind == "op" and t.text in (",", ";") and at > first]
        if second == len(tokens) - 1 and commas:  # the value stands before "otherwise"
            parts = [tokens[first + 1 : commas[0]], tokens[:first], tokens[commas[0] + 1 : second]]
        else:
            parts = [tokens[first + 1 : second], tokens[:first], tokens[second + 1 :]]
        parts = [_trimmed(part) for part in parts]
        if not all(parts) or words.count("if") > 1:
            self.source.fail("this condition has a part missing", tokens[first].span, expected="1 if x > 0 else 0")
        arguments = tuple(self.side(part) for part in parts)
        return Call((tokens[0].span[0], tokens[-1].span[1]), "where", arguments)


def _end(token: Token) -> Token:
    return Token("end", "", (token.span[1], token.span[1]))


def _trimmed(side: list[Token]) -> list[Token]:
    """A side without the marks that end a sentence."""
    side = [t for t in side if t.text != "␣" or t.kind != "op"]
    while side and side[-1].kind == "op" and side[-1].text in (",", ";", ":"):
        side = side[:-1]
    return side


def declare_headers(lexer: Lexer) -> None:
    """``f(x, y) =`` makes x and y names before the rest is lexed."""
    for found in re.finditer(r"(?<![A-Za-z\\])[A-Za-z]\w*\s*\(([^()=]{1,80})\)\s*&?\s*=", lexer.text):
        parts = [part.strip() for part in re.split(r"[,;|]", found[1])]
        if len(parts) > 1 and all(_VARIABLE.fullmatch(part) for part in parts):
            for part in parts:
                lexer.letters.add(lexer.letters.find(part) or part.replace("{", "").replace("}", ""))
