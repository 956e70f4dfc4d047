"""Make the fonts of ``gradviz/draw/fonts`` from DejaVu Sans: ``python tests/tools/build_fonts.py FOLDER``.

FOLDER holds DejaVuSans.ttf, DejaVuSans-Oblique.ttf and DejaVuSans-Bold.ttf. The result has our glyphs only, no
hinting, no kerning and no composite glyphs (text is as wide as the sum of its advances), and a name of its own, as
the licence of the Bitstream Vera fonts asks of changed versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Gradviz Sans"
FACES = {"DejaVuSans.ttf": "Regular", "DejaVuSans-Oblique.ttf": "Oblique", "DejaVuSans-Bold.ttf": "Bold"}
TARGET = Path(__file__).parents[2] / "gradviz" / "draw" / "fonts"

CHARACTERS = [
    *range(0x20, 0x7F), *range(0xA0, 0x180),  # Latin
    *range(0x2B0, 0x2B9), *range(0x300, 0x30D), 0x327, 0x338,  # modifiers, combining accents
    *range(0x370, 0x400), *range(0x1D62, 0x1D66), *range(0x1E00, 0x1EFF),  # Greek, small letters below the line
    *range(0x2010, 0x2028), *range(0x2030, 0x203F), 0x2044,  # dashes, quotes, dots, primes
    *range(0x2070, 0x209D), *range(0x2100, 0x2150), *range(0x2150, 0x2190),  # raised, lowered, letterlike, fractions
    *range(0x2190, 0x2200), *range(0x2200, 0x2300),  # arrows, mathematics
    0x26A0, 0x25CF, 0x25CB, 0x25B8, 0x25C2, 0x2714, 0x2718, 0x27E8, 0x27E9, 0x2C7C, 0x2102, 0xFFFD,
]  # fmt: skip


def flatten(font: TTFont) -> None:
    """Replace composite glyphs by plain outlines."""
    glyphs, table = font.getGlyphSet(), font["glyf"]
    for name in list(table.keys()):
        if table[name].isComposite():
            recording = DecomposingRecordingPen(glyphs)
            glyphs[name].draw(recording)
            pen = TTGlyphPen(None)
            recording.replay(pen)
            table[name] = pen.glyph()


def rename(font: TTFont, style: str) -> None:
    """Our name in place of DejaVu's; copyright and licence stay."""
    names = font["name"]
    new = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 6: f"GradvizSans-{style}"}
    for record in list(names.names):
        if record.nameID in new:
            names.setName(new[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID)
        elif record.nameID not in (0, 5, 13, 14):
            names.names.remove(record)


def main(folder: Path) -> None:
    for file, style in FACES.items():
        font = TTFont(folder / file, recalcTimestamp=False)
        options = Options()
        options.hinting = False
        options.layout_features = []
        options.name_IDs = ["*"]
        options.notdef_outline = True
        options.drop_tables += ["GPOS", "GSUB", "GDEF", "kern", "FFTM"]
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[c for c in CHARACTERS if c in font.getBestCmap()])
        subsetter.subset(font)
        flatten(font)
        rename(font, style)
        font["post"].formatType = 3.0
        font.save(TARGET / f"GradvizSans-{style}.ttf")
        print(style, len(font.getGlyphOrder()), "glyphs", (TARGET / f"GradvizSans-{style}.ttf").stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
