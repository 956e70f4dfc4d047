"""``gradviz quiz``: predict the next number, and be told why."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.circuit import circuit
from gradviz.cli.words import Command
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    from gradviz.numerals import Numerals
    from gradviz.step.quiz import Session

_LONGEST = 10_000  # characters of a line that are read
_RANDOM = 10  # questions, where there is no end to them


@click.command("quiz", cls=Command)
@options.source
@options.option(
    "--level",
    type=click.IntRange(1, 5),
    preference=False,
    help="How hard --random is: 1 one gate … 5 losses, training.",
)
@options.option("--questions", type=click.IntRange(1), metavar="N", help="Stop after N questions.")
@options.option("--save/--no-save", default=True, help="Keep your progress in your state folder. [default: save]")
@options.drawing(("digits", "decimals", "rounding", "expand", "ascii"))
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Predict the next number, and be told why.

    With SOURCE, every number of both passes is asked in order; without numbers, small
    friendly ones are chosen. Without SOURCE, or with --random alone, expressions are made
    that each look for one way to go wrong. Answers are numbers, fractions or formulas.
    Full screen in a terminal; as text in a pipe and with --plain. :hint, skip, ? and quit
    work at any time; the end of the input ends with the summary.

    Examples:
      gradviz quiz "q = x + y; f = q * z" x=-2 y=5 z=-4
      gradviz quiz example:copy-adder
      gradviz quiz --random --seed 7 --level 3
      gradviz quiz --random --questions 5 --no-save

    Progress is a readable file, quiz.json, in your state folder (GRADVIZ_STATE names
    another one); nothing is sent anywhere.

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed.
    """
    begin(ctx, {**given, "format": None, "as_json": False})


def begin(ctx: click.Context, given: dict[str, Any]) -> None:
    """Hold the session: full screen at a terminal, else as text."""
    from gradviz.cli.step import full_screen, title
    from gradviz.draw.options import Options

    numerals = Options.of(**options.chosen(given)).numerals
    session, before = _session(ctx, given, numerals)
    if session.done or not full_screen(given):
        hold(session, before, given)
        return
    from gradviz.step import record
    from gradviz.step.app import run
    from gradviz.step.quiz_pane import QuizPage

    problems: list[str] = []

    def keep(asked: int, first: int, met: dict[str, int]) -> None:
        problem = record.keep(asked, first, met) if given["save"] else None
        problems.extend([problem] if problem else [])

    page = QuizPage(session, "gradviz" if bare(given) else title(given), keep, ascii=output.wants_ascii(given))
    code = run(page, coloured=output.coloured(given["plain"]))
    page.leave()
    if session.asked:
        output.out_lines(session.summary(), ascii=page.ascii)
    if not given["quiet"]:
        for problem in problems:
            output.err(problem)
    ctx.exit(code)


def bare(given: dict[str, Any]) -> bool:
    """Whether there is no SOURCE."""
    return not given["words"] and given["expr"] is None and given["file"] is None


def _session(ctx: click.Context, given: dict[str, Any], numerals: Numerals) -> tuple[Session, list[str]]:
    """The session that is asked for, and what is told before it."""
    from gradviz.step.quiz import Session, opening

    seed = given["seed"] or 0
    if bare(given):
        from gradviz.step.generate import stream

        most = given["questions"] or _RANDOM
        return Session(stream(seed, given["level"], numerals), most, seed), []
    if given["level"] is not None:
        raise GradvizError("--level chooses among made-up expressions, and here is a SOURCE", hint="--random --level 3")
    if given["file"] == "-" or given["words"][:1] == ("-",):
        raise GradvizError(
            "SOURCE - reads standard input, and that is where the answers come from", expected="a file or an expression"
        )
    work = circuit(ctx, given, choose=True)
    if not given["quiet"]:
        for note in work.notes:
            output.err(note)
    from gradviz.draw.options import Options
    from gradviz.draw.view import folded_calls
    from gradviz.step.walk import walk

    shown = Options.of(**options.chosen(given))
    rounded = numerals.rounded if shown.rounding == "chained" else None
    trace = work.graph.trace(rounded=rounded).shown
    session = Session(walk(trace, numerals, tuple(folded_calls(work.graph, shown.expanded))), given["questions"], seed)
    return session, opening(session.question, numerals)


def hold(session: Session, before: list[str], given: dict[str, Any]) -> None:
    """Ask on stdout, read from stdin, and keep the progress whatever happens."""
    ascii = output.wants_ascii(given)
    if session.done:
        _say(["There is nothing to predict here: no gate depends on an input."], ascii)
        return
    try:
        _say([*before, *([] if given["quiet"] else ["Type your answer; ? helps, :hint hints, quit ends."])], ascii)
        for line in _typed(session, ascii):
            _say([*session.reply(line), ""], ascii)
        _say(session.summary(), ascii)
    finally:
        if given["save"]:
            from gradviz.step import record

            problem = record.keep(session.asked, session.first, session.met)
            if problem and not given["quiet"]:
                output.err(problem)


def _typed(session: Session, ascii: bool) -> Iterator[str]:
    """The lines that are typed, each after its question; the end of the input ends it."""
    stdin = sys.stdin
    if stdin is None:
        return
    if hasattr(stdin, "reconfigure"):
        stdin.reconfigure(errors="replace")
    echo = not stdin.isatty()
    asked = ""
    while not session.done:
        if session.prompt != asked:
            asked = session.prompt
            _say([asked], ascii)
        output.out("> ", end="")
        output.finish()
        line = stdin.readline(_LONGEST)
        if echo or not line:
            output.out(line.rstrip("\n"))
        if not line:
            return
        yield line


def _say(lines: list[str], ascii: bool) -> None:
    """Lines to stdout; at a terminal broken between words."""
    if sys.stdout is not None and sys.stdout.isatty():
        wide = max(20, output.width() - 1)
        lines = [part for line in lines for part in _broken(line, wide)]
    output.out_lines(lines, ascii=ascii)


def _broken(line: str, width: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False) or [""]
