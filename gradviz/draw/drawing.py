"""Drawing: one picture of a graph, made when it is looked at or saved."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradviz.draw.options import Options
from gradviz.draw.themes import THEMES, Theme
from gradviz.draw.view import View, patterns, size, view
from gradviz.errors import GradvizError
from gradviz.explain import KINK_SENTENCE, PATTERN_SENTENCES
from gradviz.gates import CONST, INPUT
from gradviz.graph import Graph, listed
from gradviz.nonfinite import Trouble, first_nonfinite
from gradviz.passes import FLOATS, Trace

if TYPE_CHECKING:
    import graphviz

    from gradviz.draw.grid.canvas import Painting

FORMATS = ("svg", "png", "pdf", "dot", "json")
MOST_WIRED = 150  # cells: the wire style draws about three boxes a cell, and dot's time grows with their square
MOST_RECORDS = 300  # cells: records and their operations are two boxes a cell
MOST_DRAWN = 20_000  # cells
HEAVY_WIRES, HEAVY_BOXES = 200_000, 700_000  # weights (see bulk.py) that dot lays out in about 5 s


class Drawing:
    """A picture of a graph. It shows itself in notebooks; ``save`` writes it; ``print`` paints it as text.

    >>> from gradviz import graph
    >>> d = graph("f = (x + y) * z", x=-2, y=5, z=-4).draw(decimals=2)
    >>> d.digraph().source.splitlines()[0]
    'digraph gradviz {'
    """

    def __init__(self, graph: Graph, trace: Trace | None, options: Options) -> None:
        self.source, self.source_trace, self.options = graph, trace, options

    @classmethod
    def of(cls, source: Graph | Trace, **options: Any) -> Drawing:
        """A drawing of a Graph (its inputs' own numbers, if it has them) or of a Trace.

        Args:
            source: what to draw.
            **options: see ``gradviz.draw.options.Options``.

        Raises:
            GradvizError: an unknown option; some inputs have numbers and others have none; a trace of many points.
        """
        chosen = Options.of(**options)
        if isinstance(source, Trace):
            if source.kind is not FLOATS:
                raise GradvizError(
                    "this trace holds many points, and a picture shows one", hint="graph.trace(x=…) with plain numbers"
                )
            return cls(_numbered(source), source, chosen)
        missing = source.missing
        if missing and len(missing) < len(source.inputs):
            raise GradvizError(
                f"some inputs have a number, but not {listed(missing)}",
                expected="numbers for all inputs, or for none (structure only)",
            )
        return cls(source, None, chosen)

    @property
    def theme(self) -> Theme:
        """The look."""
        return THEMES[self.options.theme]

    @cached_property
    def graph(self) -> Graph:
        """The graph that is drawn: with gates expanded into their textbook forms, where asked."""
        if not self.options.expanded:
            return self.source
        from gradviz.language.expand import expand

        return expand(self.source, self.options.expanded)

    @cached_property
    def trace(self) -> Trace | None:
        """The numbers of the drawn graph; None for a graph without numbers."""
        if self.graph.missing:
            return None
        backward = self.source_trace is None or self.source_trace.gradients is not None
        if self.options.rounding == "chained":
            return self.graph.trace(backward=backward, rounded=self.options.numerals.rounded)
        if self.source_trace is not None and self.graph is self.source:
            return self.source_trace
        return self.graph.trace(backward=backward)

    @cached_property
    def view(self) -> View:
        """What is visible."""
        options = self.options.but(locals=True) if self.theme.locals else self.options
        return view(self.graph, self.trace, options)

    @cached_property
    def trouble(self) -> Trouble | None:
        """The first gate that gave inf or nan."""
        return None if self.trace is None else first_nonfinite(self.trace)

    @cached_property
    def style(self) -> str:
        """ "wires", "boxes" or "records": as asked, else the theme's, else what the size allows."""
        if self.options.style != "auto":
            return self.options.style
        if self.theme.style == "wires" and (self.size > MOST_WIRED or self.weight > HEAVY_WIRES):
            return "boxes"
        if self.theme.style == "records" and (self.size > MOST_RECORDS or self.weight > HEAVY_WIRES):
            return "boxes"
        return self.theme.style

    @cached_property
    def size(self) -> int:
        """How many nodes are visible."""
        return size(self.graph, self.options)

    @cached_property
    def weight(self) -> int:
        """How heavy dot will find this graph."""
        from gradviz.draw.bulk import weight

        return weight(self.view)

    @property
    def bulky(self) -> bool:
        """Whether the boxes are too many, or too far apart, for dot.

        Raises:
            GradvizError: nobody could look at so many.
        """
        if self.size > MOST_DRAWN:
            raise GradvizError(
                f"a picture of {self.size:,} nodes is more than can be drawn or looked at",
                expected=f"at most {MOST_DRAWN:,}",
                hint="--output NAME draws what one node depends on; gradviz show lists all",
            )
        return self.style == "boxes" and self.weight > HEAVY_BOXES

    @property
    def notes(self) -> list[str]:
        """What a person should be told about this picture."""
        notes = []
        if self.trouble is not None:
            notes.append(f"warning: {self.trouble.message}")
        if strange := self._not_in_our_font():
            notes.append(f"warning: the bundled font has no {strange}; the system's fonts draw it, if they have it")
        graph = self.graph
        left_out = [
            name
            for name, own, reaches, row in zip(graph.names, graph.given, graph.reaches, graph.gates, strict=True)
            if own and not reaches and row is not CONST
        ]
        if left_out:
            output = graph.names[graph.output]
            notes.append(f"{listed(left_out, 5)}: not drawn, because {output} does not depend on it")
        return notes

    def _not_in_our_font(self) -> str:
        """The first character of a name that only the system's fonts could draw, or nothing."""
        from gradviz.draw.fonts import covers

        return next((c for cell in self.view.cells for c in cell.name or "" if not covers(c)), "")

    @property
    def layout_notes(self) -> list[str]:
        """What a person should be told about how it was laid out."""
        notes = list[str]()
        if self.style == "boxes" != self.theme.style and self.options.style == "auto":
            wires = " (--style wires draws wires all the same)" if self.theme.style == "wires" else ""
            notes.append(f"{self.size} nodes: drawn as one box a node{wires}")
        if self.size <= MOST_DRAWN and self.bulky:
            notes.append("placed by a cheaper layout than usual; --output NAME draws a part of it more finely")
        return notes

    @property
    def name(self) -> str:
        """A name for files: the output's, or "graph"."""
        return self.source.given[self.source.output] or "graph"

    # --- forms ------------------------------------------------------------------------------------------

    def digraph(self) -> graphviz.Digraph:
        """The picture as a ``graphviz.Digraph``, to go on with."""
        from gradviz.draw.dot import digraph

        return digraph(self.view, self.theme, self.options, self.style, self.captions())

    def captions(self) -> list[str]:
        """Lines under the picture: the warning, and the legend where asked."""
        lines = []
        if self.trouble is not None and self.options.hide == "none":
            lines.append(f"⚠ {self.trouble.message}")
        if self.options.legend:
            lines += [PATTERN_SENTENCES[pattern.name] for pattern in patterns(self.view)]
            if any(cell.mark == "tie" for cell in self.view.cells):
                lines.append(KINK_SENTENCE)
        return lines

    def render(self, format: str = "svg", *, prefix: str = "") -> bytes:
        """The finished bytes of "svg", "png", "pdf", "dot" or "json".

        Raises:
            GradvizError: an unknown format, "json" where numbers are to be hidden, or a picture that no layout can
                do in time.
            EnvironmentFailure: there is no Graphviz to lay it out.
        """
        if format not in FORMATS:
            raise GradvizError(f"there is no format {format!r}", expected="one of " + ", ".join(FORMATS))
        if format == "json":
            if self.options.hide != "none":
                raise GradvizError(f"JSON holds all numbers, and hide={self.options.hide} does not go with it")
            import json

            from gradviz.draw.data import as_json

            trace = self.source_trace if self.source_trace is not None or self.source.missing else self.source.trace()
            text = json.dumps(as_json(self.source, trace), ensure_ascii=False, indent=1)
            return f"{text}\n".encode()
        if format == "dot":
            source: str = self.digraph().source
            return source.encode()
        from gradviz.draw.finish import picture

        return picture(self, format, prefix)

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Write the picture; the suffix decides the format. The file is replaced at once or not at all.

        Raises:
            GradvizError: an unknown suffix.
            EnvironmentFailure: the folder is missing, the disk is full, …
        """
        from gradviz.draw.files import write

        suffix = format or Path(path).suffix.lstrip(".").lower()
        if suffix not in FORMATS:
            raise GradvizError(
                f"cannot tell the format of {str(path)!r}", expected="a name ending in ." + ", .".join(FORMATS)
            )
        write(path, self.render(suffix))

    def painting(self, width: int = 100) -> tuple[Painting, str]:
        """The terminal picture that fits a width, and the style that was picked."""
        from gradviz.draw.terminal import picture

        return picture(self.view, width=width, ascii=self.options.ascii)

    def text(self, width: int = 100) -> str:
        """The terminal picture as plain text."""
        return self.painting(width)[0].text()

    __str__ = text

    def describe(self) -> str:
        """The picture in words, with nothing in it that is hidden."""
        sentences = []
        for cell in self.view.cells:
            name = cell.name or (cell.key if cell.kind != "const" else None)
            if name is None:
                continue
            sources = ", ".join(self.view.cells[p.source].name or self.view.cells[p.source].key for p in cell.ports)
            made = f" from {sources} by {cell.glyph or 'a copy gate'}" if sources else ""
            value = "" if cell.value is None else f", value {cell.value}"
            grad = "" if cell.grad is None else f", gradient {cell.grad}"
            sentences.append(f"{name}{made}{value}{grad}.")
        return " ".join(sentences)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """SVG, PNG and text for notebooks; text alone where the picture cannot be laid out."""
        from gradviz.draw.notebook import bundle

        return bundle(self, include, exclude)

    def __repr__(self) -> str:
        return f"<Drawing of {self.name}: {len(self.source)} nodes, theme {self.theme.name}>"


def _numbered(trace: Trace) -> Graph:
    """The trace's graph with the trace's numbers at its inputs."""
    graph = trace.graph
    data = tuple(
        trace.values[i] if row is INPUT else old
        for i, (row, old) in enumerate(zip(graph.gates, graph.data, strict=True))
    )
    return replace(graph, data=data)
