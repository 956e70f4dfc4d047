"""The library: functions written in the language itself.

They expand into gates and are drawn as one labelled box until expanded. The last line of a text is the
result; its header names the parameters. A new function is one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from gradviz.errors import GradvizError, did_you_mean
from gradviz.language.arrays import Array, from_lists, to_lists
from gradviz.language.elaborate import Elaborator, KnowsNumbers, Position, Target
from gradviz.language.source import Span
from gradviz.language.syntax import Name, Program
from gradviz.language.walk import Walk, run

H = TypeVar("H")


@dataclass(frozen=True, eq=False)
class Function:
    """One row of the library.

    Args:
        name: what it is called by.
        text: its definition in the language.
        about: one line for people.
        defaults: numbers for trailing parameters that may be left out.
        positions: parameters that are an index written in place, not a node.
        packs: several single numbers are taken as one vector; inside a library text, of one number it is
            that number (so that mse of two numbers is a square and nothing more).
        vectors: parameters that must be vectors.
        labels: what a label ``y`` that is known is: the one or the other; with ``soft`` also between them.
        soft: whether a label may stand between the two.
        takes: what to say where a logarithm inside got a negative number.
        instead: the function for several classes, where the label is meant as the number of a class.
    """

    name: str
    text: str
    about: str
    defaults: tuple[float, ...] = ()
    positions: tuple[str, ...] = ()
    packs: bool = False
    vectors: tuple[str, ...] = ()
    labels: tuple[int, int] | None = None
    soft: bool = False
    takes: str | None = None
    instead: str | None = None

    @cached_property
    def program(self) -> Program:
        """The definition as a tree."""
        from gradviz.language.program import parse

        return parse(self.text, origin=f"library function {self.name}")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(parameter.name for parameter in self.program.statements[-1].header or ())


_ROWS = (
    Function("mean", "mean(v) = sum(v)/size(v)", "the average of the entries", packs=True, vectors=("v",)),
    Function("dot", "dot(a, b) = sum(a*b)", "the sum of the products of the entries", vectors=("a", "b")),
    Function("norm", "norm(v) = sqrt(sum(v^2))", "the length of a vector", vectors=("v",)),
    Function(
        "softmax",
        "m = max(z); powers = exp(z - m); softmax(z) = powers/sum(powers)",
        "scores to probabilities; the largest score is subtracted first, so that nothing overflows",
        vectors=("z",),
    ),
    Function(
        "logsumexp",
        "m = max(z); logsumexp(z) = m + log(sum(exp(z - m)))",
        "log of the sum of the exponentials, without overflow",
        vectors=("z",),
    ),
    Function("mse", "mse(p, t) = mean((p - t)^2)", "mean squared error of predictions p and targets t"),
    Function(
        "cross_entropy",
        "cross_entropy(z, k) = logsumexp(z) - z[k]",
        "minus the log of the softmax probability of class k, from the scores (logits) z",
        positions=("k",),
        vectors=("z",),
    ),
    Function(
        "bce",
        "bce(p, y) = mean(-(y*log(p) + (1 - y)*log(1 - p)))",
        "binary cross-entropy of probabilities p and labels y (0 or 1)",
        labels=(0, 1),
        soft=True,
        takes="bce takes a probability from 0 to 1, bce_logits takes a score",
        instead="cross_entropy",
    ),
    Function(
        "bce_logits",
        "bce_logits(z, y) = mean(softplus(z) - y*z)",
        "binary cross-entropy of sigmoid(z), from the scores (logits) z and labels y (0 or 1)",
        labels=(0, 1),
        soft=True,
        instead="cross_entropy",
    ),
    Function(
        "hinge",
        "hinge(s, y) = mean(max(0, 1 - y*s))",
        "binary hinge loss of scores s and labels y (-1 or 1)",
        labels=(-1, 1),
        instead="multi_hinge",
    ),
    Function(
        "multi_hinge",
        "margins = max(0, s - s[k] + 1); multi_hinge(s, k) = sum(margins) - margins[k]",
        "hinge loss of the scores s of several classes: the margins of all classes but k, the right one",
        positions=("k",),
        vectors=("s",),
    ),
    Function(
        "huber",
        "r = abs(p - t); huber(p, t, d) = mean(where(r <= d, 0.5*r^2, d*(r - 0.5*d)))",
        "squared error near 0, absolute error beyond d",
        defaults=(1.0,),
    ),
)

#: The library, by name.
LIBRARY: dict[str, Function] = {row.name: row for row in _ROWS}


@dataclass
class Bindings(Generic[H]):
    """What the names of a library text mean during one call."""

    known: dict[str, Any]

    def variable(self, name: Name) -> H | Array[H] | Position | None:
        """The argument or the line of that name; None for e and π."""
        return self.known.get(name.name)

    def entry(self, name: Name, position: tuple[int, ...]) -> H | None:
        """Entries are looked up in the whole."""
        return None


def expand(caller: Elaborator[H], row: Function, arguments: list[Any], span: Span) -> Walk[Any]:
    """A use of a library function: its text, built on the arguments with the caller's target."""
    if row.packs and arguments and all(not isinstance(argument, Array) for argument in arguments):
        if len(arguments) == 1 and caller.nested:
            return arguments[0]  # the mean of one number is that number
        if len(arguments) > 1:
            arguments = [caller.stacked(arguments, span)]
    least = len(row.parameters) - len(row.defaults)
    caller.check_count(row.name, len(arguments), least, len(row.parameters), span)
    for parameter, argument in zip(row.parameters, arguments, strict=False):
        if parameter in row.vectors and not isinstance(argument, Array):
            caller.needs_vector(row.name, span)
    if row.labels is not None:
        _check_label(caller, row, arguments, span)
    for value in row.defaults[len(arguments) - least :]:
        arguments.append(caller.const(value, f"{value:g}", span))
    bindings: Bindings[H] = Bindings(dict(zip(row.parameters, arguments, strict=True)))
    body = Elaborator(caller.target, bindings, caller.source, caller.site or (row.name, span), nested=True)
    result: Any = None
    for statement in row.program.statements:
        result = yield body.walk(statement.expression)
        bindings.known[statement.name or ""] = result
    if body.first is None:
        return result
    caller.built(body.first)
    if not isinstance(result, Array):
        scalars: list[H] = []
        for argument in arguments:
            if not isinstance(argument, Position):
                scalars.extend(argument.entries if isinstance(argument, Array) else (argument,))
        caller.target.call(row.name, scalars, result, body.first)
    return result


def _check_label(caller: Elaborator[H], row: Function, arguments: list[Any], span: Span) -> None:
    """A label that cannot be one gives a number all the same, and a wrong one: hinge of class 0 is 1 everywhere."""
    target, label = caller.target, arguments[row.parameters.index("y")]
    if row.labels is None or not isinstance(target, KnowsNumbers):
        return
    low, high = row.labels
    for node in label.entries if isinstance(label, Array) else (label,):
        number = target.number(node)
        if number is None or number in row.labels or (row.soft and low < number < high):
            continue
        hint = f"{low} for the one class, {high} for the other"
        if isinstance(arguments[0], Array) and not isinstance(label, Array) and number >= 0 and number.is_integer():
            hint = f"{row.instead}({row.parameters[0]}, {number:g}) where {number:g} is the number of the right class"
        name = "it" if caller.site is not None else row.name  # the site is named anyway
        caller.fail(f"{name} takes labels {low} and {high}, and this is {number:g}", span, hint=hint)


def apply(function: str, arguments: Sequence[Any], target: Target[H]) -> Any:
    """A library function on scalars of any kind.

    Args:
        function: its name.
        arguments: scalars (handles of the target), nested lists of them, whole numbers for positions.
        target: what builds the nodes.

    Returns:
        A scalar, or nested lists of scalars.

    Raises:
        GradvizError: an unknown function, or arguments whose number or shapes do not fit.

    >>> from gradviz.language.constants import Floats
    >>> apply("mse", [[1.0, 2.0], [1.0, 4.0]], Floats())
    2.0
    """
    row = LIBRARY.get(function)
    if row is None:
        near = did_you_mean(function, list(LIBRARY))
        raise GradvizError(f"there is no library function {function!r}", hint=near)
    given: list[Any] = []
    for slot, argument in enumerate(arguments):
        if slot < len(row.parameters) and row.parameters[slot] in row.positions:
            if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
                raise GradvizError(
                    f"argument {slot + 1} of {function} is the number of an entry, not {argument!r}",
                    expected="a whole number from 0 on",
                )
            given.append(Position(argument))
            continue
        read = from_lists(argument)
        if read is None:
            raise GradvizError(
                f"argument {slot + 1} of {function} is empty or has rows of different lengths",
                expected="a number, a list of numbers, or rows of equal length",
            )
        given.append(read)
    nothing: Bindings[H] = Bindings({})
    elaborator = Elaborator(target, nothing, None, (function, (0, 0)))
    return to_lists(run(expand(elaborator, row, given, (0, 0))))
