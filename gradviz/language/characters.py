"""How single characters are read: look-alikes, superscripts, subscripts, and what is refused.

Every reading here replaces one character by one character, so positions in the original text stay true.
"""

from __future__ import annotations

import re
import unicodedata

from gradviz.language.source import Source

_SAME_AS = {
    "-": "−‐‑‒–﹣",
    "*": "·⋅∙•×✕✖∗⊙",
    "/": "÷∕⁄",
    "^": "ˆ",
    "|": "∣",
    "=": "﹦",
    "μ": "µ",
    "Ω": "\u2126",
    "h": "ℎ",
    " ": "\u00a0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))),
}
_ALIKE: dict[int, str] = {ord(typed): read for read, many in _SAME_AS.items() for typed in many}
_ALIKE.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})  # full-width forms


def _mathematical(code: int) -> str:
    """The plain letter or digit behind 𝑥, 𝐖, 𝟏 … (copied from a PDF)."""
    plain = unicodedata.normalize("NFKC", chr(code))
    return plain if len(plain) == 1 else chr(code)


_ALIKE.update({code: _mathematical(code) for code in range(0x1D400, 0x1D800)})

#: Raised characters and what they say on the line: x², x⁻¹, e⁻ᶻ.
SUPERSCRIPTS: dict[str, str] = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True)) | dict(
    zip("ᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵝᵞᵟ", "abcdefghjklmoprstuvwxyzβγδ", strict=True)
)

#: Lowered characters; w₁ spells w_1.
SUBSCRIPTS: dict[str, str] = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789aehijklmnoprstuvx", strict=True))

#: Writing that is prose in every formula.
FOREIGN = re.compile(
    "[\u0400-\u1cff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u9fff\ua000-\ua4cf\uac00-\ud7af\uf900-\ufaff]+"
)

#: Fractions in one character.
FRACTIONS: dict[str, float] = {c: unicodedata.numeric(c) for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"}

#: ``Wᵀ`` spells ``W.T``.
TRANSPOSE = "ᵀ"

_INVISIBLE = {"Cf": "invisible", "Cc": "control", "Cs": "broken (surrogate)", "Co": "private", "Cn": "unassigned"}
_LINE_ENDS = "\u2028\u2029"


def plain(source: Source) -> str:
    """The text with look-alikes replaced one for one; a leading byte order mark becomes a space.

    Raises:
        GradvizError: a NUL, control, bidirectional or zero-width character, which nobody could see.

    >>> plain(Source("ｆ＝（ｘ − 1）× 2"))
    'f=(x - 1)* 2'
    """
    text = source.text
    if not text.isascii():
        text = (" " + text[1:] if text.startswith("\ufeff") else text).translate(_ALIKE)
    if not text.isprintable():
        for at, c in enumerate(text):
            if not c.isprintable() and c not in "\n\r\t":
                _refuse(source, at, c)
    return text


def alike(text: str) -> str:
    """The text with look-alikes replaced one for one, nothing refused."""
    return text if text.isascii() else (" " + text[1:] if text.startswith("\ufeff") else text).translate(_ALIKE)


def _refuse(source: Source, at: int, c: str) -> None:
    name = unicodedata.name(c, "NUL" if c == "\0" else "")
    what = f"U+{ord(c):04X}" + (f" {name}" if name else "")
    kind = "line separator" if c in _LINE_ENDS else _INVISIBLE.get(unicodedata.category(c), "unprintable")
    source.fail(
        f"there is a character here that cannot be seen: {kind} {what}".replace(f"{kind} U", f"{kind} character U"),
        (at, at + 1),
        expected="plain text",
        hint="delete it, or type this part again instead of pasting it",
    )


def in_name(c: str) -> bool:
    """Whether the character can go on inside a name (accents typed as separate marks can)."""
    return (c.isalnum() and not _raised_or_fraction(c)) or c == "_" or unicodedata.category(c) == "Mn"


def starts_name(c: str) -> bool:
    """Whether a name can begin with the character."""
    return (c.isalpha() and c not in SUPERSCRIPTS and c not in SUBSCRIPTS and c != TRANSPOSE) or c == "_"


def _raised_or_fraction(c: str) -> bool:
    return (not c.isascii() and not c.isalpha() and c not in SUBSCRIPTS) or c in SUPERSCRIPTS or c == TRANSPOSE
