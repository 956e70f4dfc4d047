"""``gradviz`` itself: the commands by name, each imported when it is used."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

import gradviz
from gradviz.cli.output import ClosedPipe
from gradviz.errors import GradvizError, did_you_mean

#: The commands, in the order of a first visit, with the line that ``--help`` shows.
COMMANDS = {
    "show": "Print the graph, its values and its gradients in the terminal.",
    "render": "Draw the backprop diagram into a file (SVG, PNG, PDF, DOT, JSON).",
    "code": "Print the graph as a program: Python, NumPy, JavaScript, PyTorch, JAX, LaTeX.",
    "step": "Step through both passes in the terminal, gate by gate.",
    "quiz": "Predict the next number, and be told why.",
    "check": "Check homework derivations line by line, and say what went wrong.",
    "derive": "Print the derivative by every input as a formula.",
    "paths": "Print every path from the output to one name: their sum is the gradient.",
    "examples": "List the circuits that come with gradviz, or print one.",
    "gates": "List the gates: formula, local derivatives, pattern, kinks.",
}

_EPILOG = """\
Start here:
  gradviz show "f = (x + y) * z" x=-2 y=5 z=-4
  gradviz render example:three-gate -o three-gate.svg
  gradviz show --help

SOURCE is an expression, a file (.gradviz, .txt, .md), example:NAME, path.py:function,
module:function, or - for standard input. It may begin with a minus.

Defaults: GRADVIZ_THEME=dark (and so on) in the environment, or a [tool.gradviz] table in
pyproject.toml or gradviz.toml, here or in a folder above. GRADVIZ_PLAIN=1: no colour.

Completion by Tab: save the output of the line for your shell and source it at start-up.
  bash  _GRADVIZ_COMPLETE=bash_source gradviz > ~/.gradviz-complete.bash
  zsh   _GRADVIZ_COMPLETE=zsh_source gradviz > ~/.gradviz-complete.zsh
  fish  _GRADVIZ_COMPLETE=fish_source gradviz > ~/.config/fish/completions/gradviz.fish

Exit codes: 0 done, 2 what was typed is wrong, 1 the surroundings failed (disk, Graphviz).
"""

_OPTIONS = {
    "help": "--help",
    "-help": "--help",
    "-?": "--help",
    "version": "--version",
    "-V": "--version",
    "-v": "--version",
}

_WORD = re.compile(r"[a-z][a-z-]*")


class Program(click.Group):
    """The group of commands; a command's module is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from the module of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"gradviz.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words (``--help`` prints here)."""
        with _closed_pipes():
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The command's name comes first; what else stands there gets the line that was meant."""
        if args and not ctx.resilient_parsing and args[0] not in COMMANDS:
            own = {spelling for parameter in self.get_params(ctx) for spelling in parameter.opts}
            if args[0] not in own:
                raise _no_command(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, with the defaults of the configuration file."""
        from gradviz.cli.config import defaults

        ctx.default_map = defaults(self, ctx)
        with _closed_pipes():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The epilog as it stands."""
        formatter.write("\n" + _EPILOG)


@contextmanager
def _closed_pipes() -> Iterator[None]:
    """Keep a closed pipe from click, which would end with code 1: nothing went wrong."""
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipe from error


def _no_command(args: list[str]) -> GradvizError:
    """``gradviz "x*y"``: the full line; a misspelled command: the right one."""
    from gradviz.cli.quoting import line

    word = args[0]
    if word in _OPTIONS:
        return GradvizError(f"there is no command {word!r}", hint=line(["gradviz", *_asked(args)]))
    near = did_you_mean(word, list(COMMANDS))
    if near is None and word.startswith("--") and _WORD.fullmatch(word[2:].partition("=")[0]):
        return GradvizError(
            f"gradviz itself has no option {word}",
            expected="the command first: " + ", ".join(COMMANDS),
            hint="gradviz --help",
        )
    if near is not None:
        return GradvizError(f"there is no command {word!r}", hint=line(["gradviz", near, *args[1:]]))
    plain = _WORD.fullmatch(word) is not None
    return GradvizError(
        f"there is no command {word!r}" if plain else "the command is missing before SOURCE",
        expected="one of " + ", ".join(COMMANDS),
        hint=line(["gradviz", "show", *args]),
    )


def _asked(args: list[str]) -> list[str]:
    """``help render``, ``version``: what every other program would have understood."""
    if _OPTIONS[args[0]] == "--help" and args[1:2] and args[1] in COMMANDS:
        return [args[1], "--help"]
    return [_OPTIONS[args[0]]]


def _version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from gradviz.cli.output import out

        out(f"gradviz {gradviz.__version__}")
        ctx.exit()


@click.command(
    cls=Program,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    invoke_without_command=True,
    no_args_is_help=False,
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def program(ctx: click.Context) -> None:
    """See how gradients flow: computational graphs, backprop diagrams and numbers with their reasons."""
    if ctx.invoked_subcommand is None:
        from gradviz.cli.output import out

        out(ctx.get_help())
