"""``gradviz gates``: the table of gates, for reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from gradviz.cli import options, output
from gradviz.cli.examples import at_most_one
from gradviz.cli.words import Command
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import GATES, Gate

_LETTERS = "abc"
#: The primitives for any number of operands, for readers.
_OF_MANY = {
    "largest(args)": "the largest of a, b, …", "smallest(args)": "the smallest of a, b, …", "total(args)": "a + b + …",
    "count(args, out)": "k",
}  # fmt: skip


@click.command("gates", cls=Command)
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME]",
    shell_complete=lambda c, p, typed: [name for name in GATES if name.startswith(typed)],
)
@options.option("--json", "as_json", is_flag=True, preference=False, help="The rows as JSON.")
@options.plain_text
@click.pass_context
def command(ctx: click.Context, /, names: tuple[str, ...], **given: Any) -> None:
    """List the gates: formula, local derivatives, pattern, kinks.

    With NAME everything about one gate. a, b, c are the operands, out is the gate's output.

    Examples:
      gradviz gates
      gradviz gates sigmoid
      gradviz gates max --json

    Exit codes: 0 done, 2 there is no such gate, 1 the surroundings failed.
    """
    from gradviz.language.library import LIBRARY

    word = at_most_one(ctx, names)
    row = None if word is None else _find(word)
    if given["as_json"]:
        if word is not None and row is None:
            raise GradvizError(f"{word} is a library function, no gate", hint=f"gradviz gates {word}")
        data = as_rows(list(GATES.values()) if row is None else [row])
        output.out_bytes((json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
        return
    ascii = output.wants_ascii(given)
    if word is None:
        lines: Iterator[str] = _all(ascii, output.coloured(given["plain"]))
    elif row is not None:
        lines = _one(row)
    else:
        function = LIBRARY[word]
        lines = iter(
            [
                f"{word}: {function.about}",
                "",
                "A library function, written in the language:",
                *(f"  {line.strip()}" for line in function.text.split(";")),
                "",
                _drawn(word),
            ]
        )
    output.out_lines(lines, ascii=ascii)


def _drawn(word: str) -> str:
    """How a library function is drawn: one with several outputs has no box."""
    from gradviz.language.constants import Floats
    from gradviz.language.library import LIBRARY, apply

    row = LIBRARY[word]
    given = row.parameters[: len(row.parameters) - len(row.defaults)]
    numbers: list[object] = [0 if name in row.positions else [1.0, 1.0] for name in given]
    if isinstance(apply(word, numbers, Floats()), list):
        return "It has several outputs, so its gates are drawn one by one."
    return f"It is drawn as one box; --expand {word} shows its gates."


def as_rows(rows: list[Gate]) -> list[dict[str, Any]]:
    """The rows as plain data."""
    return [
        {
            "name": row.name,
            "glyph": row.glyph,
            "spellings": spellings(row),
            "about": row.about,
            "arity": row.arity,
            "formula": row.formula,
            "textbook": row.textbook,
            "partials": list(row.partials),
            "pattern": row.pattern.value,
            "kink": row.kink
            and {
                "where": row.kink.where,
                "low": row.kink.low,
                "high": row.kink.high,
                "convention": row.kink.convention,
            },
        }
        for row in rows
    ]


def spellings(row: Gate) -> list[str]:
    """How the language writes it: ``a + b``, ``max(a, b, …)``, its other names.

    >>> from gradviz.gates import GATES
    >>> spellings(GATES["pow"]), spellings(GATES["sigmoid"])
    (['a ^ b', 'a ** b', 'pow(a, b)'], ['sigmoid(a)', 'σ(a)'])
    """
    operands = "a, b, …" if row.arity is None else ", ".join(_LETTERS[: row.arity])
    if row.name == "copy":
        return ["c = a"]
    written = []
    if row.infix is not None:
        signs = ["^", "**"] if row.infix == "**" else [row.infix]
        written = [f"a {sign} b" if row.arity == 2 else f"{sign}a" for sign in signs]
    return [*written, *(f"{name}({operands})" for name in (row.name, *row.spellings))]


def _find(word: str) -> Gate | None:
    """The row of a name, a spelling or a sign; None for a library function."""
    from gradviz.language.library import LIBRARY

    for row in GATES.values():
        signs = ("^",) if row.infix == "**" else ()
        if word in (row.name, *row.spellings, *signs) or (word == row.infix and row.arity == 2):
            return row
    glyphs = [row for row in GATES.values() if word == row.glyph]
    if glyphs:
        return glyphs[0]
    if word in LIBRARY:
        return None
    near = did_you_mean(word, [*GATES, *(s for row in GATES.values() for s in row.spellings), *LIBRARY])
    raise GradvizError(
        f"there is no gate {word!r}",
        expected="one of " + ", ".join(GATES),
        hint=near and f"gradviz gates {near}",
    )


def _all(ascii: bool, coloured: bool) -> Iterator[str]:
    from gradviz.cli.table import Column, table

    head = [
        Column("gate", style="name"), Column("you write"), Column("formula", gives=True),
        Column("local derivatives", gives=True), Column("pattern"), Column("at a kink", gives=True),
    ]  # fmt: skip
    rows = [
        (row.name, spellings(row)[0], _formula(row.textbook or row.formula), ", ".join(map(_formula, row.partials)),
         row.pattern.value, row.kink.convention if row.kink else "")
        for row in GATES.values()
    ]  # fmt: skip
    width = output.screen_width() or 10_000  # a pipe has no edge, and a formula that is cut says nothing
    yield from table(head, rows, width=width, ascii=ascii, colours="colour" if coloured else None)
    from gradviz.language.library import LIBRARY

    yield ""
    yield "a, b, c are the operands, out is the gate's output; gradviz gates NAME tells all about one."
    yield "Library functions, written in the language: " + ", ".join(LIBRARY)


def _one(row: Gate) -> Iterator[str]:
    yield f"{row.name}: {row.about}"
    yield ""
    facts = [("you write", " or ".join(spellings(row))), ("in pictures", row.glyph or "a dot")]
    facts.append(("formula", _formula(row.formula)))
    if row.textbook is not None:
        facts.append(("on the board", _formula(row.textbook)))
    if row.arity is None:
        facts.append(("local derivative", f"∂out/∂a = {_formula(row.partials[0])}, for every operand a"))
        if "count(" in row.partials[0]:
            facts.append(("", "k is how many operands are equal to out"))
    for letter, partial in zip(_LETTERS, row.partials if row.arity is not None else (), strict=False):
        facts.append(("local derivative", f"∂out/∂{letter} = {_formula(partial)}"))
    facts.append(("pattern", row.pattern.value))
    if row.kink is not None:
        facts.append(("at a kink", f"where {_formula(row.kink.where)}: {row.kink.convention}"))
        facts.append(
            (
                "",
                f"one-sided slopes {_formula(row.kink.low)} and {_formula(row.kink.high)}; all between are right",
            )
        )
    if row.defaults:
        letters = _LETTERS[(row.arity or 0) - len(row.defaults) :]
        facts.append(("if left out", ", ".join(f"{x} = {n:g}" for x, n in zip(letters, row.defaults, strict=False))))
    yield from (f"  {what:17} {told}".rstrip() for what, told in facts)
    yield ""
    yield f"  try: {example_command(row)}"


def example_command(row: Gate) -> str:
    """A command that shows the gate at work, with numbers at which all is finite.

    >>> from gradviz.gates import GATES
    >>> example_command(GATES["relu"])
    'gradviz show "f = relu(a)" a=0.5 --explain'
    """
    from gradviz.cli.quoting import line

    source = spellings(row)[0].replace(", …", "")
    operands = list(_LETTERS[: 2 if row.arity is None else row.arity])
    numbers = {"a": "0.5", "b": "2", "c": "3"}
    if row.name == "clip":
        numbers = {"a": "5", "b": "-1", "c": "1"}
        source = "clip(a, -1, 1)"
        operands = ["a"]
    if row.name != "copy":
        source = f"f = {source}"
    return line(["gradviz", "show", source, *(f"{name}={numbers[name]}" for name in operands), "--explain"])


def _formula(text: str) -> str:
    """A formula of the table as one writes it."""
    for of_many, written in _OF_MANY.items():
        text = text.replace(of_many, written)
    return text.replace(" ** ", "^").replace(" * ", "·").replace("==", "=")
