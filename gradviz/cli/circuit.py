"""From the words of a command to the Graph it works on, with numbers or without."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from gradviz.cli import values as numbers
from gradviz.cli.quoting import line
from gradviz.cli.source import Source, read, split
from gradviz.cli.words import misspelled_option
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import INPUT
from gradviz.graph import Graph

_VALUE = re.compile(r"\s*[^\W\d]\w*\s*(?:\[[\d\s,\]\[]+\])?\s*=\s*\S.*", re.DOTALL)
_MOST_NAMED = 200  # missing names in one message
_NOTED = 50_000  # characters: in a longer source doubtful spellings are not looked for


@dataclass(frozen=True, slots=True)
class Circuit:
    """What a command works on.

    Args:
        graph: the nodes; either every input has a number or none has.
        files: the user's own files behind it, which no result may replace, and what each is.
        notes: what a person should be told.
    """

    graph: Graph
    files: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())

    @property
    def numbered(self) -> bool:
        """Whether there are numbers to compute with."""
        return not self.graph.missing


def circuit(ctx: click.Context, given: dict[str, Any], *, choose: bool = False) -> Circuit:
    """The circuit that a command's words ask for.

    Args:
        ctx: the command.
        given: its words and options.
        choose: whether numbers are chosen where none at all are given; else such a graph is structure alone.

    Raises:
        GradvizError: the source does not read, a value does not fit, or some inputs have none.
    """
    source, words = _source(ctx, given)
    values, files = numbers.read_words(_checked(ctx, words))
    if given["seed"] is not None and not given["random"] and not choose:
        raise GradvizError("--seed chooses among random numbers", hint=f"--random --seed {given['seed']}")
    asking = _Asking(ctx, source, values, given, choose)
    graph, notes = asking.from_function() if source.function else asking.from_text()
    mine = {path: f"the numbers in {path}" for path in files}
    if source.path is not None:
        mine[source.path] = "the source"
    return Circuit(graph, mine, tuple(notes))


def _source(ctx: click.Context, given: dict[str, Any]) -> tuple[Source, Sequence[str]]:
    expression, file = given["expr"], given["file"]
    if expression is not None and file is not None:
        raise GradvizError("-e and --file both give a SOURCE", expected="one of them")
    word, rest = split(given["words"], forced=expression is not None or file is not None)
    if word is None:
        return (read(expression, "text") if expression is not None else read(file, "file")), rest
    stray = any(not _VALUE.fullmatch(other) for other in rest)
    if _VALUE.fullmatch(word) and stray and joined(rest) is None:  # "f = x*y" x = 3: torn values come later
        later = next(other for other in rest if not _VALUE.fullmatch(other))
        if misspelled_option(later, ctx) is None:
            values = [word, *(other for other in rest if other is not later)]
            raise GradvizError("SOURCE comes before its values", hint=line([*ctx.command_path.split(), later, *values]))
    if rest and not _VALUE.fullmatch(word):
        wrong = misspelled_option(word, ctx)
        if wrong is not None and word.startswith("--"):
            raise wrong
    return read(word), rest


def _checked(ctx: click.Context, words: Sequence[str]) -> Sequence[str]:
    """The words with values, where none of them is a misspelled option."""
    for word in words:
        if word.startswith("-"):
            wrong = misspelled_option(word, ctx)
            if wrong is not None:
                raise wrong
    mended = joined(words)
    if mended is not None:
        typed = list(ctx.meta["gradviz.words"])
        torn = next((k for k in range(len(typed)) if typed[k : k + len(words)] == list(words)), None)
        if torn is not None:
            whole = [*ctx.command_path.split(), *typed[:torn], *mended, *typed[torn + len(words) :]]
            raise GradvizError("a value is one word, without spaces around =", hint=line(whole))
    return words


def joined(words: Sequence[str]) -> list[str] | None:
    """Words with every ``x = 3`` put together; None where nothing was torn.

    >>> joined(["x", "=", "3", "y=2", "z=", "1"])
    ['x=3', 'y=2', 'z=1']
    """
    text = "\0".join(words)
    whole = re.sub(r"(?<![=\0])\0?=\0?(?!=)", "=", text)
    return whole.split("\0") if whole != text else None


class _Asking:
    """What is asked of one source: its values, another output, numbers for what has none."""

    def __init__(
        self, ctx: click.Context, source: Source, values: dict[str, Any], given: dict[str, Any], choose: bool
    ) -> None:
        self.ctx, self.source, self.values, self.choose = ctx, source, values, choose
        self.output, self.random, self.seed = given["output"], given["random"], given["seed"] or 0

    def from_text(self) -> tuple[Graph, list[str]]:
        from gradviz.language import build

        graph = self._build()
        notes = [*self._misread(), *self._doubtful()]
        missing = graph.missing
        if not missing:
            return graph, notes
        inputs = sum(row is INPUT for row in graph.gates)
        if self.random or (self.choose and len(missing) == inputs):
            picked = numbers.friendly(graph, missing, self.seed)
            graph = build(self.source.text, {**self.values, **picked}, output=self.output, origin=self.source.origin)
            return graph, [*notes, self._chosen(picked)]
        picked = numbers.friendly(graph, missing)
        if len(missing) < inputs:
            raise self._some_missing(missing, picked)
        return graph, [*notes, self._structure_only(picked)]

    def _build(self) -> Graph:
        from gradviz.language import build

        return build(self.source.text, self.values, output=self.output, origin=self.source.origin)

    def _misread(self) -> list[str]:
        """A SOURCE such as ``--hepl`` is an expression, and hardly meant as one."""
        text = self.source.text
        if isinstance(text, str) and text.startswith("--"):
            known = [o for p in self.ctx.command.get_params(self.ctx) for o in p.opts if o.startswith("--")]
            near = did_you_mean(text, known)
            if near is not None:
                return [f"{text} is read as an expression; the option is called {near}"]
        return []

    def _doubtful(self) -> list[str]:
        """What could have been meant otherwise: e as a constant, a line that begins with a minus."""
        if len(self.source.text) > _NOTED:
            return []
        from gradviz.language import parse

        names = [name.partition("[")[0] for name in self.values]
        return [note for _, note in parse(self.source.text, names, origin=self.source.origin).notes]

    def from_function(self) -> tuple[Graph, list[str]]:
        from gradviz.bridges.tracing import from_function

        function = self.source.function
        assert function is not None
        missing = numbers.parameters_without(function, self.values)
        picked = dict(zip(missing, numbers.draw(self.seed), strict=False))
        notes: list[str] = []
        chosen = self.random or (self.choose and not self.values and not _has_defaults(function))
        structure = bool(missing) and not chosen
        if structure and (self.values or _has_defaults(function)):
            raise self._some_missing(missing, picked)
        values: dict[str, Any] = {**self.values, **picked}
        graph = from_function(function, **values)
        if structure:
            bare = (None if row is INPUT else data for row, data in zip(graph.gates, graph.data, strict=True))
            graph = replace(graph, data=tuple(bare))
            notes.append(self._structure_only(picked))
        elif missing:
            notes.append(self._chosen(picked))
        return (graph if self.output is None else graph.with_output(self.output)), notes

    # What is said about missing numbers, always with a line ready to paste

    def _command(self, picked: dict[str, float]) -> str:
        typed = list(self.ctx.meta["gradviz.words"])
        kept = []
        skip = False
        for word in typed:
            if skip or word == "--random" or word.startswith("--seed="):
                skip = False
            elif word == "--seed":
                skip = True
            else:
                kept.append(word)
        return line([*self.ctx.command_path.split(), *kept, *numbers.spelled(picked)])

    def _structure_only(self, picked: dict[str, float]) -> str:
        return f"no numbers given, so this is the structure alone; with numbers:\n  {self._command(picked)}"

    def _chosen(self, picked: dict[str, float]) -> str:
        return f"numbers chosen: {' '.join(numbers.spelled(picked))}; the same again:\n  {self._command(picked)}"

    def _some_missing(self, missing: Sequence[str], picked: dict[str, float]) -> GradvizError:
        named = ", ".join(missing[:_MOST_NAMED])
        more = len(missing) - _MOST_NAMED
        return GradvizError(
            f"no number for {named}" + (f" and {more:,} more" if more > 0 else ""),
            expected="numbers for all inputs, or for none to see the structure",
            hint=self._command(picked) if more <= 0 else "--random",
        )


def _has_defaults(function: Any) -> bool:
    import inspect

    return any(p.default is not p.empty for p in inspect.signature(function).parameters.values())


def is_one_of(path: str, files: Iterable[str]) -> str | None:
    """The one of these files that a path is, by whatever spelling or link; None if it is none of them."""
    if not os.path.exists(path):
        return None
    return next((file for file in files if os.path.exists(file) and os.path.samefile(path, file)), None)
