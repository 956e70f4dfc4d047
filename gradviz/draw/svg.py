"""Finishes Graphviz's SVG: stable ids, words for those who cannot see it, and text that looks the same everywhere."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree as ET
from zlib import crc32

from gradviz.draw.fonts import FAMILY
from gradviz.draw.typeface import face
from gradviz.draw.units import length
from gradviz.errors import EnvironmentFailure, GradvizError

_SVG = "http://www.w3.org/2000/svg"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_FALLBACK = "'DejaVu Sans', Verdana, sans-serif"
_OURS = ("wire-", "node-", "copy-", "branch-", "edge-")
_STYLES = {"Regular": "normal", "Oblique": "italic", "Bold": "normal"}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # as [^…] it takes 3 ms to compile
#: What cannot stand in an XML id (XML 1.0, NameChar), and the colon, which means a namespace.
_NOT_ID = re.compile(
    "[^-.\\w\u00b7\u0300-\u036f]|[\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be\u2190-\u2bff\u3000]"
)


def finish(
    svg: bytes,
    *,
    title: str,
    description: str,
    text: str = "embed",
    width: str | None = None,
    prefix: str = "",
) -> bytes:
    """The SVG as it is handed out.

    Args:
        svg: Graphviz's.
        title: for screen readers and tooltips: what it is.
        description: the picture in words.
        text: "embed" keeps text and carries the used glyphs, "paths" draws outlines (PowerPoint, Keynote), "font" only
            names the font.
        width: the size to show it in, such as "12cm" or "1600px"; the height follows.
        prefix: put before every id, so that several pictures share a page.

    Raises:
        GradvizError: ``text="paths"`` and a character that our font has no glyph for.
        EnvironmentFailure: what Graphviz wrote is not XML.
    """
    ET.register_namespace("", _SVG)
    try:
        root = ET.fromstring(_NOT_XML.sub("\ufffd", svg.decode(errors="replace")))
    except ET.ParseError as error:
        raise EnvironmentFailure(f"Graphviz wrote an SVG that is not XML ({error})") from None
    _tidy(root, prefix)
    _resize(root, width)
    texts = list(root.iter(f"{{{_SVG}}}text"))
    if text == "paths":
        _as_paths(root)
    else:
        family = FAMILY
        if text == "embed" and texts:
            family = _embed(root, texts)
        root.set("text-rendering", "geometricPrecision")  # no rounding of advances: as wide as it was laid out
        for element in texts:
            element.set("font-family", f"'{family}', {_FALLBACK}")
    ids = []
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        if words:
            element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{prefix}{tag}"})
            element.text = _printable(words)
            root.insert(place, element)
            ids.append(f"{prefix}{tag}")
    root.set("role", "img")
    root.set("aria-labelledby", " ".join(ids))
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _tidy(root: ET.Element, prefix: str) -> None:
    """Our ids only, valid and unique; no classes and no titles, which are Graphviz's own names."""
    used: set[str] = set()
    for element in root.iter():
        element.attrib.pop("class", None)
        if "  " not in (element.text or "") and (element.text or "").strip() == element.text:
            element.attrib.pop(_SPACE, None)  # needed only where spaces would be lost
        element.tail = "\n" if element.tail else None
        for child in list(element):
            if child.tag == f"{{{_SVG}}}title":
                element.remove(child)
        own = element.attrib.pop("id", "")
        if own.startswith(_OURS):
            element.set("id", prefix + _identifier(own, used))


def identifier(name: str) -> str:
    """A name as an XML id: letters and digits of any script, - . and _ stay.

    >>> identifier("node-w[0]")
    'node-w_0_'
    """
    return _NOT_ID.sub("_", name)


def _identifier(name: str, used: set[str]) -> str:
    stem = identifier(name)
    found, times = stem, 1
    while found in used:
        times += 1
        found = f"{stem}-{times}"
    used.add(found)
    return found


def _resize(root: ET.Element, width: str | None) -> None:
    if width is None:
        return
    number, unit = length(width)
    _, _, wide, high = (float(part) for part in root.get("viewBox", "0 0 1 1").split())
    root.set("width", f"{number:g}{unit}")
    root.set("height", f"{number * high / wide:.4g}{unit}")


def _style(element: ET.Element) -> str:
    if element.get("font-weight") == "bold":
        return "Bold"
    return "Oblique" if element.get("font-style") == "italic" else "Regular"


def _embed(root: ET.Element, texts: list[ET.Element]) -> str:
    """Put the used glyphs into the SVG; the family's name is theirs alone, so that pictures sharing a page do
    not disturb each other."""
    used: dict[str, set[str]] = {}
    for element in texts:
        used.setdefault(_style(element), set()).update(element.text or "")
    key = "".join(f"{style}{''.join(sorted(chars))}" for style, chars in sorted(used.items()))
    family = f"gv{crc32(key.encode()):08x}"
    rules = []
    for style, characters in sorted(used.items()):
        font = base64.b64encode(face(style).subset(characters, family)).decode()
        rules.append(
            f"@font-face{{font-family:'{family}';font-style:{_STYLES[style]};"
            f"font-weight:{'bold' if style == 'Bold' else 'normal'};"
            f"src:url(data:font/ttf;base64,{font}) format('truetype')}}"
        )
    defs = ET.Element(f"{{{_SVG}}}defs")
    ET.SubElement(defs, f"{{{_SVG}}}style").text = "".join(rules)
    root.insert(0, defs)
    return family


def _as_paths(root: ET.Element) -> None:
    """Every text as an outline at the same place."""
    for parent in list(root.iter()):
        for place, element in enumerate(list(parent)):
            if element.tag == f"{{{_SVG}}}text":
                path = _path(element)
                path.tail = element.tail
                parent[place] = path


def _path(element: ET.Element) -> ET.Element:
    font, text = face(_style(element)), element.text or ""
    for character in text:
        if ord(character) not in font.glyphs:
            raise GradvizError(
                f"our font has no outline for {character!r} (U+{ord(character):04X})",
                hint="--text embed keeps it as text",
            )
    size = float(element.get("font-size", "14").removesuffix("px"))
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    x -= {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0) * font.width(text, size)
    kept: dict[str, str] = {
        name: element.get(name, "") for name in ("fill", "fill-opacity", "opacity") if name in element.attrib
    }
    return ET.Element(f"{{{_SVG}}}path", {**kept, "d": font.path(text, x, y, size)})


def _printable(words: str) -> str:
    """Without characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", words)
