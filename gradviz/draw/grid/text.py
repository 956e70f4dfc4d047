"""Texts on a character grid: their width, their cutting, their spelling in ASCII.

Names come from users, so nothing here may reach the terminal unread: control characters are
escaped (a name cannot move the cursor or recolour the screen), and every function counts terminal
columns, not characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀ", "0123456789+-()niT", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ", "0123456789+-()aeoxhklmnpstij", strict=True))
_SUPERS = re.compile(f"[{re.escape(''.join(_SUPER))}]+")
_SUBS = re.compile(f"[{re.escape(''.join(_SUB))}]+")
_POWER = re.compile(r"(?:[×*]10|e).*$")
_SPELL = {
    **{"×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "⁄": "/", "−": "-", "–": "-", "—": "-"},
    **{
        "∂": "d",
        "√": "sqrt",
        "∞": "inf",
        "∑": "sum",
        "∏": "prod",
        "∇": "grad",
        "π": "pi",
        "λ": "lambda",
        "Λ": "Lambda",
    },
    **{"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "…": "~", "′": "'", "″": '"'},
    **{"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->", "←": "<-", "‖": "||", "⟦": "[", "⟧": "]"},
    **{"⚠": "!", "≡": "=", "•": "o", "◂": "<", "▸": ">", "“": '"', "”": '"', "‘": "'", "’": "'"},
}


@lru_cache(maxsize=4096)
def columns(text: str) -> int:
    """How many terminal columns a text takes.

    >>> columns("w1"), columns("权重"), columns("x\u0302")
    (2, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(char_columns(c) for c in text)


def char_columns(char: str) -> int:
    """0 for a combining mark, 2 for a wide (CJK) character, else 1."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cut(text: str, room: int, *, ascii: bool = False) -> str:
    """The text, shortened to ``room`` columns with a … (in ASCII a ~) where it does not fit.

    >>> cut("temperature", 6)
    'tempe…'
    """
    if columns(text) <= room:
        return text
    if room <= 0:
        return ""
    kept, used = [], 0
    for char in text:
        wide = char_columns(char)
        if used + wide > room - 1:
            break
        kept.append(char)
        used += wide
    return "".join(kept) + ("~" if ascii else "…")


def cut_number(text: str, room: int, *, ascii: bool = False) -> str:
    """Like ``cut``, but a power of ten is never lost: digits go first, then the whole number.

    >>> cut_number("1.234×10⁻⁵", 9), cut_number("1.234×10⁻⁵", 5), cut_number("0.12345", 6)
    ('1.2…×10⁻⁵', '…', '0.123…')
    """
    if columns(text) <= room:
        return text
    power = _POWER.search(text)
    if power is None:
        return cut(text, room, ascii=ascii)
    digits = cut(text[: power.start()], room - columns(power[0]), ascii=ascii)
    # Without a digit before the … there is nothing left to read but a power.
    return digits + power[0] if digits[:-1].strip("-− ∂d") else cut("  ", min(room, 1), ascii=ascii)


@lru_cache(maxsize=4096)
def clean(text: str, ascii: bool = False) -> str:
    r"""A text that is safe on one line of a terminal; with ``ascii`` in ASCII characters only.

    >>> clean("a\nb")
    'a\\nb'
    >>> clean("σ(w₁·x) − ½", ascii=True)
    'sigma(w_1*x) - 1/2'
    >>> clean("1.2×10⁻⁵", ascii=True), clean("权", ascii=True)
    ('1.2*10^-5', '\\u6743')
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c == "\u00a0" else _escape(c) for c in text)
    if not ascii or text.isascii():
        # A mark at the start would sit on the character before it, which is not ours.
        return " " + text if text and char_columns(text[0]) == 0 else text
    text = _SUPERS.sub(lambda m: "^" + "".join(_SUPER[c] for c in m[0]), text)
    text = _SUBS.sub(lambda m: "_" + "".join(_SUB[c] for c in m[0]), text)
    return "".join(c if c.isascii() else _spell(c) for c in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _spell(char: str) -> str:
    if char in _SPELL:
        return _SPELL[char]
    plain = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in plain if not unicodedata.combining(c)) or plain
    if base.isascii():
        return base
    name = unicodedata.name(base[0], "")
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", name)
    if greek:
        return greek[2].capitalize() if greek[1] == "CAPITAL" else greek[2].lower()
    return "".join(_escape(c) for c in char)
