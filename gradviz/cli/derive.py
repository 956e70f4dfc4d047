"""``gradviz derive``: derivatives as formulas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.circuit import Circuit, circuit
from gradviz.cli.files import Target, target, wanted_format
from gradviz.cli.words import Command
from gradviz.errors import GradvizError
from gradviz.numerals import Numerals

if TYPE_CHECKING:
    from gradviz.calculus.derivation import Derivation

FORMATS = ("text", "latex", "json", "txt", "tex")
_SAME = {"txt": "text", "tex": "latex"}


@click.command("derive", cls=Command)
@options.source
@options.option(
    "--wrt",
    multiple=True,
    metavar="NAME",
    preference=False,
    help="The name to differentiate by, also a computed one; may be given several times. [default: all inputs]",
)
@options.option("--order", type=int, default=1, metavar="N", preference=False, help="2 for second derivatives, ….")
@options.option("--steps", is_flag=True, help="Spell out the chain rule: which gate gave which factor.")
@options.result(FORMATS, "text")
@options.drawing(("digits", "decimals", "ascii"))
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Print the derivative by every input as a formula.

    SOURCE is an expression or statements, a file (.gradviz, .txt, .md, or a path such as
    ./net), example:NAME, path.py:function, module:function, or - for standard input.
    NAME=VALUE gives the inputs numbers; then the value stands behind each formula.
    Formulas are written in the names of SOURCE, and read back as its language; where parts
    are long and shared, lines with let come first. At a kink a where(…) says which slope is
    taken. JSON: {"output", "gradients": {NAME: {"formula", "latex", "value", "let"}}}; with
    --order 2 the keys are pairs, x,y.

    Examples:
      gradviz derive "q = x + y; f = q * z" x=-2 y=5 z=-4
      gradviz derive example:sigmoid-expanded --wrt w0 --steps
      gradviz derive "f = x^2 * y" --order 2
      gradviz derive "-log(p)" --format latex
      gradviz derive example:three-gate --format json

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk).
    """
    from gradviz.calculus.derivation import Derivation

    chosen = options.chosen(given)
    numerals = Numerals(chosen.get("digits", 4), chosen.get("decimals"))
    work = circuit(ctx, given)
    where = target(given, FORMATS, "text", work.files) or Target(None, wanted_format(given) or "text")
    format = _SAME.get(where.format, where.format)
    if given["steps"] and format != "text":
        raise GradvizError(f"--steps is a text for people, and --format {format} is not", hint="--steps alone")
    derivation = Derivation(work.graph, given["wrt"] or None, given["order"])
    if format == "json":
        lines = iter([json.dumps(as_json(derivation), ensure_ascii=False, indent=1)])
    else:
        lines = _latex(derivation, numerals) if format == "latex" else _text(derivation, numerals, given["steps"])
    text = list(lines)
    if not given["quiet"]:
        for note in (*source_notes(work), *_zeros(derivation)):
            output.err(note)
    deliver_lines(text, where, given, ascii=format == "text" and output.wants_ascii(given))


def source_notes(work: Circuit) -> tuple[str, ...]:
    """What is said about the source; formulas miss nothing where there are no numbers."""
    return work.notes if work.numbered else work.notes[:-1]


def deliver_lines(lines: list[str], where: Target, given: dict[str, Any], *, ascii: bool) -> None:
    """Lines to stdout, or as UTF-8 to a file."""
    from gradviz.cli.render import deliver

    if where.path is not None:
        shown = [output.plain_ascii(line) for line in lines] if ascii else lines
        deliver(("\n".join(shown) + "\n").encode(), where, quiet=given["quiet"])
    elif where.format == "json":
        output.out_bytes(("\n".join(lines) + "\n").encode())
    else:
        output.out_lines(lines, ascii=ascii)


def as_json(derivation: Derivation) -> dict[str, Any]:
    """The contract of ``derive --format json``: every formula with the let lines that it needs, usually none."""
    from gradviz.calculus.latex import latex
    from gradviz.draw.data import number

    graph = derivation.graph
    gradients = {}
    for one in derivation:
        found = derivation.formulas(one)
        gradients[",".join(graph.names[node] for node in one.by)] = {
            "formula": found.texts()[0],
            "latex": latex(found.expressions[0]),
            "value": number(one.value),
            "let": [list(line) for line in found.let_texts()],
        }
    return {"output": graph.names[graph.output], "gradients": gradients}


def _text(derivation: Derivation, numerals: Numerals, steps: bool) -> Iterator[str]:
    if steps:
        from gradviz.calculus.chain_rule import ChainRule

        yield from ChainRule(derivation, numerals).lines()
        yield ""
    found = derivation.formulas(*derivation)
    for name, text in found.let_texts():
        yield f"let {name} = {text}"
    for one, text in zip(derivation, found.texts(), strict=True):
        shown = "" if one.value is None else numerals.text(one.value)
        yield f"{derivation.label(one)} = {text}" + (f" = {shown}" if shown not in ("", text) else "")


def _latex(derivation: Derivation, numerals: Numerals) -> Iterator[str]:
    from gradviz.calculus.latex import latex, latex_name, latex_number

    found = derivation.formulas(*derivation)
    plain = Numerals(numerals.digits, numerals.decimals, ascii=True)
    for name, expression in found.lets:
        yield f"{latex_name(name)} = {latex(expression)}"
    for one, expression in zip(derivation, found.expressions, strict=True):
        text = latex(expression)
        shown = "" if one.value is None else latex_number(plain.text(one.value))
        yield f"{derivation.latex_label(one)} = {text}" + (f" = {shown}" if shown not in ("", text) else "")


def _zeros(derivation: Derivation) -> list[str]:
    """Why a derivative is 0 everywhere, where the formula does not show it."""
    return [why for one in derivation if (why := derivation.why_zero(one)) is not None]
