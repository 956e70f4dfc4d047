"""Which node is the output: gradients start from a single number."""

from __future__ import annotations

from collections.abc import Mapping

from gradviz.errors import GradvizError, did_you_mean
from gradviz.language.arrays import Array, describe, entry_name
from gradviz.language.given import split_entry
from gradviz.language.source import Source
from gradviz.language.syntax import Call, Index, Name, Statement

Thing = int | Array[int]


def default_output(source: Source, thing: Thing, statement: Statement) -> int:
    """The node of the last statement.

    Raises:
        GradvizError: it is a vector; one entry and a sum are offered.
    """
    if not isinstance(thing, Array):
        return thing
    typed = source.at(statement.expression.span)
    if statement.name is None and (len(typed) > 60 or "\n" in typed):
        typed = "…"
    word = statement.name or typed
    bare = statement.name or isinstance(statement.expression, Name | Call | Index)
    first = entry_name(word if bare else f"({word})", (0,) * len(thing.shape))
    source.fail(
        f"the output is {describe(thing.shape)}, and gradients start from a single number",
        statement.span,
        expected="one entry or a sum as the last line",
        hint=f"round brackets to group: ( … ), or {first}"
        if len(thing.entries) == 1
        else f"a last line sum({word}) or {first}",
    )


def named_output(output: str, things: Mapping[str, Thing]) -> int:
    """The node that ``--output`` names: a name or an entry such as ``p[0]``.

    Raises:
        GradvizError: there is none, or it is a vector.
    """
    name, position = split_entry(output)
    thing = things.get(entry_name(name, position))
    if thing is None:
        thing = things.get(name)
        shape = thing.shape if isinstance(thing, Array) else ()
        inside = len(position) <= len(shape) and all(i < n for i, n in zip(position, shape, strict=False))
        if not isinstance(thing, Array) or not inside:
            raise GradvizError(
                f"there is no node called {output} to be the output",
                expected=("one of " + listed(list(things))) if things else "a source with names: q = x + y",
                hint=did_you_mean(output, list(things)),
            )
        thing = thing.part(position)
    if isinstance(thing, Array):
        first = entry_name(name, (*position, *(0,) * len(thing.shape)))
        raise GradvizError(
            f"the output {output} is {describe(thing.shape)}, and gradients start from a single number",
            expected="one entry",
            hint=f"--output {first}, or a last line sum({output}) in the source",
        )
    return thing


def listed(names: list[str]) -> str:
    """Names for an error, a dozen at most."""
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
