"""``gradviz examples``: the circuits that come with gradviz."""

from __future__ import annotations

import json
from typing import Any

import click

from gradviz.cli import options, output
from gradviz.cli.packaged import Example, example, examples
from gradviz.cli.words import Command, misspelled_option
from gradviz.errors import GradvizError


@click.command("examples", cls=Command)
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME]",
    shell_complete=lambda c, p, typed: [one.name for one in examples() if one.name.startswith(typed)],
)
@options.option("--json", "as_json", is_flag=True, preference=False, help="The list as JSON.")
@options.plain_text
@click.pass_context
def command(ctx: click.Context, /, names: tuple[str, ...], **given: Any) -> None:
    """List the circuits that come with gradviz, or print one.

    Examples:
      gradviz examples
      gradviz examples max-router
      gradviz show example:max-router
      gradviz render example:max-router -o max-router.svg

    Exit codes: 0 done, 2 there is no such example, 1 the surroundings failed.
    """
    name = at_most_one(ctx, names)
    chosen = [example(name.removeprefix("example:"))] if name is not None else examples()
    if given["as_json"]:
        rows = [{"name": one.name, "about": one.about, "source": one.read()} for one in chosen]
        output.out_bytes((json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
        return
    lines = _one(chosen[0]) if name is not None else _all(chosen)
    output.out_lines(lines, ascii=output.wants_ascii(given))


def at_most_one(ctx: click.Context, names: tuple[str, ...]) -> str | None:
    """The one name that was typed, if any.

    Raises:
        GradvizError: several, or a misspelled option.
    """
    for name in names:
        wrong = misspelled_option(name, ctx) if name.startswith("-") else None
        if wrong is not None:
            raise wrong
    if len(names) > 1:
        raise GradvizError(
            f"{len(names)} names: {' '.join(names)}", expected="one", hint=f"{ctx.command_path} {names[0]}"
        )
    return names[0] if names else None


def _all(found: list[Example]) -> list[str]:
    wide = max(len(one.name) for one in found)
    return [
        *(f"{one.name:{wide}}  {one.about}" for one in found),
        "",
        f"Look at one:  gradviz show example:{found[0].name}",
        f"Draw one:     gradviz render example:{found[0].name}",
        f"Its source:   gradviz examples {found[0].name}",
    ]


def _one(one: Example) -> list[str]:
    return [
        *one.read().rstrip("\n").split("\n"),
        "",
        "# Try",
        f"#   gradviz show example:{one.name} --explain",
        f"#   gradviz render example:{one.name} -o {one.name}.svg",
    ]
