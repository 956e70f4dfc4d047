"""``gradviz step``: through both passes, one gate or one contribution at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.circuit import Circuit, circuit
from gradviz.cli.files import Target, target, wanted_format
from gradviz.cli.words import Command
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    from gradviz.step.cursor import Cursor
    from gradviz.step.pages import StepPage

FORMATS = ("txt", "json")


@click.command("step", cls=Command)
@options.source
@options.option("--at", metavar="NODE", preference=False, help="Begin where this node is computed.")
@options.option("--update", type=float, metavar="ETA", preference=False, help="End with an update: w - ETA * gradient.")
@options.option("--only", metavar="NAMES", preference=False, help="The inputs to update, with commas. [default: all]")
@options.option("--quiz", is_flag=True, preference=False, help="Be asked for every number, as gradviz quiz does.")
@options.result(FORMATS, "txt")
@options.drawing(("digits", "decimals", "rounding", "expand", "ascii"))
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Step through both passes in the terminal, gate by gate.

    A debugger for backprop: full screen in a terminal (? lists the keys), forwards and backwards,
    with breakpoints, other inputs and updates. As text, one step a line, in a pipe, with --plain
    or GRADVIZ_PLAIN=1, with TERM=dumb and with -o. Without SOURCE it offers the examples;
    without numbers it chooses small friendly ones and says which.

    Examples:
      gradviz step example:three-gate
      gradviz step "q = x + y; f = q * z" x=-2 y=5 z=-4 --at q
      gradviz step "loss = (w*x - t)^2" w=1 x=2 t=5 --update 0.1 --only w --plain
      gradviz step example:sigmoid-neuron --expand sigmoid --decimals 2
      gradviz step example:copy-adder --json

    --json prints one object a line, numbers at full precision ("inf", "-inf", "nan" as text):
      {"stage": "forward", "node", "name", "gate", "operands", "value"}   one a node, by id
      {"stage": "backward", "node", "name", "operand", "operand_name", "slot", "upstream",
       "local", "contribution", "total"}   the events of show --json, in their order
      {"stage": "update", "node", "name", "rate", "grad", "before", "after"}   with --update:
       one an input, and last the output computed anew (its grad is null)

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk).
    """
    bare = not given["words"] and given["expr"] is None and given["file"] is None
    if given["only"] is not None and given["update"] is None:
        raise GradvizError("--only names the inputs to update", hint=f"--update 0.1 --only {given['only']}")
    if given["quiz"]:
        _ask(ctx, given, bare)
        return
    if bare and not (given["out"] or wanted_format(given)):
        _offer(ctx, given)
        return
    work = circuit(ctx, given, choose=True)
    where = target(given, FORMATS, "txt", work.files) or Target(None, wanted_format(given) or "txt")
    if not given["quiet"]:
        for note in work.notes:
            output.err(note)
    if where.format == "txt" and where.path is None and given["out"] is None and full_screen(given):
        from gradviz.step.app import run

        ctx.exit(run(_page(work, given, title(given)), coloured=output.coloured(given["plain"])))
    _tell(_transcript(work, given, where), where, given)


def _ask(ctx: click.Context, given: dict[str, Any], bare: bool) -> None:
    """The same as ``gradviz quiz SOURCE``."""
    from gradviz.cli import quiz

    for option in ("at", "update", "out"):
        if given[option] is not None:
            raise GradvizError(
                f"--quiz begins at the start and asks; --{option.replace('out', 'o')} does not go with it"
            )
    if bare or wanted_format(given) is not None:
        raise GradvizError("--quiz needs a SOURCE and asks in words", hint="gradviz step example:three-gate --quiz")
    quiz.begin(ctx, {**given, "level": None, "questions": None, "save": True})


def full_screen(given: dict[str, Any]) -> bool:
    """Whether a person sits at a terminal that can be drawn on."""
    if given["plain"] or wanted_format(given) is not None:
        return False
    if os.name != "nt" and os.environ.get("TERM", "dumb") in ("dumb", ""):
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def title(given: dict[str, Any]) -> str:
    """What the screen is headed with."""
    if given["file"] is not None or given["expr"] is not None or not given["words"]:
        return os.path.basename(given["file"] or "") or "gradviz step"
    from gradviz.cli.source import form_of

    word = str(given["words"][0])
    match form_of(word):
        case "example":
            return word.removeprefix("example:")
        case "file" | "python":
            return os.path.basename(word)
        case _:
            return "gradviz step"


def _cursor(work: Circuit, given: dict[str, Any]) -> Cursor:
    from gradviz.draw.options import Options
    from gradviz.step.cursor import Cursor

    cursor = Cursor(work.graph, Options.of(**options.chosen(given)))
    if given["at"] is not None:
        cursor.find(given["at"])
    return cursor


def _only(given: dict[str, Any]) -> list[str]:
    return [name.strip() for name in (given["only"] or "").split(",") if name.strip()]


def _page(work: Circuit, given: dict[str, Any], title: str) -> StepPage:
    from gradviz.step.pages import StepPage
    from gradviz.step.screen import Look

    cursor = _cursor(work, given)
    if given["update"] is not None:
        from gradviz.step.transcript import plan

        plan(cursor, given["update"], _only(given))
    return StepPage(cursor, Look(title, note=work.notes[-1:], ascii=output.wants_ascii(given)))


def _transcript(work: Circuit, given: dict[str, Any], where: Target) -> Iterator[str]:
    from gradviz.step import transcript

    if where.format == "json":
        at = 0 if given["at"] is None else work.graph.id(given["at"])
        found = transcript.objects(work.graph, at=at, rate=given["update"], names=_only(given))
        return map(transcript.json_line, found)
    return transcript.lines(_cursor(work, given), rate=given["update"], names=_only(given))


def _tell(lines: Iterator[str], where: Target, given: dict[str, Any]) -> None:
    if where.path is not None:
        from gradviz.cli.render import deliver

        deliver("".join(f"{line}\n" for line in lines).encode(), where, quiet=given["quiet"])
    elif where.format == "json":
        for line in lines:
            output.out_bytes(f"{line}\n".encode())
    else:
        output.out_lines(lines, ascii=output.wants_ascii(given))


def _offer(ctx: click.Context, given: dict[str, Any]) -> None:
    """The examples: to choose from at a terminal, else as commands."""
    from gradviz.cli.packaged import examples

    found = examples()
    if not full_screen(given):
        wide = max(len(one.name) for one in found)
        listed = [f"gradviz step example:{one.name:{wide}}  {one.about}" for one in found]
        output.out_lines(["Step through one of these, or an expression of your own:", *listed])
        return
    from gradviz.step.app import run
    from gradviz.step.pages import ChoosePage

    def load(name: str) -> StepPage:
        asked = {**given, "words": (f"example:{name}",)}
        return _page(circuit(ctx, asked, choose=True), asked, name)

    page = ChoosePage([(one.name, one.about) for one in found], load, ascii=output.wants_ascii(given))
    ctx.exit(run(page, coloured=output.coloured(given["plain"])))
