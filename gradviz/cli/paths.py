"""``gradviz paths``: the gradient as a sum over paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.circuit import circuit
from gradviz.cli.derive import deliver_lines, source_notes
from gradviz.cli.files import Target, target, wanted_format
from gradviz.cli.words import Command
from gradviz.errors import GradvizError
from gradviz.numerals import Numerals

if TYPE_CHECKING:
    from gradviz.calculus.paths import Path, Paths
    from gradviz.graph import Graph

FORMATS = ("text", "json", "txt")
_LARGEST = 10**4000  # Python writes no longer number; JSON then gets a text


@click.command("paths", cls=Command)
@options.source
@options.result(FORMATS, "text")
@options.drawing(("digits", "decimals", "ascii"))
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Print every path from the output to one name: their sum is the gradient.

    The first word after SOURCE is the name: an input, or a computed node. Every path is
    the product of the local derivatives along it. Where there are more than 1,000 paths (they
    can double at every gate), they are counted and not listed. JSON: {"output", "wrt", "count",
    "listed", "paths": [{"nodes", "slots", "factors", "locals", "product", "value"}], "sum",
    "gradient", "multiplications": {"paths", "reverse"}}.

    Examples:
      gradviz paths "f = x*y + x" x x=3 y=4
      gradviz paths example:copy-adder x
      gradviz paths "q = x + y; f = q * z" q
      gradviz paths example:sigmoid-expanded w0 --json

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk).
    """
    chosen = options.chosen(given)
    numerals = Numerals(chosen.get("digits", 4), chosen.get("decimals"))
    name, words = _asked_for(given)
    work = circuit(ctx, {**given, "words": words})
    where = target(given, FORMATS, "text", work.files) or Target(None, wanted_format(given) or "text")
    if name is None:
        raise _no_name(ctx, work.graph)
    found = work.graph.paths(name)
    if where.format == "json":
        lines = [json.dumps(as_json(found), ensure_ascii=False, indent=1)]
    else:
        lines = list(_text(found, numerals))
    if not given["quiet"]:
        for note in source_notes(work):
            output.err(note)
    deliver_lines(lines, where, given, ascii=where.format != "json" and output.wants_ascii(given))


def _asked_for(given: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """The name among the words: the first one after SOURCE that gives no value; and the other words."""
    words = tuple(given["words"])
    first = 0 if given["expr"] is not None or given["file"] is not None else 1
    for position in range(first, len(words)):
        after = words[position + 1] if position + 1 < len(words) else ""
        torn = after.startswith("=") or (position > first and words[position - 1].endswith("="))
        if "=" not in words[position] and not torn and not words[position].startswith("--"):
            return words[position].strip(), (*words[:position], *words[position + 1 :])
    return None, words


def _no_name(ctx: click.Context, graph: Graph) -> GradvizError:
    from gradviz.cli.quoting import line
    from gradviz.graph import listed

    typed = list(ctx.meta["gradviz.words"])
    place = next((k for k, word in enumerate(typed) if not word.startswith("--")), 0) + 1
    name = graph.inputs[0] if graph.inputs else "x"
    return GradvizError(
        "the name is missing to which the paths lead",
        expected="after SOURCE one of " + (listed(graph.inputs) or "its names"),
        hint=line([*ctx.command_path.split(), *typed[:place], name, *typed[place:]]),
    )


def as_json(found: Paths) -> dict[str, Any]:
    """All that is known about the paths, as plain data."""
    from gradviz.draw.data import number

    names = found.graph.names
    return {
        "output": names[found.graph.output],
        "wrt": names[found.node],
        "count": _whole(found.count),
        "listed": found.listed,
        "paths": [
            {
                "nodes": [names[i] for i in path.nodes],
                "slots": list(path.slots),
                "factors": list(path.factors),
                "locals": None if path.locals is None else [number(local) for local in path.locals],
                "product": path.product,
                "value": number(path.value),
            }
            for path in found
        ],
        "sum": number(found.sum),
        "gradient": number(found.gradient),
        "multiplications": {"paths": _whole(found.by_paths), "reverse": found.by_reverse},
    }


def _whole(count: int) -> int | str:
    from gradviz.calculus.paths import counted

    return count if count < _LARGEST else counted(count)


def _text(found: Paths, numerals: Numerals) -> Iterator[str]:
    from gradviz.calculus.paths import counted

    graph = found.graph
    output_name, name = graph.names[graph.output], graph.names[found.node]
    d = f"d{output_name}/d{name}"
    if found.count == 0:
        yield f"There is no path from {output_name} to {name}: {output_name} does not depend on it, so {d} = 0."
        return
    many = f"{counted(found.count)} path{'s lead' if found.count > 1 else ' leads'}"
    yield f"{many} from {output_name} back to {name}" + (":" if found.listed else ", too many to list.")
    for number, path in enumerate(found, 1):
        yield ""
        yield from _path(found, path, number, numerals)
    yield ""
    if found.listed:
        yield f"The sum over the paths is the gradient: {_sum(found, d, numerals)}"
    elif found.gradient is not None:
        yield f"Their sum, by the backward pass: {d} = {numerals.text(found.gradient)}"
    yield (
        f"Multiplications: {counted(found.by_paths)} path by path; {found.by_reverse:,} in reverse mode, which adds "
        "where paths meet and multiplies once an edge."
    )


def _path(found: Paths, path: Path, number: int, numerals: Numerals) -> Iterator[str]:
    from gradviz.calculus.notation import gate_formula

    graph = found.graph
    names = graph.names
    ways = [names[i] for i in path.nodes]
    unnamed = [
        f"{names[i]} = {gate_formula(graph, i)}" for i in path.nodes if graph.given[i] is None and graph.operands(i)
    ]
    yield f"{number}. {' → '.join(ways)}" + (f"   ({', '.join(unnamed)})" if unnamed else "")
    if not path.slots:
        yield "   the node itself: 1"
        return
    edges = " · ".join(f"∂{a}/∂{b}" for a, b in pairwise(ways))
    parts = [edges, " · ".join(map(_bracketed, path.factors)), path.product]
    if path.locals is not None and path.value is not None:
        parts.append(" · ".join(_bracketed(numerals.text(local)) for local in path.locals))
        parts.append(numerals.text(path.value))
    yield "   " + _equal(parts)


def _sum(found: Paths, d: str, numerals: Numerals) -> str:
    products = [_bracketed(path.product, sums=False) for path in found]
    parts = [d, " + ".join(products)]
    if found.gradient is not None:
        parts.append(" + ".join(_bracketed(numerals.text(path.value or 0.0)) for path in found))
        parts.append(numerals.text(found.gradient))
    return _equal(parts)


def _bracketed(text: str, *, sums: bool = True) -> str:
    """A factor or term that needs brackets among others."""
    loose = text.startswith("-") or (sums and " " in text and not text.endswith(")"))
    return f"({text})" if loose else text


def _equal(parts: list[str]) -> str:
    return " = ".join(part for k, part in enumerate(parts) if k == 0 or part != parts[k - 1])
