"""From a Drawing to finished bytes: layout, wiring, rendering, and the last touches of each format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphviz import Digraph

from gradviz.draw import layout
from gradviz.draw.dot import digraph
from gradviz.draw.resolution import with_resolution
from gradviz.draw.units import inches
from gradviz.draw.wiring import Placement

if TYPE_CHECKING:
    from gradviz.draw.drawing import Drawing


def picture(drawing: Drawing, format: str, prefix: str = "") -> bytes:
    """The bytes of "svg", "png" or "pdf".

    Raises:
        GradvizError: the layout took too long, or an option does not fit.
        EnvironmentFailure: there is no Graphviz, or it failed.
    """
    options = drawing.options
    graph, engine = _placed(drawing)
    if format == "svg":
        from gradviz.draw.svg import finish

        return finish(
            layout.render(graph.source, "svg", engine=engine),
            title=f"Computational graph of {drawing.name}" if drawing.name != "graph" else "Computational graph",
            description=drawing.describe(),
            text=options.text,
            width=options.width,
            prefix=prefix,
        )
    if options.width is not None:  # Graphviz scales the picture to its size, in inches; "!" also upwards
        size = inches(options.width, options.dpi) if format == "png" else inches(options.width)
        graph.attr(size=f"{size:.4f},9999!")
    if format != "png":
        return layout.render(graph.source, format, engine=engine)
    graph.attr(dpi=f"{options.dpi}")
    return with_resolution(layout.render(graph.source, format, engine=engine), options.dpi)


def _placed(drawing: Drawing) -> tuple[Digraph, str]:
    """The graph to render and the engine for it: wires are placed by dot and then fitted by us, and so are boxes
    where they are too many for dot."""
    if drawing.bulky:
        from gradviz.draw.bulk import place

        options = drawing.options
        placed = place(drawing.view, options.font_size, options.direction or drawing.theme.direction)
        return digraph(drawing.view, drawing.theme, options, "boxes", drawing.captions(), placed), "nop2"
    graph = drawing.digraph()
    if drawing.style != "wires":
        return graph, "dot"
    placed = Placement.read(layout.render(graph.source, "plain").decode())
    return digraph(drawing.view, drawing.theme, drawing.options, "wires", drawing.captions(), placed), "nop2"
