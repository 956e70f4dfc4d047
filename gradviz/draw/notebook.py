"""How graphs and traces show themselves: in a notebook, and to ``print``.

Showing never fails: what cannot be drawn is shown as text, for a notebook would print a traceback instead.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from gradviz.draw.drawing import Drawing
from gradviz.errors import GradvizError
from gradviz.gates import INPUT
from gradviz.graph import Graph
from gradviz.passes import Trace

TEXT, SVG, PNG = "text/plain", "image/svg+xml", "image/png"
Kinds = Collection[str] | None


def bundle(source: Drawing | Graph | Trace, include: Kinds = None, exclude: Kinds = None) -> dict[str, Any]:
    """IPython's MIME bundle: SVG, PNG and text.

    Args:
        source: what is to be shown.
        include: only these types.
        exclude: not these.

    >>> from gradviz import graph
    >>> sorted(bundle(graph("f = x * x", x=3), exclude={"image/png"}))
    ['image/svg+xml', 'text/plain']
    """
    wanted = {kind for kind in (TEXT, SVG, PNG) if (not include or kind in include) and kind not in (exclude or ())}
    found: dict[str, Any] = {}
    trouble = ""
    try:
        drawing = _drawing(source)
        if SVG in wanted:
            found[SVG] = drawing.render("svg", prefix=_prefix(drawing)).decode()
        if PNG in wanted:
            import base64

            found[PNG] = base64.b64encode(drawing.render("png")).decode()
    except GradvizError as error:
        trouble = f"\n({error.message})"
    if TEXT in wanted or trouble:
        found[TEXT] = text(source) + trouble
    return found


def text(source: Drawing | Graph | Trace) -> str:
    """The terminal picture; where there can be none, one line that says what it is.

    >>> from gradviz import graph
    >>> print(text(graph("f = x * y", x=3)).splitlines()[-1])  # y has no number: structure only
    (no numbers: y has none)
    """
    try:
        picture = _drawing(source).text()
    except GradvizError:
        return repr(source)
    if isinstance(source, Graph) and 0 < len(source.missing) < len(source.inputs):
        return (
            f"{picture}\n(no numbers: {', '.join(source.missing)} {'has' if len(source.missing) == 1 else 'have'} none)"
        )
    return picture


def _drawing(source: Drawing | Graph | Trace) -> Drawing:
    """What is drawn; of a graph of which some inputs have no number, the structure."""
    if isinstance(source, Drawing):
        return source
    if isinstance(source, Graph) and source.missing:
        bare = [None if row is INPUT else old for row, old in zip(source.gates, source.data, strict=True)]
        source = replace(source, data=tuple(bare))
    return Drawing.of(source)


def _prefix(drawing: Drawing) -> str:
    """What the ids of this picture begin with, so that several share a page."""
    from zlib import crc32

    return f"g{crc32(drawing.digraph().source.encode(errors='replace')):08x}-"
