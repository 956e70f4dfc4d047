"""What is hidden is in no byte of any output: every form is searched for every spelling of every number."""

from __future__ import annotations

import base64
import re
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gradviz
from gradviz.draw.drawing import Drawing
from gradviz.draw.options import CHOICES
from gradviz.errors import GradvizError
from gradviz.passes import Trace

#: Numbers that nothing else in a picture looks like.
SOURCE = "q = x * y + x; r = max(q, z); f = r * q + cross_entropy([q, z], 0) + abs(z) / z"
INPUTS = {"x": 7.3519, "y": -5.2813, "z": 913.6107}
HIDES = ("grads", "values", "all")
FORMS = ("svg", "paths", "font", "dot", "png", "text", "describe", "bundle", "str", "repr")


def trace() -> Trace:
    return gradviz.graph(SOURCE, **INPUTS).trace()


def spellings(number: float) -> Iterator[str]:
    """A number as anybody may have written it: with its sign or without, rounded to four digits or more."""
    size = abs(number)
    for digits in (4, 5, 6, 17):
        yield f"{size:.{digits}g}"
    for places in (2, 3, 4):
        yield f"{size:.{places}f}"
    mantissa = f"{size:.3e}".split("e")[0]
    if size and not 1e-4 < size < 1e7:
        yield mantissa


def secrets(hide: str) -> set[str]:
    found = trace()
    assert found.gradients is not None
    numbers: list[float] = []
    if hide in ("grads", "all"):
        numbers += found.gradients
        numbers += [event.contribution for event in found.events] + [event.local for event in found.events]
    if hide in ("values", "all"):
        numbers += found.values
    shown: list[float] = []
    if hide == "grads":
        shown = list(found.values)
    if hide == "values":
        shown = list(found.gradients) + [e.contribution for e in found.events]
    visible = {word for number in shown for word in spellings(number)}
    words = {word for number in numbers for word in spellings(number)} - visible
    # Short ones (0.5, 12) stand in coordinates and colours by chance.
    return {word for word in words if len(word.replace(".", "")) >= 4 and word.strip("0.1")}


def forms(drawing: Drawing) -> dict[str, bytes]:
    bundle = drawing._repr_mimebundle_()
    return {
        "svg": drawing.render("svg"),
        "paths": Drawing(drawing.source, drawing.source_trace, drawing.options.but(text="paths")).render("svg"),
        "font": Drawing(drawing.source, drawing.source_trace, drawing.options.but(text="font")).render("svg"),
        "dot": drawing.render("dot"),
        "png": drawing.render("png"),
        "text": drawing.text(80).encode(),
        "describe": drawing.describe().encode(),
        "bundle": "\n".join(str(part) for part in bundle.values()).encode(),
        "str": str(drawing).encode(),
        "repr": repr(drawing).encode(),
    }


def without_geometry(data: bytes) -> str:
    """The words of an SVG or DOT: coordinates, paths and fonts are taken out, as they are numbers by nature."""
    text = data.decode(errors="replace")
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    return re.sub(
        r' (?:d|points|x|y|cx|cy|rx|ry|width|height|viewBox|transform|font-size|font-family)="[^"]*"', "", text
    )


@pytest.mark.parametrize("theme", ["cs231n", "colah", "micrograd"])
@pytest.mark.parametrize("hide", HIDES)
def test_no_hidden_number_anywhere(hide: str, theme: str) -> None:
    drawing = Drawing.of(trace(), hide=hide, theme=theme, locals=True, legend=True, dpi=40)
    hidden = secrets(hide)
    assert len(hidden) > 20
    for form, data in forms(drawing).items():
        words = without_geometry(data)
        found = sorted(word for word in hidden if word in words)
        assert not found, (form, found)


@pytest.mark.parametrize("form", ["svg", "font", "dot", "text", "describe", "bundle", "str"])
def test_the_search_finds_what_is_not_hidden(form: str) -> None:
    words = without_geometry(forms(Drawing.of(trace(), dpi=40))[form])
    for hide in ("grads", "values"):
        assert sum(word in words for word in secrets(hide)) >= 5, (form, hide)


@pytest.mark.parametrize("hide", HIDES)
def test_paths_draw_no_hidden_number(hide: str) -> None:
    """As many outlines as there are texts left."""
    drawing = Drawing.of(trace(), hide=hide, text="paths")
    texts = Drawing.of(trace(), hide=hide, text="font").render().count(b"<text")
    outlines = len(re.findall(rb'<path fill="#[0-9a-f]{6}"', drawing.render()))
    boxes = len(re.findall(rb'<path fill="#[0-9a-f]{6}"', Drawing.of(trace(), hide=hide, text="font").render()))
    assert outlines - boxes == texts


@pytest.mark.parametrize("hide", HIDES)
def test_png_has_no_words_at_all(hide: str) -> None:
    data = Drawing.of(trace(), hide=hide, dpi=40).render("png")
    kinds = []
    at = 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kinds.append(data[at + 4 : at + 8])
        at += 12 + size
    assert set(kinds) <= {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"bKGD", b"sBIT", b"PLTE", b"tRNS"}


@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize("hide", HIDES)
def test_pdf(hide: str, tmp_path: Path) -> None:
    drawing = Drawing.of(trace(), hide=hide, locals=True)
    data = drawing.render("pdf")
    file = tmp_path / "f.pdf"
    file.write_bytes(data)
    words = subprocess.run(["pdftotext", "-raw", str(file), "-"], capture_output=True, check=True).stdout.decode()
    assert [word for word in secrets(hide) if word in words] == []
    assert "cross_entropy" in words  # it does read the text
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.S):
        try:
            plain = zlib.decompress(stream)
        except zlib.error:
            continue  # a font, stored in another way
        shown = b"".join(re.findall(rb"\((.*?)\)", plain)).decode("latin-1")
        assert [word for word in secrets(hide) if word in shown] == []


@pytest.mark.parametrize("hide", HIDES)
def test_json_is_all_numbers_and_says_so(hide: str) -> None:
    with pytest.raises(GradvizError, match="JSON"):
        Drawing.of(trace(), hide=hide).render("json")
    assert b"913.6107" in Drawing.of(trace()).render("json")


def test_hidden_marks_tell_no_tie() -> None:
    """That max stands at a tie says something about two values."""
    tie = gradviz.graph("f = max(x, y)", x=2, y=2)
    apart = gradviz.graph("f = max(x, y)", x=2, y=1)
    assert tie.draw().render("dot") != apart.draw().render("dot")
    assert tie.draw(hide="all").render("svg") == apart.draw(hide="all").render("svg")


@pytest.mark.parametrize("theme", CHOICES["theme"])
def test_hide_all_is_the_same_for_other_numbers(theme: str) -> None:
    """The strongest form: with all numbers hidden, other numbers give the same bytes."""
    options: dict[str, Any] = {"hide": "all", "theme": theme, "locals": True, "legend": True, "dpi": 40}
    one = Drawing.of(gradviz.graph(SOURCE, **INPUTS), **options)
    other = Drawing.of(gradviz.graph(SOURCE, x=-1, y=0, z=0), **options)
    for format in ("svg", "png", "dot"):
        assert one.render(format) == other.render(format), format
    assert one.text() == other.text()
    assert one.describe() == other.describe()
    first, second = one._repr_mimebundle_(), other._repr_mimebundle_()
    assert first == second
    assert base64.b64decode(first["image/png"]).startswith(b"\x89PNG")


def test_what_is_wrong_with_a_number_is_not_told_either() -> None:
    drawing = gradviz.graph("f = log(x)", x=-3).draw(hide="all")
    assert "log" not in "".join(drawing.captions())
    assert drawing.render() == gradviz.graph("f = log(x)", x=3).draw(hide="all").render()
