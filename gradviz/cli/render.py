"""``gradviz render``: the backprop diagram as a file."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from gradviz.cli import options
from gradviz.cli.circuit import circuit
from gradviz.cli.files import Target, named_after, target, wanted_format
from gradviz.cli.output import err, out, out_bytes
from gradviz.cli.words import Command
from gradviz.errors import GradvizError

FORMATS = ("svg", "png", "pdf", "dot", "json")

_TERMINAL_ONLY = ("ascii",)


@click.command("render", cls=Command)
@options.source
@options.result(FORMATS, "svg")
@options.drawing([name for name in options.FIELDS if name not in _TERMINAL_ONLY])
@options.option("--force", is_flag=True, help="Without -o: replace an existing file all the same.")
@options.option(
    "--open",
    "open_it",
    is_flag=True,
    preference=False,
    help="Open the file; without a display print its path.",
)
@options.talk
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Draw the backprop diagram into a file (SVG, PNG, PDF, DOT, JSON).

    SOURCE is an expression or statements, a file (.gradviz, .txt, .md, or a path such as
    ./net), example:NAME, path.py:function, module:function, or - for standard input.
    NAME=VALUE gives the inputs numbers: x=-2, "y=pi/4", "W=[[1,2],[3,4]]", W=@file.npy.
    Without numbers the structure is drawn.

    Examples:
      gradviz render "q = x + y; f = q * z" x=-2 y=5 z=-4
      gradviz render example:sigmoid-neuron --decimals 2 -o neuron.pdf
      gradviz render "-log(p)" p=0.5 --locals --theme print -o loss.png
      gradviz render example:two-layer-net --expand all --direction TB -o net.svg
      gradviz render "x*y" -o - --format dot

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk, Graphviz).
    """
    from gradviz.draw.drawing import Drawing

    chosen = options.chosen(given)
    work = circuit(ctx, given)
    where = target(given, FORMATS, "svg", work.files)
    drawing = Drawing.of(work.graph, **chosen)
    if where is None:
        where = named_after(drawing.name, wanted_format(given) or "svg", force=given["force"])
    check_hidden(chosen, where)
    if where.path is None and where.format in ("png", "pdf") and sys.stdout is not None and sys.stdout.isatty():
        raise GradvizError(f"a {where.format.upper()} on the terminal cannot be read", hint=f"-o f.{where.format}")
    if not given["quiet"]:
        pictured = drawing.layout_notes if where.format in ("svg", "png", "pdf", "dot") else []
        for note in (*work.notes, *drawing.notes, *pictured):
            err(note)
    deliver(drawing.render(where.format), where, quiet=given["quiet"])
    if given["open_it"] and where.path is not None:
        show_file(where.path)


def check_hidden(chosen: dict[str, Any], where: Target) -> None:
    """JSON holds every number, so it cannot be had together with --hide."""
    if where.format == "json" and chosen.get("hide", "none") != "none":
        raise GradvizError(f"JSON holds all numbers, and --hide {chosen['hide']} does not go with it")


def deliver(data: bytes, where: Target, *, quiet: bool) -> None:
    """Write a result to its file, at once or not at all, or to stdout."""
    if where.path is None:
        out_bytes(data)
        return
    from gradviz.draw.files import write

    write(where.path, data)
    if not quiet:
        err(f"wrote {where.path}")


def show_file(path: str) -> None:
    """Open a file with the system's viewer; where there is no display, print its path."""
    import subprocess

    if sys.platform == "win32":
        os.startfile(os.path.abspath(path))
        return
    displays = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    opener = "open" if sys.platform == "darwin" else "xdg-open" if displays else None
    if opener is not None:
        try:
            quiet = subprocess.DEVNULL
            subprocess.Popen([opener, os.path.abspath(path)], stdin=quiet, stdout=quiet, stderr=quiet)
            return
        except OSError:
            err(f"{opener} cannot be started; open the file yourself:")
    out(path)
