"""The options that mean the same in every command, each made once.

What concerns the picture comes from the fields and the docstring of ``draw.options.Options``: no name, default
or help text of those stands here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from gradviz.draw.options import CHOICES, Options
from gradviz.errors import GradvizError, did_you_mean

Decorator = Callable[[Any], Any]

#: The drawing options that say how numbers and names are shown, on paper and in the terminal alike.
SHARED = ("digits", "decimals", "rounding", "hide", "expand", "ascii")
FIELDS = tuple(f.name for f in fields(Options))


class Option(click.Option):
    """An option that may get its default from the environment and, if a preference, from the configuration."""

    def __init__(self, *declarations: Any, preference: bool = True, **settings: Any) -> None:
        super().__init__(*declarations, **settings)
        self.preference = preference

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """``GRADVIZ_RENDER_THEME``, else ``GRADVIZ_THEME``."""
        from gradviz.cli.config import environment_name

        name = environment_name(ctx, self.name or "") if self.preference else None
        return os.environ.get(name) if name else None


if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # not generic before click 8.2


class Word(_Choice):
    """One of a few words; a misspelled one gets the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word in its own spelling; capitals do not matter."""
        words = [str(choice) for choice in self.choices]
        for word in words:
            if str(value).casefold() == word.casefold():
                return word
        near = did_you_mean(str(value), words)
        tail = f"; did you mean {near}?" if near else ""
        self.fail(f"{str(value)!r} is not one of {', '.join(words)}{tail}", param, ctx)


def option(*declarations: str, **settings: Any) -> Decorator:
    """A click option of our kind."""
    return click.option(*declarations, cls=Option, **settings)


def drawing(names: Sequence[str]) -> Decorator:
    """The options of these fields of ``Options``; ``chosen`` collects what was given."""
    helps = field_helps()
    spelled = {f.name: (str(f.type), f.default) for f in fields(Options)}

    def decorate(function: Any) -> Any:
        if "copies" in names:
            function = option("--no-copies", is_flag=True, help="Short for --copies none.")(function)
        for name in reversed(names):
            kind, default = spelled[name]
            flag = "--" + name.replace("_", "-")
            text = helps[name][:1].upper() + helps[name][1:]
            if kind == "bool":
                made = option(f"{flag}/--no-{flag[2:]}", default=None, help=text)
            else:
                known = f" [default: {default}]" if default is not None else ""
                made = option(flag, type=_type(name, kind), default=None, callback=_check, help=text + known)
            function = made(function)
        return function

    return decorate


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The drawing options that were given, as keywords for ``Options.of``."""
    picked = {name: given[name] for name in FIELDS if given.get(name) is not None}
    if given.get("no_copies"):
        if picked.get("copies", "none") != "none":
            raise GradvizError(f"--no-copies and --copies {picked['copies']} contradict each other")
        picked["copies"] = "none"
    return picked


def field_helps() -> dict[str, str]:
    """What the docstring of ``Options`` says about each field.

    >>> field_helps()["dpi"]
    'resolution of PNG.'
    """
    helps = dict.fromkeys(FIELDS, "")
    name = None
    for line in (Options.__doc__ or "").splitlines():
        entry = re.fullmatch(r"\s+(\w+): (.*)", line)
        if entry and entry[1] in helps:
            name = entry[1]
            helps[name] = entry[2]
        elif name is not None and line.strip():
            helps[name] += " " + line.strip()
    return helps


def _type(name: str, kind: str) -> Any:
    if name in CHOICES:
        return Word(CHOICES[name])
    return {"int": click.INT, "float": click.FLOAT}.get(kind.split(" ")[0], click.STRING)


def _check(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Let ``Options`` judge each value, and its errors speak of the option as it is typed."""
    if value is not None and not ctx.resilient_parsing:
        name = parameter.name or ""
        try:
            Options.of(**{name: value})
        except GradvizError as error:
            from gradviz.cli.config import where_from

            origin = where_from(ctx, name)
            message = error.message.replace(name, parameter.opts[0], 1) + (f" (from {origin})" if origin else "")
            raise GradvizError(message, expected=error.expected, hint=error.hint) from None
    return value


# --- what is no drawing option --------------------------------------------------------------------------


def source(function: Any) -> Any:
    """SOURCE, its values, and what to look at."""
    for made in reversed(
        (
            click.argument("words", nargs=-1, metavar="SOURCE [NAME=VALUE]...", shell_complete=_complete_source),
            option(
                "-e",
                "--expr",
                metavar="EXPR",
                preference=False,
                help="SOURCE is this expression, whatever it looks like.",
            ),
            option("--file", metavar="FILE", preference=False, help="SOURCE is this file, whatever it is called."),
            option("--output", metavar="NAME", preference=False, help="Another node as the output."),
            option("--random", is_flag=True, help="Choose small friendly numbers for what has none."),
            option("--seed", type=int, metavar="N", help="Which ones --random chooses. [default: 0]"),
        )
    ):
        function = made(function)
    return function


def result(formats: Sequence[str], default: str) -> Decorator:
    """Where the result goes, and in which format."""

    def decorate(function: Any) -> Any:
        for made in (
            option("--json", "as_json", is_flag=True, preference=False, help="Short for --format json."),
            option(
                "--format",
                type=Word(formats),
                preference=False,
                help=f"The format, where no suffix decides. [default: {default}]",
            ),
            option(
                "-o",
                "out",
                metavar="FILE",
                preference=False,
                help="Write to this file; its suffix decides the format. - is standard output.",
            ),
        ):
            function = made(function)
        return function

    return decorate


def talk(function: Any) -> Any:
    """How much is said, and how plainly."""
    for made in (
        option("--quiet/--no-quiet", default=False, help="Nothing on stderr but errors."),
        option("--plain/--no-plain", default=False, help="No colour, for pipes and screen readers."),
    ):
        function = made(function)
    return function


def plain_text(function: Any) -> Any:
    """How a list is printed."""
    for made in (
        option("--ascii/--no-ascii", default=None, help="Only ASCII characters."),
        option("--quiet/--no-quiet", default=False, help="Nothing on stderr but errors."),
        option("--plain/--no-plain", default=False, help="No colour, for pipes and screen readers."),
    ):
        function = made(function)
    return function


def _complete_source(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    from gradviz.cli.packaged import examples

    names = [f"example:{example.name}" for example in examples()]
    found = [CompletionItem(name) for name in names if incomplete and name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]
