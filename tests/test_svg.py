"""Finished SVG: text that looks the same everywhere, ids that last, words for those who cannot see it."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import Image

from gradviz.draw import layout
from gradviz.draw.fonts import FOLDER, covers
from gradviz.draw.options import Options
from gradviz.draw.resolution import with_resolution
from gradviz.draw.svg import finish
from gradviz.draw.typeface import face
from gradviz.errors import EnvironmentFailure, GradvizError

SVG = "{http://www.w3.org/2000/svg}"
TEXT = "σ(z₁) = −2.5×10⁻⁵"
STYLES = ("Regular", "Oblique", "Bold")


def drawn(dot: str = "", **options: object) -> bytes:
    """A small picture with all three styles, or the picture of a DOT text."""
    dot = dot or (
        'digraph { bgcolor="#ffffff"; node [fontname="Gradviz Sans", shape=none, fontsize=24];'
        f'a [id="wire-q", label=<<I>weight</I>  <FONT COLOR="#1a7f37">{TEXT}</FONT> <B>bold ∂</B>>] }}'
    )
    words: dict[str, object] = {"title": "a title", "description": "what it shows", **options}
    return finish(layout.render(dot, "svg"), **words)  # type: ignore[arg-type]


def fonts(svg: bytes) -> list[TTFont]:
    """The fonts inside an SVG."""
    return [TTFont(io.BytesIO(base64.b64decode(data))) for data in re.findall(rb"base64,([^)]+)\)", svg)]


# -- our font --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_our_reader_reads_what_fonttools_reads(style: str) -> None:
    ours, theirs = face(style), TTFont(FOLDER / f"GradvizSans-{style}.ttf")
    assert theirs["name"].getDebugName(1) == "Gradviz Sans"
    assert not {"fpgm", "prep", "cvt ", "GPOS", "GSUB", "kern"} & set(theirs.keys())
    cmap, order, table = theirs.getBestCmap(), theirs.getGlyphOrder(), theirs["glyf"]
    assert {code: order[glyph] for code, glyph in ours.glyphs.items()} == cmap
    for code, name in cmap.items():
        glyph = ours.glyphs[code]
        assert ours.advance(glyph) == theirs["hmtx"][name][0]
        coordinates, ends, flags = table[name].getCoordinates(table)
        points = [point for contour in ours.contours(glyph) for point in contour]
        assert points == [(x, y, bool(flag & 1)) for (x, y), flag in zip(coordinates, flags, strict=True)]
        assert [len(contour) for contour in ours.contours(glyph)] == [
            end - start for start, end in zip([-1, *ends], ends, strict=False)
        ]


def test_the_font_has_what_pictures_need() -> None:
    latin = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)]))
    greek = "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
    signs = "∂∇∑√×·÷−±∞≈≠≤≥½¼¾←↑→↓⇐⇒↦…⋯′″‖⟨⟩ŷ\u0302⚠●"
    small = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ₀₁₂₃₄₅₆₇₈₉ₐₑᵢⱼₙₖ"
    for style in STYLES:
        missing = [c for c in latin + greek + signs + small if ord(c) not in face(style).glyphs]
        assert missing == []
    assert covers(TEXT)
    assert not covers("损失")


@pytest.mark.parametrize("style", STYLES)
def test_a_subset_is_a_font_with_the_same_glyphs(style: str) -> None:
    data = face(style).subset(TEXT + "损 ", "gv1")
    assert len(data) < 4000
    small, whole = TTFont(io.BytesIO(data), checkChecksums=2), TTFont(FOLDER / f"GradvizSans-{style}.ttf")
    assert small["name"].getDebugName(1) == "gv1"
    assert set(small.getBestCmap()) == {ord(c) for c in TEXT + " "}
    for code, name in small.getBestCmap().items():
        pens = []
        for font, glyph in ((small, name), (whole, whole.getBestCmap()[code])):
            pen = DecomposingRecordingPen(font.getGlyphSet())
            font.getGlyphSet()[glyph].draw(pen)
            pens.append((pen.value, font.getGlyphSet()[glyph].width))
        assert pens[0] == pens[1]
    assert face(style).subset(reversed(TEXT + "损 "), "gv1") == data


def test_a_font_for_nothing_is_still_a_font() -> None:
    assert TTFont(io.BytesIO(face("Regular").subset("", "gv0"))).getBestCmap() == {}


# -- the finished picture --------------------------------------------------------------------------------------------


def test_text_stays_text_with_only_its_glyphs() -> None:
    svg = drawn()
    root = ET.fromstring(svg)
    texts = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    assert "weight" in texts
    assert any(TEXT in text for text in texts)
    inside = {font["name"].getDebugName(1) for font in fonts(svg)}
    assert len(inside) == 1
    assert {t.get("font-family") for t in root.iter(f"{SVG}text")} == {
        f"'{inside.pop()}', 'DejaVu Sans', Verdana, sans-serif"
    }
    held = {chr(code) for font in fonts(svg) for code in font.getBestCmap()}
    assert held == set("".join(texts))
    rules = "".join(style.text or "" for style in root.iter(f"{SVG}style"))
    assert re.sub(r"@font-face\{[^}]*\}", "", rules) == ""  # nothing that could reach other pictures of a page


def test_pictures_with_other_glyphs_have_families_of_their_own() -> None:
    one, two = (drawn(f'digraph {{ node [fontname="Gradviz Sans"]; "{name}" }}') for name in ("abc", "abd"))
    assert fonts(one)[0]["name"].getDebugName(1) != fonts(two)[0]["name"].getDebugName(1)
    assert drawn() == drawn()


def test_text_as_a_name_of_a_font_only() -> None:
    svg = drawn(text="font")
    assert b"font-face" not in svg
    assert b"\"'Gradviz Sans', 'DejaVu Sans', Verdana, sans-serif\"" in svg


def test_text_as_paths_has_no_text() -> None:
    root = ET.fromstring(drawn(text="paths"))
    assert not list(root.iter(f"{SVG}text"))
    assert b"font" not in drawn(text="paths")
    fills = [path.get("fill") for path in root.iter(f"{SVG}path")]
    assert "#1a7f37" in fills


def test_paths_of_a_character_we_do_not_have_is_an_error_that_names_it() -> None:
    with pytest.raises(GradvizError, match=r"'损' \(U\+635F\)") as caught:
        drawn('digraph { "a损" }', text="paths")
    assert "--text embed" in (caught.value.hint or "")
    assert "损" in drawn('digraph { "a损" }').decode()


def test_titles_ids_and_words() -> None:
    root = ET.fromstring(drawn(prefix="p1-"))
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert (root[0].text, root[1].text) == ("a title", "what it shows")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "p1-title p1-desc"
    assert len(list(root.iter(f"{SVG}title"))) == 1  # Graphviz's own would be tooltips such as "w_q"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert sorted(i for i in ids if i) == ["p1-desc", "p1-title", "p1-wire-q"]
    assert not any(e.get("class") for e in root.iter())
    assert b"Generated by" not in drawn()
    assert b"DOCTYPE" not in drawn()


def test_nothing_is_said_that_was_not_given() -> None:
    root = ET.fromstring(drawn(title="t", description=""))
    assert root.get("aria-labelledby") == "title"
    assert not list(root.iter(f"{SVG}desc"))


NAMES = ["x_", "a b", "a|b", "<b>", 'q"', "a&b", "x²", "x→y", "损失", "w[0,1]", "σ₁", "x" * 300, "a:b", "e.g", "ŷ"]


def test_hostile_names_make_different_valid_ids() -> None:
    nodes = []
    for i, name in enumerate(NAMES):
        quoted = name.replace('"', '\\"')
        nodes.append(f'n{i} [label="n", id="node-{quoted}"]')
    root = ET.fromstring(drawn("digraph { " + "; ".join(nodes) + " }", title="", description=""))
    ids = [e.get("id") or "" for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == len(NAMES)
    # XML 1.0, productions 4 and 4a, without the colon
    start = "A-Z_a-zÀ-ÖØ-öø-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
    for found in ids:
        assert re.fullmatch(rf"[{start}][-.0-9·\u0300-\u036f\u203f\u2040{start}]*", found), found
    assert {"node-x_", "node-损失", "node-σ₁", "node-e.g", "node-ŷ"} <= set(ids)


@pytest.mark.parametrize("name", ["a\x01b", "\x1f", "\ufffe", "\ud800"])
def test_characters_that_xml_forbids(name: str) -> None:
    svg = drawn(f'digraph {{ "x{name}" }}', title=name, description=name)
    assert "x" in "".join(ET.fromstring(svg).itertext())


def test_what_is_no_xml_is_one_error() -> None:
    with pytest.raises(EnvironmentFailure, match="not XML"):
        finish(b"<svg><g></svg>", title="", description="")


def test_spaces_are_kept_where_they_would_be_lost() -> None:
    root = ET.fromstring(drawn('digraph { a [label="a   b"]; c [label="c d"] }'))
    space = "{http://www.w3.org/XML/1998/namespace}space"
    kept = {"".join(t.itertext()).replace("\xa0", " "): t.get(space) for t in root.iter(f"{SVG}text")}
    assert kept["c d"] is None
    assert kept["a   b"] == "preserve" or "\xa0\xa0" in "".join(root.itertext())


def test_width_and_viewbox() -> None:
    plain, wide = ET.fromstring(drawn()), ET.fromstring(drawn(width="12cm"))
    assert plain.get("viewBox") == wide.get("viewBox")
    assert wide.get("width") == "12cm"
    _, _, w, h = (float(part) for part in (wide.get("viewBox") or "").split())
    assert float((wide.get("height") or "").removesuffix("cm")) == pytest.approx(12 * h / w, rel=1e-3)
    for wrong in ("0cm", "12 miles", "-3px", "", "1e9px"):
        with pytest.raises(GradvizError, match="width cannot be"):
            drawn(width=wrong)


def test_backgrounds() -> None:
    assert b'fill="#ffffff"' in drawn()
    clear = drawn('digraph { bgcolor="transparent"; a [shape=none] }')
    assert not re.findall(rb'fill="(?!none|transparent|black|#000)', clear)


@pytest.mark.parametrize("wrong", ["blue-ish", "#12", "url(http://a/b)", '"><script>', "", "white;", 7])
def test_a_background_that_is_no_colour_is_refused(wrong: object) -> None:
    with pytest.raises(GradvizError, match="background cannot be"):
        Options.of(background=wrong)


@pytest.mark.parametrize("right", ["white", "black", "transparent", "#fed", "#ffeecc", "#FFEECC80", None])
def test_a_background_that_is_a_colour_is_taken(right: str | None) -> None:
    assert Options.of(background=right).background == right


def test_finishing_does_not_import_what_is_slow() -> None:
    code = (
        "import sys; from gradviz.draw.svg import finish\n"
        "finish(b'<svg xmlns=\"http://www.w3.org/2000/svg\"><text>a</text></svg>', title='', description='')\n"
        "print([m for m in ('fontTools', 'numpy', 'hashlib', 'tempfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parents[2], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_a_png_knows_its_resolution() -> None:
    data = with_resolution(layout.render("digraph { dpi=200; a }", "png"), 200)
    image = Image.open(io.BytesIO(data))
    image.load()  # checks every chunk's sum
    assert image.info["dpi"] == pytest.approx((200, 200), abs=0.01)
    assert with_resolution(data, 300) == data


# -- a real browser --------------------------------------------------------------------------------------------------


def _screenshot(folder: Path, name: str, svg: bytes) -> Image.Image:
    """What Chromium shows, in greys, where it can see no font at all but those in the page."""
    (folder / "none").mkdir(exist_ok=True)
    conf = folder / "fonts.conf"
    conf.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{folder}/none</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    )
    inline = svg.decode().partition("?>")[2]
    page, picture = folder / f"{name}.html", folder / f"{name}.png"
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{inline}', encoding="utf-8")
    quiet = ("quic", "background-networking", "component-update", "sync", "gpu")
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--no-first-run", "--hide-scrollbars"),
            *(f"--disable-{word}" for word in quiet),
            *(f"--user-data-dir={folder}/user", f"--screenshot={picture}", "--window-size=1000,300"),
            *("--virtual-time-budget=3000", page.as_uri()),
        ],
        env={**os.environ, "FONTCONFIG_FILE": str(conf)},
        capture_output=True,
        timeout=60,
        check=True,
    )
    return Image.open(picture).convert("L")


def _ink(image: Image.Image) -> int:
    return sum(255 - p for p in image.tobytes())


def _apart(one: Image.Image, other: Image.Image) -> float:
    """The part of the ink that differs."""
    return sum(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)) / _ink(other)


@pytest.mark.needs("chromium")
def test_chromium_without_our_font_shows_our_glyphs(tmp_path: Path) -> None:
    outlines = _screenshot(tmp_path, "paths", drawn(text="paths", width="900px"))
    assert _ink(outlines) > 1_000_000
    embedded = drawn(text="embed", width="900px")
    for _ in range(12):  # a page's fonts are read beside its drawing, and a screenshot may come too early
        shown = _screenshot(tmp_path, "embed", embedded)
        if _apart(shown, outlines) < 0.2:
            break
    # The two are smoothed in different ways, and small letters sit on whole pixels.
    assert _apart(shown, outlines) < 0.2
    wrong = embedded.replace(b"base64,AAEAAA", b"base64,AAAAAA")  # no font at all
    assert _apart(_screenshot(tmp_path, "wrong", wrong), outlines) > 0.5
