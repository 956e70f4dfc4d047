"""``gradviz show``: the graph, its values and its gradients in the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.circuit import Circuit, circuit
from gradviz.cli.files import Target, target, wanted_format
from gradviz.cli.words import Command
from gradviz.draw.grid.text import columns
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    from gradviz.draw.drawing import Drawing

FORMATS = ("txt", "json")
_MOST_PICTURED = 5000  # cells: beyond, one row a node would only say again what the table says


@click.command("show", cls=Command)
@options.source
@options.result(FORMATS, "txt")
@options.drawing((*options.SHARED, "locals", "theme"))
@options.option("--explain", is_flag=True, help="Tell every step: one sentence and one line of arithmetic.")
@options.option("--no-backward", is_flag=True, preference=False, help="The forward pass only.")
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Print the graph, its values and its gradients in the terminal.

    SOURCE is an expression or statements, a file (.gradviz, .txt, .md, or a path such as
    ./net), example:NAME, path.py:function, module:function, or - for standard input.
    NAME=VALUE gives the inputs numbers: x=-2, "y=pi/4", "W=[[1,2],[3,4]]", W=@file.npy.
    Without numbers the structure is shown.

    Examples:
      gradviz show "q = x + y; f = q * z" x=-2 y=5 z=-4
      gradviz show "-log(p)" p=0.5 --explain
      gradviz show example:sigmoid-neuron --decimals 2 --rounding chained
      gradviz show "(a + b)^2" --random --seed 3
      gradviz show example:three-gate --json

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk).
    """
    from gradviz.draw.drawing import Drawing

    chosen = options.chosen(given)
    work = circuit(ctx, given)
    where = target(given, FORMATS, "txt", work.files) or Target(None, wanted_format(given) or "txt")
    notes = list(work.notes)
    if where.format == "txt" and where.path is None:
        chosen["ascii"] = output.wants_ascii(given)
    drawing = Drawing.of(_traced(work, chosen, backward=not given["no_backward"]), **chosen)
    check(given, chosen, where, work)
    if not given["quiet"]:
        for note in (*notes, *drawing.notes):
            output.err(note)
    _print(drawing, where, given)


def check(given: dict[str, Any], chosen: dict[str, Any], where: Target, work: Circuit) -> None:
    """What cannot be had together."""
    hide = chosen.get("hide", "none")
    if where.format == "json":
        if given["explain"]:
            raise GradvizError("--explain is for people, JSON has the events themselves")
        if hide != "none":
            raise GradvizError(f"JSON holds all numbers, and --hide {hide} does not go with it", hint="--no-backward")
    if given["explain"]:
        if hide != "none":
            raise GradvizError(f"--explain tells the numbers, and --hide {hide} leaves them out")
        if not work.numbered:
            raise GradvizError("--explain needs numbers to explain", hint=work.notes[-1].partition("\n  ")[2] or None)


def _traced(work: Circuit, chosen: dict[str, Any], *, backward: bool) -> Any:
    """The graph with a trace of its own where no backward pass is wanted."""
    if backward or not work.numbered:
        return work.graph
    from gradviz.draw.options import Options

    shown = Options.of(**chosen)
    return work.graph.trace(backward=False, rounded=shown.numerals.rounded if shown.rounding == "chained" else None)


def _print(drawing: Drawing, where: Target, given: dict[str, Any]) -> None:
    from gradviz.cli.render import deliver

    if where.format == "json":
        deliver(drawing.render("json"), where, quiet=given["quiet"])
    elif where.path is None:
        output.out_lines(
            _lines(drawing, where, given, coloured=output.coloured(given["plain"])), ascii=drawing.options.ascii
        )
    else:
        text = "\n".join(_lines(drawing, where, given, coloured=False)) + "\n"
        deliver(text.encode(), where, quiet=given["quiet"])


def _lines(drawing: Drawing, where: Target, given: dict[str, Any], *, coloured: bool) -> Iterator[str]:
    """The picture, the table and, where asked, every step."""
    width = output.width()
    quiet = given["quiet"]
    count = len(drawing.graph)
    if count <= _MOST_PICTURED:
        painting, style = drawing.painting(width)
        if not quiet and style != "box":
            output.err(_STYLES[style])
        yield from (painting.ansi(colours(drawing)) if coloured else painting.text()).split("\n")
        yield ""
    elif not quiet:
        output.err(f"{count:,} nodes are too many for a picture: the table alone")
    yield from _table(drawing, width, coloured)
    if given["explain"]:
        yield from _explained(drawing, output.screen_width() if where.path is None else None)


def colours(drawing: Drawing) -> str:
    """The terminal's colours: none but bold for the black and white theme."""
    return "mono" if drawing.theme.name == "print" else "colour"


_STYLES = {
    "slim": "picture without frames, to fit this width",
    "tape": "one row a node: a picture with boxes does not fit this width",
}


def _table(drawing: Drawing, width: int, coloured: bool) -> Iterator[str]:
    from gradviz.cli.table import Column, table

    graph, trace, hide = drawing.graph, drawing.trace, drawing.options.hide
    text = drawing.options.numerals.text
    values = trace.values if trace is not None and hide not in ("values", "all") else None
    grads = trace.shown.gradients if trace is not None and hide not in ("grads", "all") else None
    head = [Column("name", style="name"), Column("gate"), Column("operands", gives=True)]
    if values is not None:
        head.append(Column("value", right=True, style="value"))
    if grads is not None:
        head.append(Column("gradient", right=True, style="grad"))
    names = graph.names
    rows = []
    for i, row in enumerate(graph.gates):
        cells = [names[i], row.name, ", ".join(names[j] for j in graph.operands(i))]
        if values is not None:
            cells.append(text(values[i]))
        if grads is not None:
            cells.append("" if graph.constant[i] and i != graph.output else text(grads[i]))
        rows.append(cells)
    yield from table(
        head, rows, width=width, ascii=drawing.options.ascii, colours=colours(drawing) if coloured else None
    )


def _explained(drawing: Drawing, width: int | None) -> Iterator[str]:
    """Every step; on a screen its lines are broken between words, in a pipe each is one line."""
    from gradviz.explain import backward_steps, forward_steps

    trace, numerals = drawing.trace, drawing.options.numerals
    assert trace is not None
    for title, steps in (
        ("Forward", forward_steps(trace, numerals)),
        ("Backward", backward_steps(trace, numerals)),
    ):
        if title == "Backward" and trace.gradients is None:
            return
        yield from ("", title)
        for number, step in enumerate(steps, 1):
            yield from hanging(f"{number:3}. {step.sentence}", width, 5)
            yield from hanging(f"     {step.arithmetic}", width, 7)


def hanging(line: str, width: int | None, indent: int) -> list[str]:
    """A line as wide as the screen, the rest of it indented; numbers are never broken.

    >>> hanging("  1. f = x + y = 2 + 3 = 5", 16, 5)
    ['  1. f = x + y =', '     2 + 3 = 5']
    """
    if width is None or columns(line) <= width:
        return [line]
    lead = line[: len(line) - len(line.lstrip())]
    lines, now = [], lead
    for space, word in re.findall(r"( *)([^ ]+)", line[len(lead) :]):
        if now.strip() and columns(now) + len(space) + columns(word) > width:
            lines.append(now)
            now = " " * indent + word
        else:
            now += space + word
    return [*lines, now]
