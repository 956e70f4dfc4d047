"""One problem, link by link: is it right, does it follow from an earlier slip, what is right, who is to blame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradviz.check.claim import quantity
from gradviz.check.deciding.decision import IN_CELL, Decision
from gradviz.check.equivalence import decide
from gradviz.check.judge.answers import elsewhere, expected, value_of
from gradviz.check.judge.carrying import Carried
from gradviz.check.judge.requiring import derivative_pairs, derivatives_in
from gradviz.check.judge.rounding import Rounded
from gradviz.check.judge.ties import Ties
from gradviz.check.judge.typed import without_numbers
from gradviz.check.naming.sentences import blamed, sentence
from gradviz.check.outcome import Link, Spot, Verdict, Witness
from gradviz.check.problem import constant_of
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language.limits import OutOfTime, budget, share
from gradviz.language.syntax import Derivative, Expression, Name, Number, names_in, unparse

if TYPE_CHECKING:
    from gradviz.check.naming.naming import Named
    from gradviz.check.problem import Problem

FOLLOWS = "right, given the earlier error"
ZERO = "the earlier error makes this 0, so that nothing is seen here of how it was worked out"
TIE = "The gradient of a tie has to go somewhere: its shares add up to 1."
NO_NUMBER = "at the given inputs the other side is no number (infinite, or a slope that is not defined)"
OUT_OF_TIME = "out of time: the file is too much work"
AGAIN = "What stands here is right for the left end of the chain, and not equal to the side before it."
_SEARCH = 0.4  # of the file's time that is left, for the search for one misconception


@dataclass(frozen=True, slots=True)
class Sides:
    """Two neighbouring sides as the reader hands them over.

    Args:
        spot: where they stand.
        left, right: the trees.
        left_text, right_text: as written.
        subject: the first side of the chain: what it speaks about.
        approx: the sign between them is ≈.
        free: letters that stand for any number.
        notes: remarks of the reader.
    """

    spot: Spot
    left: Expression
    right: Expression
    left_text: str
    right_text: str
    subject: Expression
    approx: bool = False
    free: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Judge:
    """Judges the links of one problem in the order written; it remembers what was wrong.

    Args:
        problem: the id of the problem.
        graph: what to check against.
        given: the numbers of its inputs; empty where there are none.
        prove: ask SymPy for proofs too.
        loose: names of which nobody said how the output hangs on them.
        definitions: the formulas that the graph was made of.
    """

    def __init__(
        self,
        problem: str,
        graph: Graph,
        given: Mapping[str, float],
        *,
        prove: bool = False,
        loose: frozenset[str] = frozenset(),
        definitions: Mapping[str, Expression] | None = None,
    ) -> None:
        self.problem, self.graph, self.given, self.prove = problem, graph, dict(given), prove
        self.loose, self.definitions = loose, definitions or {}
        self.carried = Carried(graph, self.given)
        self.ties = Ties(graph, self.given)
        self.theirs: Problem | None = None  # the problem as the student wrote it, where that is another one
        self.restated = ""  # what to say of lines that are right for the problem as the student wrote it
        self.moved: dict[str, float] = {}  # inputs after the training steps so far
        self.base: dict[str, float] = {}  # and before the step that is being taken now
        self.stepped: set[str] = set()  # the inputs that it has changed already
        self.rounded = Rounded(graph, self.given)
        self.misled = False  # whether one of those steps was not right

    def differ(self, sides: Sides) -> bool:
        """Whether the sides are known to be different."""
        try:
            return self._decide(sides, self.graph, sides.left, sides.right).verdict == "different"
        except GradvizError:  # they do not fit the problem
            return False

    def carry(self, sides: Sides) -> None:
        """Remember what the subject was said to be."""
        self.carried.add(sides.subject, sides.right, self._off(sides))

    def link(self, sides: Sides) -> Link:
        """The verdict on a link."""
        try:
            known = self._by_definition(sides)
            decision = (
                self._decide(sides, self.graph, sides.left, sides.right, prove=self.prove) if known is None else known
            )
        except GradvizError as error:
            return self._made(sides, "not_read", message=error.message)
        bare = not (names_in(sides.left) and names_in(sides.right))
        notes = [*sides.notes, *(note for note in decision.notes if not (bare and note == IN_CELL))]  # 1(x > y) = 1
        if decision.proved is not None:
            could_not = "did not finish" if decision.unfinished else "could not prove it"
            notes.append("proved by SymPy" if decision.proved else f"SymPy {could_not}; the points agree")
        if decision.verdict == "equal":
            if sides.left is sides.subject:
                self.carried.corrected(sides.subject, sides.right)
            if decision.rounded:
                self.rounded.add(sides.subject, sides.left, sides.right, approx=sides.approx)
            return self._jointly(sides, notes) or self._made(sides, "ok", notes=notes)
        if decision.verdict == "not_decided":
            helps = not self.given and "points" in decision.reason
            more = "; with numbers for the inputs there is more to go by" if helps else ""
            return self._made(sides, "not_decided", message=decision.reason + more, notes=notes)
        if bare and elsewhere(decision, self.given):
            return self._made(sides, "not_decided", message=NO_NUMBER, notes=notes)
        for state in self._states():
            if self._equal(sides, self.graph, sides.left, sides.right, {**self.given, **state}):
                at = ", ".join(f"{name} = {value:.10g}" for name, value in state.items())
                notes = [*sides.notes, f"holds after the step, with {at}"]
                if self.misled:
                    return self._made(sides, "follows", message=FOLLOWS, notes=notes)
                return self._made(sides, "ok", notes=notes)
        if self._by_rounding(sides):
            return self._made(sides, "ok", notes=[*sides.notes, "right with the numbers that were rounded before"])
        if self.carried:
            left, right = self.carried.applied(sides.left), self.carried.applied(sides.right)
            if self._equal(sides, self.carried.problem(), left, right, self.carried.at(self.given)):
                notes += [self.restated] if self.restated else []
                notes += [ZERO] if self._vanishes(sides, left) else []
                return self._made(sides, "follows", message=FOLLOWS, notes=notes)
        if (apart := self._apart(sides)) is not None:
            return self._made(sides, "not_decided", message=apart, notes=notes)
        notes += ["compared with the first numbers of the inputs, and with those after the step"] if self.moved else []
        return self._wrong(sides, decision, notes)

    def _by_rounding(self, sides: Sides) -> bool:
        """Whether the sides agree if numbers that were rounded before were used."""
        left, right = map(self.rounded.written_out, (sides.left, sides.right))
        other = (left, right) != (sides.left, sides.right)
        return self.rounded.explains(sides.left, sides.right) or (other and self._equal(sides, self.graph, left, right))

    def _by_definition(self, sides: Sides) -> Decision | None:
        """A node with its own formula, an input with its own number: there is nothing to decide."""
        if self.prove or not isinstance(sides.left, Name) or sides.left.name in self.moved:
            return None
        formula, number = self.definitions.get(sides.left.name), self.given.get(sides.left.name)
        if formula is not None and names_in(sides.right) and unparse(formula) == unparse(sides.right):
            return Decision("equal")
        if formula is None and number is not None and constant_of(sides.right) == number:
            return Decision("equal", by_value=True)
        return None

    def _states(self) -> list[dict[str, float]]:
        """The inputs' other numbers, where training steps were taken."""
        return [state for state in (self.moved, self.base) if state]

    def follows(self, sides: Sides) -> Link:
        """The link as one that is right given the earlier error."""
        notes = (*sides.notes, self.restated) if self.restated else sides.notes
        return self._made(sides, "follows", message=FOLLOWS, notes=notes)

    def _apart(self, sides: Sides) -> str | None:
        """Why nothing is said: a name that nobody connected with the output, or that has no number."""
        for side in (sides.subject, sides.left, sides.right):
            for of, by in derivative_pairs(side):
                known = by in self.loose and by != of in self.graph.names and by in self.graph.names
                if known and not self.graph.with_output(of).reaches[self.graph.id(by)]:
                    return f"{of} does not hang on {by} as the problem was read; a line that says how is missing"
        found = without_numbers(sides.left, sides.right, self.graph, self.given, sides.free)
        return found if found is not None and not self._named(sides) else None

    def _jointly(self, sides: Sides, notes: list[str]) -> Link | None:
        """What is right by itself, and not together with what was said about the other branches of a tie."""
        if not self.ties.gates or derivatives_in(sides.right):
            return None
        match sides.subject:
            case Derivative(of=Name(name=of), by=Name(name=by)) if of in self.graph.names and by in self.graph.names:
                value = value_of(sides.right, self.graph, self.given)
            case _:
                return None
        found = None if value is None else self.ties.add(of, by, value)
        if found is None:
            return None
        node, too_much = found
        if node in self.ties.refused:
            if sides.left is not sides.subject and not derivatives_in(sides.left):
                return None  # a later link of the chain that said it
            return self._made(sides, "follows", message=FOLLOWS, notes=notes)
        self.ties.refused.add(node)
        gate = self.graph.names[node]
        rules = ("max_both_branches",) if too_much else ()
        how = "more" if too_much else "less"
        where = gate if self.graph.given[node] is not None else f"the {self.graph.gates[node].name} gate"
        return self._made(
            sides,
            "wrong",
            message=f"the inputs of {where} are equal here, and with the lines before they get {how} than one gradient",
            notes=["at a tie the gradient may be shared out in any way, but the shares add up to the whole of it"],
            misconceptions=rules,
            rule=sentence(rules[0], sides.subject, self.graph, gate) if rules else TIE,
            gate=gate,
        )

    def undecided(self, sides: Sides) -> Link:
        """The link of a file whose time is over."""
        return self._made(sides, "not_decided", message=OUT_OF_TIME)

    def _decide(
        self, sides: Sides, graph: Graph, left: Expression, right: Expression, *, prove: bool = False
    ) -> Decision:
        return decide(left, right, graph, given=self.given or None, free=sides.free, approx=sides.approx, prove=prove)

    def _equal(
        self, sides: Sides, graph: Graph, left: Expression, right: Expression, at: Mapping[str, float] | None = None
    ) -> bool:
        given = (self.given if at is None else at) or None
        try:
            found = decide(left, right, graph, given=given, free=sides.free, approx=sides.approx)
        except GradvizError:  # what was written before does not fit here
            return False
        return found.verdict == "equal"

    def _vanishes(self, sides: Sides, left: Expression) -> bool:
        """Whether the earlier error makes this line 0 where it is not."""
        zero = Number(sides.right.span, "0", 0.0)
        graph, at = self.carried.problem(), self.carried.at(self.given)
        return self._equal(sides, graph, left, zero, at) and not self._equal(sides, self.graph, sides.left, zero)

    def _wrong(self, sides: Sides, decision: Decision, notes: list[str]) -> Link:
        again = sides.left is not sides.subject and self._equal(sides, self.graph, sides.subject, sides.right)
        found = [] if again else self._named(sides)
        witness = decision.witness and Witness(
            dict(decision.witness.point), decision.witness.left, decision.witness.right
        )
        if again:
            self.carried.corrected(sides.subject, sides.right)
        else:
            self.carry(sides)
        gate = next((one.gate for one in found if one.gate is not None), None) or blamed(sides.subject, self.graph)
        broken = "" if sides.left is sides.subject else "the chain breaks here: "
        return self._made(
            sides,
            "wrong",
            message=f"{broken}{_short(unparse(sides.left))} is not {_short(unparse(sides.right))}",
            notes=notes,
            expected=expected(sides.subject, sides.left, sides.right, self.graph, self.given),
            witness=witness,
            misconceptions=tuple(one.rule for one in found),
            rule=AGAIN
            if again
            else sentence(found[0].rule, sides.subject, self.graph, gate)
            if len(found) == 1
            else "",
            gate=gate,
        )

    def _named(self, sides: Sides) -> list[Named]:
        """The misconceptions that give exactly this, the likeliest first; none where the search takes too long."""
        try:
            with budget(share(_SEARCH)):
                return self._searched(sides)
        except OutOfTime:
            return []

    def _searched(self, sides: Sides) -> list[Named]:
        from gradviz.check.naming.naming import named

        ways: list[tuple[Expression, Expression, Graph, Mapping[str, float]]] = [
            (left, sides.right, self.graph, self.given) for left in dict.fromkeys((sides.subject, sides.left))
        ]
        if self.carried:
            left, right = self.carried.applied(sides.left), self.carried.applied(sides.right)
            # a bare number is likelier a second slip on top of the first one than a match by chance
            at = len(ways) if names_in(sides.right) else 0
            ways.insert(at, (left, right, self.carried.problem(), self.carried.at(self.given)))
        for left, right, graph, given in ways:
            try:
                found = named(left, right, graph, given=given or None, free=sides.free, approx=sides.approx)
            except GradvizError:  # the subject is no quantity of this problem
                continue
            if found:
                return [one if one.gate in self.graph.names else one._replace(gate=None) for one in found]
        return []

    def _off(self, sides: Sides) -> float | None:
        """By how much a stated value of a node is off, at the inputs."""
        if not isinstance(sides.subject, Name) or (self.graph.missing and not self.given):
            return None
        left, right = (value_of(side, self.graph, self.given) for side in (sides.left, sides.right))
        return None if left is None or right is None else right - left

    def _made(self, sides: Sides, verdict: Verdict, *, notes: Iterable[str] = (), **more: Any) -> Link:
        return Link(
            problem=self.problem,
            spot=sides.spot,
            left=sides.left_text,
            right=sides.right_text,
            read_as=f"{unparse(sides.left)} = {unparse(sides.right)}",
            verdict=verdict,
            quantity=quantity(sides.subject),
            notes=tuple(dict.fromkeys(notes)),
            **more,
        )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
