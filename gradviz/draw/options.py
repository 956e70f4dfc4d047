"""What a caller may ask of a picture: one place for names, defaults and allowed values.

The command line's options and the keywords of ``draw`` are these fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

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
        background: "white", "transparent" or "#rrggbb"; default: the theme's.
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
        for name, low, high in (
            ("digits", 1, 17),
            ("decimals", 0, 15),
            ("dpi", 10, 2400),
            ("font_size", 4, 96),
        ):
            given = getattr(self, name)
            if given is not None and (
                isinstance(given, bool) or not isinstance(given, (int, float)) or not low <= given <= high
            ):
                raise GradvizError(f"{name} cannot be {given!r}", expected=f"a number from {low} to {high}")
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
        if not isinstance(given.get("expand", ""), str):
            given["expand"] = ",".join(given["expand"])
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
