"""The terminal painter: what is painted can be read back, fits, and does not move."""

from __future__ import annotations

import os
import random
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terminal_decode import Unreadable, decode, grid_of

from gradviz.draw import terminal
from gradviz.draw.grid.text import clean, columns, cut, cut_number
from gradviz.draw.terminal import layout, paint, picture
from gradviz.draw.view import Cell, Port, View
from gradviz.errors import GradvizError

BOTH = [("box", False), ("box", True), ("slim", False), ("slim", True)]


def view_of(text: str, **fields: Any) -> View:
    """``"x; y; f × x y"``: names, glyphs, operands; ``_`` in front of a name keeps it unnamed."""
    cells: list[Cell] = []
    index: dict[str, int] = {}
    for part in text.split(";"):
        name, *rest = part.split()
        index[name] = len(cells)
        ports = tuple(Port(index[o], slot) for slot, o in enumerate(rest[1:]))
        kind: Any = "gate" if rest else "input"
        shown = None if name.startswith("_") else name
        cell = Cell(len(cells), name, kind, rest[0] if rest else "", shown, ports=ports)
        cells.append(replace(cell, **fields))
    return View(tuple(cells), len(cells) - 1)


def with_texts(view: View, value: str | None, grad: str | None) -> View:
    return View(tuple(replace(c, value=value, grad=grad) for c in view.cells), view.output)


def edges_of(view: View, names: list[str]) -> list[tuple[str, str, int]]:
    return sorted((names[p.source], names[i], p.slot) for i, c in enumerate(view.cells) for p in c.ports)


NUMBER = st.one_of(st.none(), st.from_regex(r"\A[−-]?[0-9]{1,3}(\.[0-9]{1,3})?\Z"))


@st.composite
def views(draw: st.DrawFn, locals_: bool = False) -> View:
    """Graphs with everything that makes wires hard: fan-out, x*x, long edges, many operands."""
    inputs = draw(st.integers(1, 9))
    gates = draw(st.integers(0, 31))
    near = draw(st.sampled_from([3, 8, 100]))  # how far back operands reach
    names = draw(st.sampled_from(["n{}q", "名{}q", "w[{},0]q"]))
    cells: list[Cell] = []
    for i in range(inputs + gates):
        ports: tuple[Port, ...] = ()
        kind: Any = "input" if i < inputs else draw(st.sampled_from(["gate"] * 6 + ["box", "copy", "const"]))
        if kind not in ("input", "const"):
            arity = draw(st.sampled_from([1, 1, 2, 2, 2, 2, 3, 4, 5]))
            given_ = [draw(st.integers(max(0, i - near), i - 1)) for _ in range(arity)]
            local = st.one_of(st.none(), st.sampled_from(["1", "∂q/∂x=−1.5"])) if locals_ else st.none()
            ports = tuple(Port(s, k, draw(NUMBER), draw(local)) for k, s in enumerate(given_))
        glyph = "" if not ports else draw(st.sampled_from(["+", "×", "max", "1/x", "×−1", "σ"]))
        name = names.format(i)
        mark: Any = draw(st.sampled_from([None] * 8 + ["nonfinite", "tie"]))
        cells.append(Cell(i, name, kind, glyph, name, draw(NUMBER), draw(NUMBER), ports, mark))
    return View(tuple(cells), len(cells) - 1)


def read_back(view: View, style: Any, ascii: bool, **options: Any) -> None:
    made = layout(view, style=style, ascii=ascii, **options)
    painting = paint(view, made)
    names = [clean(str(c.name), ascii) for c in view.cells]
    edges, boxes = decode(painting.text(), names, style=style, ascii=ascii)
    assert edges == edges_of(view, names)
    for name, cell in zip(names, view.cells, strict=True):
        for text in (cell.value, cell.grad):
            if text is not None:
                assert clean(text, ascii) in boxes[name].inside, f"{name}: {text} was painted over"
    lines = painting.text().split("\n")
    assert all(columns(line) <= painting.width for line in lines)
    assert len(lines) == painting.height == made.height
    if ascii:
        assert painting.text().isascii()


@pytest.mark.parametrize(("style", "ascii"), BOTH)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(view=views())
def test_random_graphs_read_back(style: str, ascii: bool, view: View) -> None:
    read_back(view, style, ascii)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(view=views(locals_=True), ascii=st.booleans(), shares=st.booleans())
def test_local_derivatives_do_not_disturb_wires(view: View, ascii: bool, shares: bool) -> None:
    read_back(view, "box", ascii, shares=shares)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(view=views())
def test_tight_slim_reads_back(view: View) -> None:
    read_back(view, "slim", False, tight=True)


@pytest.mark.parametrize(("style", "ascii"), BOTH)
@pytest.mark.parametrize(
    "text",
    [
        "x1; f1 × x1 x1",
        "x1; y1; f1 − y1 x1",
        "x1; y1; p1 + x1 y1; q1 + y1 x1; f1 − p1 q1; g1 − q1 f1; h1 × g1 p1",
        "a1; b1; c1; d1; s1 sum a1 b1 c1 d1 a1; m1 max d1 c1 b1 a1 s1; f1 + s1 m1",
        "x1; a1 f x1; b1 f a1; c1 f b1; d1 + c1 x1",
    ],
)
def test_known_shapes_read_back(text: str, style: str, ascii: bool) -> None:
    read_back(with_texts(view_of(text), "2", "−3"), style, ascii)
    read_back(view_of(text), style, ascii)


def test_wires_that_swap_rows_take_a_detour() -> None:
    """Two nets, each leaving on the row the other enters on: a circle the router must break."""
    from gradviz.draw.grid.routes import Net, route

    routes, tracks = route({0: Net(0, [1]), 1: Net(1, [2]), 2: Net(2, [0])})
    split = [n for n, r in routes.items() if r.detour is not None]
    assert len(split) == 1
    assert tracks >= 4


def test_the_decoder_notices_a_merged_wire() -> None:
    """The oracle is tested too: one changed character must not go unnoticed."""
    view = with_texts(view_of("a1; b1; c1; p1 + a1 c1; q1 + b1 a1; f1 × p1 q1"), "1", "2")
    text = paint(view, layout(view)).text()
    assert "┼" in text
    names = [str(c.name) for c in view.cells]
    right = decode(text, names, style="box", ascii=False)[0]
    assert right == edges_of(view, names)
    for old, new in (("┼", "├"), ("┼", "●"), ("├──┬", "├───"), ("╰", "╭"), ("▸", "│")):
        assert old in text
        try:
            read = decode(text.replace(old, new, 1), names, style="box", ascii=False)[0]
        except Unreadable:
            continue
        assert read != right, f"{old} became {new} and nobody saw"


def test_three_gate_circuit_looks_as_in_the_lecture() -> None:
    numbers = {"x": ("−2", "−4"), "y": ("5", "−4"), "z": ("−4", "3"), "q": ("3", "−4"), "f": ("−12", "1")}
    view = view_of("x; y; z; q + x y; f × q z")
    view = View(tuple(replace(c, value=numbers[c.key][0], grad=numbers[c.key][1]) for c in view.cells), view.output)
    painting, style = picture(view, width=40)
    assert style == "box"
    assert painting.text() == "\n".join(
        [
            "┌ x ───┐",
            "│ −2   ├─╮",
            "│ ∂ −4 │ │",
            "└──────┘ │ ╭ (+) q ╮",
            "┌ y ───┐ ╰─▸ 3     ├─╮",
            "│ 5    ├───▸ ∂ −4  │ │",
            "│ ∂ −4 │   ╰───────╯ │",
            "└──────┘             │ ╭ (×) f ╮",
            "┌ z ───┐             ╰─▸ −12   │",
            "│ −4   ├───────────────▸ ∂ 1   │",
            "│ ∂ 3  │               ╰───────╯",
            "└──────┘",
        ]
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(view=views(), style=st.sampled_from(["box", "slim", "tape"]))
def test_blank_values_move_nothing(view: View, style: Any) -> None:
    blank = with_texts(view, None, None)
    blank = View(
        tuple(replace(c, ports=tuple(replace(p, share=None) for p in c.ports)) for c in blank.cells), view.output
    )
    widths = [8] * len(view.cells)
    full, empty = layout(view, style=style, widths=widths), layout(blank, style=style, widths=widths)
    if style == "tape":
        assert replace(full, columns=None) == replace(empty, columns=None)
    else:
        assert full == empty
    painted = paint(blank, full).text()
    for cell in view.cells:
        at = [line for line in painted.split("\n") if str(cell.name) in line]
        assert len(at) >= 1
    again = layout(view, style=style, widths=widths)
    assert paint(view, again) == paint(view, full)


def test_painting_a_blank_view_on_a_full_layout_shows_no_number() -> None:
    full = with_texts(view_of("x; y; q + x y; f × q x"), "1.25", "−7.5")
    full = View(tuple(replace(c, ports=tuple(replace(p, share="9.75") for p in c.ports)) for c in full.cells), 3)
    blank = view_of("x; y; q + x y; f × q x")
    for style in ("box", "slim", "tape"):
        made = layout(full, style=style)
        shown, hidden = paint(full, made).text(), paint(blank, made).text()
        assert "1.25" in shown
        assert "∂" in shown
        assert not any(c.isdigit() or c in "∂◂" for c in hidden if style != "tape")
        assert ("9.75" in shown) == (style == "box")


def test_numbers_wider_than_reserved_are_cut_visibly() -> None:
    view = with_texts(view_of("x; f × x x"), "123456789", "1")
    painted = paint(view, layout(view, widths=[4, 4])).text()
    assert "12345…" in painted  # six columns: the gradient's four and its ∂
    assert "123456" not in painted


@pytest.mark.parametrize("width", [20, 24, 33, 80])
@pytest.mark.parametrize("ascii", [False, True])
def test_tape_fits_any_width_and_keeps_names(width: int, ascii: bool) -> None:
    view = with_texts(view_of("x; learning_rate; q + x learning_rate; _a exp q; f max _a q x"), "−1.2345", "∞")
    painting = paint(view, layout(view, style="tape", width=width, ascii=ascii))
    lines = painting.text().split("\n")
    assert len(lines) == len(view.cells)
    assert all(columns(line) <= width for line in lines)
    assert painting.width <= width
    for cell, line in zip(view.cells, lines, strict=True):
        assert cell.name is None or cell.name[:5] in line
    if width == 80:
        assert lines[3].split()[:2] == ["4", "_a"]
        assert "f = max(_a, q, x)" in lines[4]
    else:
        assert ("~" if ascii else "…") in lines[2]


def test_tape_writes_folded_constants_as_formulas() -> None:
    view = view_of("x; a ×−1 x; b +1 a; _c 1/x b; d x² _c; e exp d; f − e d; g |x| f; h sum x a b; k 2^ h")
    lines = paint(view, layout(view, style="tape")).text().split("\n")
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "x",
        "a = x ×−1",
        "b = a +1",
        "_c = 1/b",
        "d = _c²",
        "e = exp(d)",
        "f = e − d",
        "g = |f|",
        "h = sum(x, a, b)",
        "k = 2^ h",
    ]


def test_tape_rows_line_up_with_wide_names() -> None:
    view = with_texts(view_of("权重; x\u0302; f + 权重 x\u0302"), "7", "8")
    lines = paint(view, layout(view, style="tape", width=60)).text().split("\n")
    assert len({columns(line.split("∂")[0]) for line in lines}) == 1


@pytest.mark.parametrize("style", ["box", "slim"])
def test_wide_and_combining_names_line_up(style: Any) -> None:
    view = with_texts(view_of("权重; x\u0302; f + 权重 x\u0302"), "7", "8")
    painting = paint(view, layout(view, style=style))
    names = [str(c.name) for c in view.cells]
    assert len({len(row) for row in grid_of(painting.text())}) == 1
    assert all(sum(columns(t) for t, _ in row) == painting.width for row in painting.rows)
    if style == "box":
        first = painting.text().split("\n")[0]
        assert unicodedata.east_asian_width("权") == "W"
        assert first.startswith("┌ 权重 ")
        assert columns(first.split("┐")[0]) == columns(painting.text().split("\n")[3].split("┘")[0])
    assert names[1] in painting.text()


def test_hostile_names_cannot_drive_the_terminal() -> None:
    view = view_of("x; f exp x")
    evil = "\x1b[2J\nboo\u202e\u0301"
    view = View((replace(view.cells[0], name=evil), replace(view.cells[1], glyph="\x07", value="\r9")), 1)
    for style in ("box", "slim", "tape"):
        text = paint(view, layout(view, style=style)).text()
        assert not set("\x1b\x07\r\u202e") & set(text)
        assert "\\x1b[2J\\nboo" in text


def test_picture_degrades_and_says_so() -> None:
    chain = "x; " + "; ".join(f"h{i} tanh {'x' if not i else f'h{i - 1}'}" for i in range(8))
    view = with_texts(view_of(chain), "0.25", "−0.5")
    styles = []
    for width in (200, 125, 105, 60, 20, 5):
        painting, style = picture(view, width=width)
        assert painting.width <= max(width, 20)
        styles.append(style)
    assert styles[0] == "box"
    assert "slim" in styles
    assert styles[-1] == "tape"
    assert sorted(styles, key=terminal.STYLES.index) == styles


def test_big_graphs_become_a_tape() -> None:
    rng = random.Random(1)
    cells = [Cell(0, "x", "input", "", "x", "1", "1")]
    for i in range(1, 20_000):
        ports = (Port(rng.randrange(i), 0), Port(i - 1, 1))
        cells.append(Cell(i, f"v{i}", "gate", "+", None, "1", "2", ports))
    painting, style = picture(View(tuple(cells), len(cells) - 1), width=80)
    assert style == "tape"
    assert painting.height == 20_000
    assert "20 v19 = v7 + v18" in painting.text()  # by the names of the table below it


def test_highlights_are_visible_without_colour() -> None:
    view = with_texts(view_of("x; y; q + x y; f × q y"), "1", "2")
    for ascii in (False, True):
        made = layout(view, ascii=ascii)
        plain = paint(view, made).text()
        lit = paint(view, made, highlight_cells=[2], highlight_ports=[(3, 1)])
        assert lit.text() != plain
        assert [len(line) for line in lit.text().split("\n")] == [len(line) for line in plain.split("\n")]
        assert any(style == "highlight" for row in lit.rows for _, style in row)
    lines = paint(view, layout(view, style="tape"), highlight_cells=[2]).text().split("\n")
    assert lines[2].startswith("▸3 ")


def test_colour_adds_nothing_but_colour() -> None:
    import re

    view = with_texts(view_of("x; y; q + x y; f × q y"), "1", "2")
    painting, _ = picture(view, width=80)
    for theme in ("colour", "mono"):
        assert re.sub(r"\x1b\[[0-9;]*m", "", painting.ansi(theme)) == painting.text()
    assert "\x1b[32m1\x1b[0m" in painting.ansi()
    assert "\x1b[31m∂ 2\x1b[0m" in painting.ansi()
    with pytest.raises(GradvizError, match="no terminal theme"):
        painting.ansi("neon")


def test_automatic_names_are_shown_only_where_rows_take_the_place_of_wires() -> None:
    view = with_texts(view_of("x; _v1 exp x; _v2 + _v1 x; f × _v2 _v1"), "1", "2")
    for style in ("box", "slim"):
        assert "v" not in paint(view, layout(view, style=style)).text()
    assert "f = _v2 × _v1" in paint(view, layout(view, style="tape")).text()


def test_the_tape_and_the_table_use_the_same_names() -> None:
    from gradviz import graph

    drawn = graph("f = (x + y)*(x - y)", x=2, y=3)
    rows = paint(drawn.draw().view, layout(drawn.draw().view, style="tape")).text().split("\n")
    assert [row.split()[1] for row in rows] == list(drawn.names)
    assert "f = v1 × v2" in rows[-1]


def test_the_same_input_gives_the_same_text_in_every_process() -> None:
    import subprocess
    import sys

    program = (
        "from gradviz.draw.terminal import picture\n"
        "from gradviz.draw.view import Cell, Port, View\n"
        "cells = [Cell(i, f'n{i}', 'input', '', f'n{i}', '1', '2') for i in range(5)]\n"
        "for i in range(5, 30):\n"
        "    ports = tuple(Port((i * k * 7 + k) % i, s, '3') for s, k in enumerate((1, 2, 3)))\n"
        "    cells.append(Cell(i, f'n{i}', 'gate', 'sum', f'n{i}', '1', '2', ports))\n"
        "print(picture(View(tuple(cells), 29), width=10_000)[0].text().encode())\n"
    )
    texts = []
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1000


def test_marks() -> None:
    view = view_of("x; y; f log x; g max f y")
    marks: tuple[Any, ...] = (None, None, "nonfinite", "tie")
    view = View(tuple(replace(c, mark=m) for c, m in zip(view.cells, marks, strict=True)), 3)
    for style in ("box", "slim", "tape"):
        text = paint(view, layout(view, style=style)).text()
        assert "⚠" in text
        assert "≡" in text
        assert "!" in paint(view, layout(view, style=style, ascii=True)).text()


def test_wrong_calls_say_what_is_wrong() -> None:
    view = view_of("x; f exp x")
    with pytest.raises(GradvizError, match="no terminal style 'boxes'"):
        layout(view, style="boxes")  # type: ignore[arg-type]
    with pytest.raises(GradvizError, match="1 widths for 2 cells"):
        layout(view, widths=[3])
    with pytest.raises(GradvizError, match="another graph"):
        paint(view_of("x; f + x x"), layout(view))
    with pytest.raises(GradvizError, match="another graph"):
        paint(view_of("x; y; f exp x"), layout(view))


def test_an_empty_view_is_an_empty_picture() -> None:
    for style in ("box", "slim", "tape"):
        made = layout(View((), 0), style=style)
        assert paint(View((), 0), made).text() == ""
    assert picture(View((), 0), width=80)[0].height == 0


@given(st.sampled_from(["−1.2345×10⁻⁵", "12345.678", "∂ 1.5×10⁻¹²", "3e+40", "∞"]), st.integers(0, 14))
def test_a_cut_number_keeps_its_power_of_ten(number: str, room: int) -> None:
    shown = cut_number(number, room)
    assert columns(shown) <= room
    assert shown == number or "…" in shown or not room
    if "×" in number and any(c.isdigit() for c in shown):
        assert shown.endswith(number[number.index("×") :])


@given(st.text(max_size=12), st.integers(0, 12), st.booleans())
def test_cut_never_exceeds_its_room(text: str, room: int, ascii: bool) -> None:
    safe = clean(text, ascii)
    assert columns(cut(safe, room, ascii=ascii)) <= room
    assert safe.isprintable()
    if ascii:
        assert safe.isascii()
