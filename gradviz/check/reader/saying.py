"""One statement -> what it claims: its kind, its sides as trees, and the names it brings."""

from __future__ import annotations

from dataclasses import replace

from gradviz.check.claim import Claim, Kind, NotRead
from gradviz.check.problem import constant_of
from gradviz.check.reader.chains import Chain
from gradviz.check.reader.linking import span_of
from gradviz.check.reader.points import behind
from gradviz.check.reader.scope import Scope, not_read
from gradviz.check.reader.statements import Statement
from gradviz.check.reader.steps import becomes, changes, has, is_rate, nodes, stepped, with_present
from gradviz.errors import GradvizError
from gradviz.language.latex import Lexer
from gradviz.language.letters import Letters
from gradviz.language.source import Source, Span
from gradviz.language.syntax import Call, Derivative, Expression, Name, Prime, Unary, names_in, unparse
from gradviz.language.tokens import Token

_CONSTANTS = ("e", "pi", "π")


class Saying:
    """Reads one statement.

    Args:
        source: the text the spans point into.
        statement: its sides as tokens.
        scope: the names so far; new ones are added.
        lexer: the one that read it.
        cell: the notebook cell, if it is one.
    """

    def __init__(self, source: Source, statement: Statement, scope: Scope, lexer: Lexer, cell: int | None) -> None:
        self.source = source
        self.statement = statement
        self.scope = scope
        self.problem = scope.problem
        self.lexer = lexer
        self.letters: Letters = lexer.letters
        self.cell = cell
        self.notes = [text for place, text in lexer.notes if _within(place, statement.span)]
        self.header: tuple[str, ...] | None = None
        self.plain = not lexer.latex

    def read(self) -> Claim | NotRead | None:
        statement = self.statement
        if statement.trouble is not None and not self.prose():
            return not_read(
                self.source, statement.trouble[1], statement.trouble[0], self.cell, self.scope, statement.span
            )
        if self.prose():
            return None
        try:
            chain = Chain(self.source, statement, self.letters, self.problem)
            sides = chain.sides()
            self.header, self.notes = chain.header, self.notes + chain.notes
            claim = self.placed(self.claim(sides), chain.at)
            if chain.other is not None and isinstance(sides[0], Name) and self.scope.grow:
                name, header = chain.other
                self.problem.aliases[name] = sides[0]
                self.problem.headers.setdefault(name, header)
            return claim
        except GradvizError as error:
            place = error.place
            at = (place.start, place.end) if place is not None else statement.span
            return not_read(self.source, at, error.message, self.cell, self.scope, statement.span, error.hint)

    def prose(self) -> bool:
        """Plain words with an = among them, ``Name = Ann``, are no formula."""
        if not self.plain:
            return False
        tokens = [t for side in self.statement.sides for t in side]
        names = [t for t in tokens if t.kind == "name"]
        unknown = [t for t in names if self.letters.find(t.text) is None and len(t.text) > 1 and t.text.isalpha()]
        signs = [
            t for t in tokens if t.kind in ("number", "bad") or (t.kind == "op" and t.text not in ("-", "(", ")", "'"))
        ]
        return not signs and len(unknown) == len(names) and not self.letters_small(names)

    def letters_small(self, names: list[Token]) -> bool:
        return any(self.lexer.letters.find(t.text) is not None or len(t.text) == 1 for t in names)

    def placed(self, claim: Claim, at: dict[str, float]) -> Claim:
        """The claim at a point of its own, where it says one that is not the problem's."""
        if not at:
            return claim
        for name in at:
            if name not in self.problem.names() or name in self.problem.definitions:
                self.source.fail(f"{name} is not an input of this problem", self.statement.span)
        said = "at " + ", ".join(f"{name} = {value:g}" for name, value in at.items())
        given = all(self.problem.values.get(name) == value for name, value in at.items())
        notes = (*claim.notes, f"read {said}" + (", as given" if given else ""))
        worded = any(t.text == "@" and self.source.at(t.span) in at for side in self.statement.sides for t in side)
        if worded and self.scope.grow and not self.problem.staff:  # "at x = 3" may be all that gives x
            for name, value in at.items():
                self.problem.values.setdefault(name, value)
        return replace(claim, notes=notes, at=() if given else tuple(at.items()))

    # What it claims

    def claim(self, sides: list[Expression]) -> Claim:
        left = sides[0]
        relations = [t.text for t in self.statement.relations]
        if relations[0] in ("+=", "-="):
            if not isinstance(left, Name) or len(sides) != 2:
                self.source.fail("only a name can be changed by += or -=", self.statement.relations[0].span)
            sides[1] = stepped(left, sides[1] if relations[0] == "+=" else Unary(sides[1].span, sides[1]))
            relations[0] = "←"
        left = self.shorts(sides)
        unknown = self.unknown(sides)
        if isinstance(left, Derivative) or (isinstance(left, Name) and relations[0] != "←"):
            if isinstance(left, Name):
                return self.about_name(left, sides, relations, unknown)
            dummies = self.dummies(left, unknown)
            if isinstance(left.of, Name) and left.span not in self.lexer.short and self.scope.grow:
                stated = (left.of.name, left.by.name)
                self.problem.stated += [stated] if stated not in self.problem.stated else []
            kind: Kind = "identity" if dummies else self.gradient_kind(left, sides)
            return self.made(kind, sides, relations, left, dummies=dummies)
        if relations[0] == "←":
            return self.update(sides, relations)
        dummies = self.dummies(left, unknown)
        kind = "identity" if isinstance(left, Prime | Call) else "equation"
        if kind == "equation" and all(constant_of(side, self.problem.names()) is not None for side in sides):
            kind = "value"
        return self.made(kind, sides, relations, None, dummies=dummies)

    def about_name(self, left: Name, sides: list[Expression], relations: list[str], unknown: dict[str, Span]) -> Claim:
        problem, name = self.problem, left.name
        numeric = constant_of(sides[-1], problem.names())
        rest_unknown = {n: span for side in sides[1:] for n, span in self.unknown([side]).items()}
        known = name in problem.names()
        if known and any(name in names_in(side) for side in sides[1:]):
            return self.update(sides, relations)
        if (not known or name in problem.aliases) and (step := self.step(left, sides)) is not None:
            return self.update(step, ["←", *relations[1:]])
        if not known and is_rate(name) and numeric is not None:
            if self.scope.grow:
                problem.aliases[name] = sides[-1]
            return self.made("definition", sides, relations, name, new=True)
        if all(isinstance(side, Name) for side in sides[:-1]) and numeric is not None and self.free(sides[:-1]):
            if self.scope.grow and (self.scope.open or not problem.staff):
                for side in sides[:-1]:
                    assert isinstance(side, Name)
                    problem.inputs.setdefault(side.name, None)
                    problem.values.setdefault(side.name, numeric)
            elif unknown:
                self.refuse(unknown)
            elif self.scope.grow:  # numbers for inputs that the staff leaves open
                problem.values.update({n: numeric for n in map(unparse, sides[:-1]) if n not in problem.values})
            return self.made("input", sides, relations, name, new=not known)
        if known:
            formula = self.formula(sides)
            stated_later = self.scope.open and name in problem.inputs and name not in problem.values
            if not stated_later or formula is None or _differentiates(formula) or self.header is not None:
                self.refuse(rest_unknown)
            if formula is not None and name in problem.definitions and self.scope.grow:
                problem.restage(name, formula)
            if self.header is not None and name in problem.definitions:
                problem.headers.setdefault(name, self.header)
            unused = not any(name in problem.names_of(node) for node in problem.definitions)
            free = name in problem.inputs and (unused or name not in problem.values) and self.scope.grow
            if formula is not None and free and not _differentiates(formula) and not problem.uses(formula, name):
                problem.values.pop(name, None)  # q = 3 stood before q = x + y
                problem.define(name, formula, self.header)
            worded = any(constant_of(side, problem.names()) is None for side in sides[1:])
            return self.made("definition" if worded else "value", sides, relations, name)
        formula = self.formula(sides)
        if formula is None:
            self.refuse(unknown)
            return self.made("equation", sides, relations, name)
        if not self.scope.open or _differentiates(formula):
            self.refuse({n: s for n, s in rest_unknown.items() if n not in (self.header or ())})
        if self.scope.grow or not rest_unknown:
            self.defined(name, formula)
        return self.made("definition", sides, relations, name, new=True)

    def step(self, left: Name, sides: list[Expression]) -> list[Expression] | None:
        """``w_new = w - …`` and ``Δw = -…`` as sides that say what w becomes, or None."""
        name = becomes(left.name, sides[1:], self.problem)
        if name is not None:
            self.notes.append(f"{self.source.at(left.span).strip()} is read as the new {name}")
            if self.scope.grow and self.problem.aliases.get(left.name) is None:
                old = with_present(sides[1], name, self.problem)
                if not any(is_rate(each) for each in self.unknown([old])):
                    self.problem.aliases[left.name] = old
            return [Name(left.span, name), *(with_present(side, name, self.problem) for side in sides[1:])]
        name = changes(left.name, self.problem)
        if name is None:
            return None
        target = Name(left.span, name)
        steps = [stepped(target, side) for side in sides[1:]]
        if any(step.op == "+" for step in steps):
            return None
        self.notes.append(f"{self.source.at(left.span).strip()} is read as the step of {name}")
        return [target, *steps]

    def update(self, sides: list[Expression], relations: list[str]) -> Claim:
        """A training step; its rate may be a letter that is declared nowhere."""
        left = sides[0]
        unknown = self.unknown(sides)
        rates = tuple(name for name in unknown if is_rate(name))
        self.refuse({name: span for name, span in unknown.items() if name not in rates})
        if rates and len(sides) > 2 and not all(has(side, rates) for side in sides[1:]):
            self.notes.append(f"{rates[0]} has no value here: what follows the formula is not checked")
            sides, relations = sides[:2], relations[:1]
        return self.made("update", sides, relations, left.name if isinstance(left, Name) else None, dummies=rates)

    def shorts(self, sides: list[Expression]) -> Expression:
        """Say how ``dx`` alone is read; a sum of differentials, ``dq = dx + dy``, is refused."""
        short = [
            tree
            for side in sides
            for tree in nodes(side)
            if isinstance(tree, Derivative) and tree.span in self.lexer.short and isinstance(tree.of, Name)
        ]
        for tree in short:
            name, output = tree.by.name, self.lexer.letters.output
            said = f"{self.source.at(tree.span)} is read as d{output}/d{name}"
            self.notes += [said] if said not in self.notes else []
            leads = output not in self.problem.definitions or name in (output, *behind(self.problem, output or ""))
            if not leads:
                self.source.fail(f"{output} does not depend on {name}", tree.span, hint="the derivative in full")
            left = sides[0]
            both = isinstance(left, Derivative) and left is not tree and left.span in self.lexer.short
            if both and isinstance(left, Derivative) and name in behind(self.problem, left.by.name):
                self.source.fail("differentials are not read", self.statement.span, expected="dL/dx = …")
        return sides[0]

    def defined(self, name: str, formula: Expression) -> None:
        if _differentiates(formula) or any(n in self.problem.aliases for n in names_in(formula)):
            self.problem.aliases[name] = formula
        else:
            self.problem.define(name, formula, self.header)

    def formula(self, sides: list[Expression]) -> Expression | None:
        """The first side with names in it; else a number."""
        named = [side for side in sides[1:] if constant_of(side, self.problem.names()) is None]
        return named[0] if named else None

    def free(self, sides: list[Expression]) -> bool:
        """Whether these are names that can be given numbers."""
        return all(
            isinstance(s, Name) and s.name not in self.problem.definitions and s.name not in self.problem.aliases
            for s in sides
        )

    def gradient_kind(self, left: Derivative, sides: list[Expression]) -> Kind:
        if any(_differentiates(side) for side in sides[1:]):
            return "chain"
        of = self.problem.definitions.get(left.of.name) if isinstance(left.of, Name) else left.of
        if of is not None and left.by.name in names_in(of):
            return "local"
        return "result"

    # Names

    def unknown(self, sides: list[Expression]) -> dict[str, Span]:
        """Names that are no names of the problem, with their first place."""
        found: dict[str, Span] = {}
        declared = self.problem.names()
        for side in sides:
            for name, span in names_in(side).items():
                if name not in declared and name not in _CONSTANTS and name not in (self.header or ()):
                    found.setdefault(name, span)
        return found

    def refuse(self, unknown: dict[str, Span]) -> None:
        for name, span in unknown.items():
            known = self.problem.names()
            names = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            told = f"which has {names}" if known else "which has no names yet"
            self.source.fail(f"{name} is not a name of this problem, {told}", span)

    def dummies(self, left: Expression, unknown: dict[str, Span]) -> tuple[str, ...]:
        """The letter of an identity such as ``σ'(a) = σ(a)(1 - σ(a))``; any other unknown name is refused."""
        allowed: set[str] = set()
        match left:
            case Prime(argument=Name(name=letter)) | Call(arguments=(Name(name=letter),)):
                allowed = {letter}
            case Derivative(of=of, by=Name(name=letter)) if not isinstance(of, Name):
                allowed = {letter}
        self.refuse({name: span for name, span in unknown.items() if name not in allowed})
        return tuple(name for name in unknown if name in allowed)

    def made(
        self,
        kind: Kind,
        sides: list[Expression],
        relations: list[str],
        quantity: Derivative | str | None,
        *,
        dummies: tuple[str, ...] = (),
        new: bool = False,
    ) -> Claim:
        place = self.source.place(self.statement.span)
        return Claim(
            kind, tuple(sides), relations[0], quantity, place, place.line, place.column, self.cell,
            self.source.at(self.statement.span), tuple(relations), self.header, dummies, new,
            tuple(dict.fromkeys(self.notes)), tuple(map(self.shown, sides, self.statement.sides)), self.problem.id,
        )  # fmt: skip

    def shown(self, side: Expression, tokens: list[Token]) -> Span:
        """Where a side stands; nowhere for the gradient in a table's row, of which only the name is written."""
        start, end = span_of(tokens)
        if isinstance(side, Derivative) and self.letters.find(self.source.at((start, end))) == side.by.name:
            return start, start
        return start, end


def _differentiates(tree: Expression) -> bool:
    return any(isinstance(node, Derivative | Prime) for node in nodes(tree))


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
