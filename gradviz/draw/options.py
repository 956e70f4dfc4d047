"""What a caller may ask of a picture: one place for names, defaults and allowed values.

The command line's options and the keywords of ``draw`` are these fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from gradviz.draw.units import length
from gradviz.errors import GradvizError, did_you_mean
from gradviz.numerals import Numerals

#: Options that take one of a few words.
CHOICES: dict[str, tuple[str, ...]] = {
    "rounding": ("exact", "chained"),
    "hide": ("none", "grads", "values", "all"),
    "copies": ("auto", "all", "none"),
    "style": ("auto", "wires", "boxes"),
    "direction": ("LR", "TB", "RL", "BT"),
    "theme": ("cs231n", "print", "dark", "colorblind", "colah", "micrograd"),
    "text": ("embed", "paths", "font"),
}

# Any other word goes to Graphviz, which draws it as black and says nothing that anybody reads.
_COLOUR = re.compile(r"white|black|transparent|#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")

#: Options that take a number: the smallest and the largest, and whether it is a whole one.
RANGES: dict[str, tuple[int, int, bool]] = {
    "digits": (1, 17, True),
    "decimals": (0, 15, True),
    "dpi": (10, 2400, True),
    "font_size": (4, 96, False),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a graph is to be shown.

    Args:
        digits: significant digits of every number.
        decimals: fixed places after the point instead.
        rounding: "exact", or "chained": every value and contribution is rounded before it is used, as by hand.
        hide: leave out "grads", "values" or "all" numbers; what is hidden is in no byte of the output.
        expand: a library function or gate with a textbook form (or "all") to draw as its gates; several
            with commas.
        locals: write the local derivatives at the gates' inputs.
        copies: at a fork, branch labels up to 4 branches ("auto"), always ("all"), or no copy gates ("none").
        style: "wires" as in the lectures, "boxes" one box a node; "auto" changes over at about 150 nodes.
        direction: where the forward pass runs: "LR", "TB", "RL", "BT"; default: the theme's.
        theme: "cs231n", "print", "dark", "colorblind", "colah", "micrograd".
        legend: explain the gate patterns under the picture.
        dpi: resolution of PNG.
        width: of the picture, such as "12cm" or "1600px".
        font_size: in points.
        background: "white", "black", "transparent" or "#rrggbb"; default: the theme's.
        text: in SVG, "embed" the font, draw "paths", or only name the "font".
        ascii: only ASCII characters in the terminal picture.
    """

    digits: int = 4
    decimals: int | None = None
    rounding: str = "exact"
    hide: str = "none"
    expand: str = "none"
    locals: bool = False
    copies: str = "auto"
    style: str = "auto"
    direction: str | None = None
    theme: str = "cs231n"
    legend: bool = False
    dpi: int = 200
    width: str | None = None
    font_size: float = 14.0
    background: str | None = None
    text: str = "embed"
    ascii: bool = False

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            given = getattr(self, name)
            if given not in allowed and not (name == "direction" and given is None):
                near = did_you_mean(str(given), list(allowed))
                raise GradvizError(
                    f"{name} cannot be {given!r}",
                    expected="one of " + ", ".join(allowed),
                    hint=near and f"{name}={near}",
                )
        for name, (low, high, whole) in RANGES.items():
            given = getattr(self, name)
            if given is None and name == "decimals":
                continue
            number = isinstance(given, int if whole else (int, float)) and not isinstance(given, bool)
            if not number or not low <= given <= high:
                what = "a whole number" if whole else "a number"
                raise GradvizError(f"{name} cannot be {given!r}", expected=f"{what} from {low} to {high}")
        for name in ("locals", "legend", "ascii"):
            if not isinstance(getattr(self, name), bool):
                raise GradvizError(f"{name} cannot be {getattr(self, name)!r}", expected="True or False")
        if not isinstance(self.expand, str):
            raise GradvizError(f"expand cannot be {self.expand!r}", expected='names, "all" or "none"')
        if self.width is not None:
            length(self.width)
        colour = self.background
        if colour is not None and not (isinstance(colour, str) and _COLOUR.fullmatch(colour)):
            raise GradvizError(
                f"background cannot be {colour!r}",
                expected='"white", "black", "transparent" or a colour such as "#ffeecc"',
            )

    @classmethod
    def of(cls, **given: Any) -> Options:
        """Options by keyword.

        Raises:
            GradvizError: an unknown option or a value that is not allowed; the nearest is offered.
        """
        known = [f.name for f in fields(cls)]
        for name in given:
            if name not in known:
                near = did_you_mean(name, known)
                raise GradvizError(f"there is no drawing option {name!r}", expected=", ".join(known), hint=near)
        names = given.get("expand")
        if isinstance(names, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in names):
            given["expand"] = ",".join(sorted(names))
        return cls(**given)

    def but(self, **changed: Any) -> Options:
        """These options with some changed."""
        return replace(self, **changed)

    @property
    def numerals(self) -> Numerals:
        """How numbers are written."""
        return Numerals(self.digits, self.decimals, self.ascii)

    @property
    def expanded(self) -> frozenset[str]:
        """The names to expand; "all" stands for itself."""
        words = {word.strip() for word in self.expand.split(",")}
        return frozenset(words - {"", "none"})
