"""``gradviz check``: a derivation read and checked line by line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gradviz.cli import options, output
from gradviz.cli.files import Target, target, wanted_format
from gradviz.cli.progress import Progress
from gradviz.cli.words import Command, misspelled_option
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    from gradviz.check.outcome import Outcome

FORMATS = ("text", "json", "html", "md")
_SUFFIXES = {"txt": "text"}
_LEVELS = ("0", "1", "2", "3")


@click.command("check", cls=Command)
@click.argument("words", nargs=-1, metavar="FILE...")
@options.option("--problem", metavar="FILE", preference=False, help="What to check against: source, or a derivation.")
@options.option("--hints", type=options.Word(_LEVELS), help="How much is told: 0 to 3. [default: 2]")
@options.option("--recursive", is_flag=True, preference=False, help="Folders too: every derivation in them.")
@options.option("--prove", is_flag=True, preference=False, help="Ask SymPy for proofs as well.")
@options.result(FORMATS, "text")
@options.option("--ascii/--no-ascii", default=None, help="Only ASCII characters.")
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Check homework derivations line by line, and say what went wrong.

    FILE is .txt, .md, .tex or .ipynb (Markdown cells only; code is never run), or - for
    standard input. The problem stands in it (f(x, y) = x*y at x = 2, y = 3) or in --problem,
    which is a source with a line "require df/dx, df/dy", or a derivation by the staff.

    Every link of every chain is ok, wrong, follows (right, given an earlier error), not read
    or not decided. What is not read is listed, and never counts against anybody.
    --hints: 0 right or wrong, 1 where, 2 which rule was broken, 3 the answer.

    Examples:
      gradviz check homework.txt
      gradviz check --recursive handed-in --problem problem.gradviz
      gradviz check homework.ipynb --hints 3 -o report.html
      gradviz check homework.tex --json

    --json prints {"files": [...]}, in the order given, a file being {"file", "problems", "links",
    "required", "first_wrong", "summary"}, with "failure" where it could not be read and "notes"
    where there are any. A link is {"problem", "line", "column", "cell", "left", "right",
    "read_as", "quantity", "verdict", "expected", "witness", "misconceptions", "message"};
    what lies above the level of --hints is null, [] or not there.

    Exit codes: 0 all right, 1 something wrong or missing, 2 a file could not be read or
    understood at all, 3 nothing wrong, but something was not read or not decided. Of several
    files the worst, in the order 2, 1, 3, 0.
    """
    from gradviz.check.checking import check_file, staff_problems
    from gradviz.check.outcome import Outcome
    from gradviz.check.reader.files import files

    words = list(given["words"])
    for word in words:
        wrong = misspelled_option(word, ctx) if word.startswith("--") else _short(word)
        if wrong is not None:
            raise wrong
    if not words:
        raise GradvizError("there is no file to check", hint="gradviz check homework.txt")
    found = list(files(words, recursive=given["recursive"]))
    if not found:
        raise GradvizError("there is no derivation in there", expected="files .txt, .md, .tex or .ipynb")
    if given["prove"]:
        from gradviz.check.deciding.proving import needed

        needed()
    staff = given["problem"]
    if [*words, staff].count("-") > 1:
        raise GradvizError("standard input can be read once only", hint="a file for one of them")
    own = {str(path): "a file that is checked" for path, _ in found} | ({staff: "the problem"} if staff else {})
    where = _target(given, own)
    problems = staff_problems(staff) if staff else []
    if staff is not None:
        found = [(path, name) for path, name in found if len(found) == 1 or not _same(path, staff)]
    with Progress(len(found), shown=not given["quiet"] and not given["plain"]) as progress:
        checked = []
        for path, name in found:
            progress.at(f"checking {name}")
            checked.append(check_file(path, name, problems, origin=staff, prove=given["prove"]))
        progress.at("writing the report", counts=False)
        allowed = min((problem.hints for problem in problems if problem.hints is not None), default=3)
        asked = int(given["hints"]) if given["hints"] is not None else 2
        outcome = Outcome(tuple(checked), min(asked, allowed), allowed)
        if asked > allowed and given["hints"] is not None and not given["quiet"]:
            output.err(f"note: {staff} allows --hints {allowed} at most")
        report = None if where.format == "text" and where.path is None else outcome.report(where.format)
    _print(outcome, report, where, given)
    ctx.exit(outcome.exit_code)


def _target(given: dict[str, Any], own: dict[str, str]) -> Target:
    """Where the report goes; ``.txt`` is text."""
    shown = {**given, "format": None if given["format"] == "text" else given["format"]}
    where = target(shown, ("txt", "json", "html", "md"), "txt", own) or Target(None, wanted_format(given) or "text")
    return Target(where.path, _SUFFIXES.get(where.format, where.format))


def _short(word: str) -> GradvizError | None:
    """What to say of ``-r``, which other programs have."""
    import os

    if len(word) != 2 or word[0] != "-" or word == "--" or os.path.exists(word):
        return None
    meant = {"-r": "--recursive", "-p": "--problem FILE"}.get(word.lower(), "gradviz check --help lists the options")
    return GradvizError(f"there is no option {word}, and no file of that name", hint=meant)


def _same(path: Any, other: str) -> bool:
    import os

    try:
        return os.path.samefile(path, other)
    except OSError:  # standard input, a file that went away
        return False


def _print(outcome: Outcome, report: str | None, where: Target, given: dict[str, Any]) -> None:
    from gradviz.cli.render import deliver

    if report is None:
        _tell(outcome, given)
    else:
        deliver(report.encode(), where, quiet=given["quiet"])


def _tell(outcome: Outcome, given: dict[str, Any]) -> None:
    """The text report: as wide as the screen on a terminal, and the same bytes in every pipe."""
    from gradviz.check.report import visible
    from gradviz.check.reports.text import WIDEST, as_text
    from gradviz.check.reports.wording import SIGNS

    coloured, ascii = output.coloured(given["plain"]), output.wants_ascii(given)
    files = visible(outcome)
    if coloured or output.interactive(given["plain"]):
        from gradviz.check.reports.terminal import as_screen

        ascii = ascii or not output.carries(sys.stdout, "".join(SIGNS.values()))
        text = as_screen(files, outcome.hints, output.width(), coloured=coloured, ascii=ascii)
    else:
        edge = output.screen_width() if output.on_terminal() else None
        text = as_text(files, outcome.hints, width=min(WIDEST, edge - 2) if edge else WIDEST)
    output.out_lines(text.rstrip("\n").split("\n"), ascii=ascii and not coloured)
