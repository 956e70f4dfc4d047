"""Names that mean something to Graphviz, or that our font cannot draw, in pictures."""

from __future__ import annotations

import pytest

from gradviz import Value


@pytest.mark.parametrize("theme", ["cs231n", "colah", "micrograd"])
@pytest.mark.parametrize("name", [r"\Gamma", r"\N", r"\G", r"\L\T\H\E", "a|b", "<b>", '"', "&amp;", "{x}"])
def test_a_name_is_drawn_as_it_is(theme: str, name: str) -> None:
    from xml.etree import ElementTree as ET

    svg = (Value(2, label=name) * Value(3, label="y")).draw(theme=theme).render("svg")
    drawn = [element for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]
    texts = ["".join(element.itertext()).strip() for element in drawn]
    assert name in texts


def test_a_character_that_our_font_lacks_is_said() -> None:
    assert any("损" in note for note in Value(1, label="损失").draw().notes)
    assert not Value(1, label="ŷ_θ").draw().notes
