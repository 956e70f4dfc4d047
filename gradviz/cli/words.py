"""How the words of a command line are read: a word that is not exactly a known option is no option.

So SOURCE may begin with a minus (``-log(p)``, ``-o*x``), and a short option never takes a glued value. The
words are put into an order that leaves click nothing to guess: options first, then ``--``, then the rest.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence

import click

from gradviz.cli.output import spelled_for
from gradviz.errors import GradvizError, did_you_mean

_LONG = re.compile(r"--[a-z][a-z-]*")


class Command(click.Command):
    """A command whose words are read exactly."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; ``ctx.meta["gradviz.words"]`` keeps them as they were typed."""
        ctx.meta["gradviz.words"] = list(args)
        if ctx.resilient_parsing:  # completing a half-typed line
            return super().parse_args(ctx, args)
        options, rest = separated(args, _takes_value(self, ctx))
        return super().parse_args(ctx, [*options, "--", *rest])

    def get_help(self, ctx: click.Context) -> str:
        """The help, in characters that stdout can carry."""
        return spelled_for(sys.stdout, super().get_help(ctx))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The text as it stands in the docstring: examples are not re-wrapped."""
        if self.help:
            formatter.write_paragraph()
            for line in inspect.cleandoc(self.help).splitlines():
                formatter.write(f"  {line}".rstrip() + "\n")


def separated(args: Sequence[str], takes_value: dict[str, bool]) -> tuple[list[str], list[str]]:
    """The options with their values, and all other words.

    Args:
        args: the words.
        takes_value: for every spelling of an option, whether the next word is its value.

    >>> separated(["-o*x", "-o", "-f.svg", "x=2", "--quiet"], {"-o": True, "--quiet": False})
    (['-o', '-f.svg', '--quiet'], ['-o*x', 'x=2'])
    """
    options: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(args):
        word = args[at]
        at += 1
        if word == "--":
            rest += args[at:]
            break
        name, glued, _ = word.partition("=")
        if word in takes_value:
            options.append(word)
            if takes_value[word]:
                if at == len(args) or args[at] in takes_value:
                    raise GradvizError(
                        f"{word} needs a value after it",
                        expected=f"{word} VALUE" if at == len(args) else f"a value, not the option {args[at]}",
                        hint="--expr=" + args[at] if at < len(args) and word == "-e" else None,
                    )
                options.append(args[at])
                at += 1
        elif glued and name.startswith("--") and name in takes_value:
            if not takes_value[name]:
                raise GradvizError(f"{name} takes no value", hint=name)
            options.append(word)
        else:
            rest.append(word)
    return options, rest


def _takes_value(command: click.Command, ctx: click.Context) -> dict[str, bool]:
    return {
        spelling: not (parameter.is_flag or parameter.count)
        for parameter in command.get_params(ctx)
        if isinstance(parameter, click.Option)
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }


def misspelled_option(word: str, ctx: click.Context) -> GradvizError | None:
    """The error for a word that stands where no option was recognized, if it was meant as one."""
    known = _takes_value(ctx.command, ctx)
    name = word.partition("=")[0]
    if name in known:
        return GradvizError(f"{name} stands after --, where no options are read", expected=f"{name} before --")
    value = word.partition("=")[2]
    if name.startswith("--") and value and len(name) == 3:
        return GradvizError(f"{ctx.command_path} has no option {name}; values are given without --", hint=word[2:])
    if _LONG.fullmatch(name):
        if ctx.parent is not None and (other := _command_with(name, ctx, ctx.parent)):
            return GradvizError(f"{ctx.command_path} has no option {name}; {other} has", hint=f"{other} --help")
        near = did_you_mean(name, [k for k in known if k.startswith("--")])
        return GradvizError(
            f"{ctx.command_path} has no option {name}",
            hint=near or f"{ctx.command_path} --help lists its options",
        )
    short = word[:2]
    if short in known and len(word) > 2 and not word.startswith("--"):
        return GradvizError(
            f"{word!r} is no option: {short} takes its value as a word of its own", hint=f"{short} {word[2:]}"
        )
    return None


def _command_with(option: str, ctx: click.Context, parent: click.Context) -> str | None:
    """Another command that has this option."""
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None and any(option in parameter.opts for parameter in command.params):
            return f"{parent.command_path} {name}"
    return None
