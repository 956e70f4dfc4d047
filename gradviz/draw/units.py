"""Lengths such as 12cm or 1600px."""

from __future__ import annotations

import re

from gradviz.errors import GradvizError

_UNITS = {"px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54}


def length(text: str) -> tuple[float, str]:
    """Number and unit; a bare number is in px.

    Raises:
        GradvizError: no number, or an unknown unit.

    >>> length("12cm"), length("1600")
    ((12.0, 'cm'), (1600.0, 'px'))
    """
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", str(text).lower())
    number, unit = (float(found[1]), found[2] or "px") if found else (0.0, "")
    if unit not in _UNITS or not 0 < number * _UNITS[unit] <= 30000:
        raise GradvizError(f"width cannot be {text!r}", expected="a number with px, cm, mm, in or pt, such as 12cm")
    return number, unit


def inches(text: str, dpi: float = 96) -> float:
    """The length in inches; a pixel is as big as the resolution makes it.

    >>> round(inches("12cm"), 3), inches("1600px", dpi=200)
    (4.724, 8.0)
    """
    number, unit = length(text)
    return number / dpi if unit == "px" else number * _UNITS[unit] / 96
