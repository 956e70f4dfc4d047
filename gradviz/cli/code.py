"""``gradviz code``: the graph as a program, in one of several languages."""

from __future__ import annotations

from typing import Any

import click

from gradviz.cli import options
from gradviz.cli.circuit import circuit
from gradviz.cli.files import target
from gradviz.cli.output import err, out
from gradviz.cli.words import Command
from gradviz.code import STYLES, TARGETS

_SUFFIXES = {"py": "python", "js": "js", "tex": "latex"}


@click.command("code", cls=Command)
@options.source
@options.option("--target", "language", type=options.Word(tuple(TARGETS)), help="The language. [default: python]")
@options.option(
    "--style",
    type=options.Word(STYLES),
    help="flat: forward lines, then backward lines; module: a class with forward and backward. [default: flat]",
)
@options.option(
    "-o", "out", metavar="FILE", preference=False, help="Write to this file (.py, .js, .tex). - is standard output."
)
@options.option("--quiet/--no-quiet", default=False, help="Nothing on stderr but errors.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Print the graph as a program: Python, NumPy, JavaScript, PyTorch, JAX, LaTeX.

    SOURCE is an expression or statements, a file (.gradviz, .txt, .md, or a path such as
    ./net), example:NAME, path.py:function, module:function, or - for standard input.
    NAME=VALUE gives the inputs numbers: x=-2, "y=pi/4", "W=[[1,2],[3,4]]", W=@file.npy;
    they become the defaults of the program's parameters.

    Targets: python, numpy (arrays of points), js, torch (its autograd, or an
    autograd.Function with --style module), jax, latex (an align environment).

    Examples:
      gradviz code "q = x + y; f = q * z" x=-2 y=5 z=-4
      gradviz code example:sigmoid-neuron --target torch --style module
      gradviz code "relu(w*x + b)" --target js -o neuron.js
      gradviz code example:three-gate --target latex -o derivation.tex

    Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk).
    """
    from gradviz.code import generate

    work = circuit(ctx, given)
    given |= {"format": None, "as_json": False}
    suffixes = tuple(_SUFFIXES)
    where = target(given, suffixes, suffixes[0], work.files)
    written = None if where is None or where.path is None else where
    language = given["language"] or (_SUFFIXES[written.format] if written else "python")
    text = generate(work.graph, language, given["style"] or "flat")
    if not given["quiet"]:
        for note in work.notes:
            err(note)
    if written is None:
        out(text, end="")
    else:
        from gradviz.cli.render import deliver

        deliver(text.encode("utf-8"), written, quiet=given["quiet"])
