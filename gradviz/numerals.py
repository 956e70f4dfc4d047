"""Numbers as people write them: rounded half up, integers as integers, never -0, 1.2×10⁻⁵."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_SMALL, _LARGE = -4, 7  # powers of ten between which a number is written out


@dataclass(frozen=True, slots=True)
class Numerals:
    """How numbers are shown.

    Args:
        digits: significant digits, trailing zeros dropped.
        decimals: fixed places after the point instead, zeros kept.
        ascii: 1.2e-05 and inf instead of 1.2×10⁻⁵ and ∞.

    >>> Numerals().text(0.7310585786), Numerals(decimals=2).text(-2), Numerals().text(1.2e-5)
    ('0.7311', '-2.00', '1.2×10⁻⁵')
    """

    digits: int = 4
    decimals: int | None = None
    ascii: bool = False

    def text(self, number: float) -> str:
        """The number as it is shown.

        >>> Numerals().text(-0.0), Numerals(decimals=2).text(-0.001), Numerals().text(float("-inf"))
        ('0', '0.00', '-∞')
        """
        number = float(number)
        if number != number:
            return "nan"
        if math.isinf(number):
            sign = "-" if number < 0 else ""
            return sign + ("inf" if self.ascii else "∞")
        power = math.floor(math.log10(abs(number))) if number else 0
        if self.decimals is not None:
            if power >= 15:
                return self._scientific(number, self.decimals + 1)
            return _unsigned_zero(_fixed(number, self.decimals))
        if number.is_integer() and power < _LARGE:
            return str(int(number))
        if not _SMALL <= power < _LARGE:
            return self._scientific(number, self.digits)
        text = _fixed(number, max(0, self.digits - 1 - power))
        return _unsigned_zero(text.rstrip("0").rstrip(".") if "." in text else text)

    def _scientific(self, number: float, digits: int) -> str:
        from decimal import ROUND_HALF_UP, Context, Decimal

        rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(repr(number)))
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        if "." in mantissa and self.decimals is None:
            mantissa = mantissa.rstrip("0").rstrip(".")
        if self.ascii:
            return f"{mantissa}e{int(exponent):+03d}"
        return f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"

    def rounded(self, number: float) -> float:
        """The number to the precision shown, for calculating as one does by hand (chained rounding).

        >>> Numerals(decimals=2).rounded(0.125)
        0.13
        """
        if not math.isfinite(number):
            return number
        plain = Numerals(self.digits, self.decimals, ascii=True)
        return float(plain.text(number))


def _fixed(number: float, places: int) -> str:
    from decimal import ROUND_HALF_UP, Decimal

    # repr is the shortest decimal that means this float: 2.675 rounds to 2.68, as by hand.
    return format(Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), "f")


def _unsigned_zero(text: str) -> str:
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def superscript(number: str) -> str:
    """Digits and sign raised: ``superscript("-2")`` is ``⁻²``."""
    return number.translate(_SUPERSCRIPT)
