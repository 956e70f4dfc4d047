"""The application under Textual's Pilot: every key, every size, and what stands on the screen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from test_cursor import EXAMPLES, SIZES, big, load
from textual import events

import gradviz
from gradviz.draw.grid.text import columns
from gradviz.step.app import Sheet, StepApp
from gradviz.step.cursor import Cursor, Stage
from gradviz.step.line import Line
from gradviz.step.pages import ChoosePage, HelpPage, Page, StepPage
from gradviz.step.screen import Look, screen


class Session:
    """An application at work."""

    def __init__(self, app: StepApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        if self.app.failure is not None:
            raise self.app.failure
        return self.text

    async def tap(self, key: str) -> str:
        """A letter, without the Pilot's pauses: for tests that press thousands."""
        shown = self.app.sheet._rows
        self.app.post_message(events.Key(key, key))
        while self.app.sheet._rows is shown and self.app.failure is None:
            await asyncio.sleep(0)
        if self.app.failure is not None:
            raise self.app.failure
        return self.text

    async def resize(self, width: int, height: int) -> str:
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause()
        return self.text

    @property
    def text(self) -> str:
        """What Textual has on the screen: read from its own output, not from our rows."""
        lines = []
        for y in range(self.app.size.height):
            strips = [self.app.sheet.render_line(y)]
            lines.append("".join(segment.text for strip in strips for segment in strip).rstrip())
        return "\n".join(lines)

    @property
    def page(self) -> StepPage:
        page = self.app.pages[0]
        assert isinstance(page, StepPage)
        return page


def three() -> StepPage:
    return stepper(gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4), "three-gate")


def stepper(graph: gradviz.Graph, title: str = "f") -> StepPage:
    return StepPage(Cursor(graph), Look(title))


def session(
    play: Callable[[Session], Awaitable[None]], page: Page | None = None, size: tuple[int, int] = (80, 24)
) -> StepApp:
    """Play with an application; its failure is the test's."""

    async def main() -> StepApp:
        app = StepApp(page if page is not None else three())
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(Session(app, pilot))
        if app.failure is not None:
            raise app.failure
        return app

    return asyncio.run(main())


def test_three_gates_on_the_screen() -> None:
    async def play(s: Session) -> None:
        assert "[FORWARD 0/2]" in s.text
        assert "next: the + gate computes q" in s.text
        text = await s.press("n")
        assert "q = x + y = -2 + 5 = 3" in text
        assert "┏ (+) q ┓" in text
        text = await s.press("n", "n", "s")
        assert "[BACKWARD 2/5]" in text
        assert "∂f/∂q via f = upstream × local = 1 × (-4) = -4" in text
        assert "┏ (×) f ┓" in text
        assert "upstream 1 is ∂f/∂f" in text
        assert "× (swapper): out = a·b" in text

    session(play)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_to_the_end_and_back(name: str, size: tuple[int, int]) -> None:
    async def play(s: Session) -> None:
        cursor = s.page.cursor
        there = [s.text]
        for _ in cursor.script.stops[1:]:
            there.append(await s.tap("n"))
        assert cursor.position == len(cursor.script)
        back = [s.text]
        for _ in cursor.script.stops[1:]:
            back.append(await s.tap("N"))
        assert cursor.position == 0
        assert back[::-1] == there
        assert len(set(there)) == len(there), "a step that shows nothing new"
        for text in there:
            assert len(text.split("\n")) == size[1]
            assert all(columns(line) <= size[0] for line in text.split("\n"))

    session(play, stepper(load(name), name), size)


def test_what_the_pilot_sees_is_what_the_page_gives() -> None:
    async def play(s: Session) -> None:
        await s.press("n", "n", "n", "s")
        rows = screen(s.page.cursor, s.page.look, 80, 24)
        assert s.text == "\n".join("".join(text for text, _ in row).rstrip() for row in rows)

    session(play)


def test_two_hundred_nodes() -> None:
    async def play(s: Session) -> None:
        first = s.text
        for view in ("v", "v", "v"):
            await s.press(view)
            await s.press("G")
            assert s.page.cursor.upcoming is None
            for key in [*"N" * 20, *"n" * 20]:
                await s.tap(key)
            await s.press("g")
        assert len(s.text.split("\n")) == 24
        s.page.look.mode = None
        assert await s.press("escape") == first

    session(play, stepper(big(), "big"))


def test_every_key_moves_as_the_cursor_says() -> None:
    async def play(s: Session) -> None:
        cursor = s.page.cursor
        places = [
            ("n", 1), ("N", 0), ("space", 1), ("s", 2), ("S", 1), ("right", 2), ("left", 1), ("down", 2), ("up", 1),
            ("f", 2), ("f", 7), ("F", 2), ("F", 0), ("G", 7), ("g", 0), ("end", 7), ("home", 0), ("c", 2), ("C", 0),
        ]  # fmt: skip
        for key, position in places:
            await s.press(key)
            assert cursor.position == position, key

    session(play)


async def answer(s: Session, key: str, text: str) -> str:
    """Ask, clear what stands there, type, Enter."""
    await s.press(key, "end", "ctrl+u", *({" ": "space"}.get(c, c) for c in text))
    return await s.press("enter")


def test_find_edit_nudge_and_breakpoints() -> None:
    async def play(s: Session) -> None:
        cursor = s.page.cursor
        await answer(s, "slash", "f")
        assert cursor.position == 2
        await answer(s, "e", "x = 1, y=1/2")
        assert cursor.values == {"x": 1.0, "y": 0.5, "z": -4.0}
        text = await answer(s, "d", "z 0.5")
        assert "z: -4 → -3.5" in text
        assert "gradient × h = 1.5 × 0.5 = 0.75" in text
        assert "the gradient says exactly that" in text
        text = await answer(s, "b", "q")
        assert "breakpoint at q" in text
        await s.press("g", "c")
        assert cursor.position == 1
        assert "◉ q" in s.text
        await s.press("U")
        assert cursor.values["x"] == -2.0

    session(play)


def test_a_wrong_answer_is_asked_again() -> None:
    async def play(s: Session) -> None:
        text = await answer(s, "slash", "qq")
        assert "there is no node called 'qq'" in text
        assert s.page.ask is not None
        text = await s.press("escape")
        assert s.page.ask is None
        assert "qq" not in text
        for key, bad in (
            ("e", "q=3"),
            ("e", "x=@/etc/passwd"),
            ("e", "x=("),
            ("d", "q 1"),
            ("d", "x y"),
            ("u", "fast"),
        ):
            await answer(s, key, bad)
            assert s.page.ask is not None, bad
            await s.press("escape")

    session(play)


def test_letters_are_text_while_a_question_stands() -> None:
    async def play(s: Session) -> None:
        await s.press("slash", "q")
        assert s.app.is_running
        assert s.page.line.text == "q"
        await s.press("enter")
        assert s.page.cursor.position == 1

    session(play)


def test_an_update_on_the_screen() -> None:
    async def play(s: Session) -> None:
        await answer(s, "u", "0.1 x")
        assert "[UPDATE 1/2]" in s.text
        assert "x ← x − η · ∂f/∂x = -2 − 0.1 · (-4) = -1.6" in s.text
        text = await s.press("n")
        assert "f: -12 → -13.6" in text
        text = await s.press("n")
        assert "[FORWARD 0/2]" in text
        assert "f: -12 → ?" in text
        await s.press("u", "enter")
        assert s.page.cursor.stage is Stage.UPDATE
        await s.press("U", "U", "U")
        assert s.page.cursor.values["x"] == -2.0

    session(play)


def test_fold_and_unfold() -> None:
    async def play(s: Session) -> None:
        await answer(s, "slash", "f")
        text = await s.press("z")
        assert "(exp)" in text
        await s.press("Z")
        assert "(σ) f" in s.text
        await s.press("g", "n")
        assert "nothing to unfold at v1" in await s.press("z")

    session(play, stepper(load("sigmoid-neuron")), (120, 40))


def test_views_and_table() -> None:
    async def play(s: Session) -> None:
        views = [await s.press("v") for _ in range(3)]
        assert len({v.split("view:")[0] for v in views}) >= 2
        assert "gradient" not in (await s.press("escape")).split("─" * 60)[0]
        assert "gradient" in (await s.press("t")).split("─" * 60)[0]

    session(play, size=(60, 20))


@pytest.mark.parametrize("size", [*SIZES, (40, 12)], ids=str)
def test_help_scrolls_and_leaves(size: tuple[int, int]) -> None:
    async def play(s: Session) -> None:
        before = s.text
        seen = await s.press("question_mark")
        for _ in range(60):
            seen += await s.tap("j")
        for words in ("next gate", "nudge", "Ctrl-Z", "Heavy lines"):
            assert words in seen
        assert await s.press("escape") == before

    session(play, size=size)


def test_resizing_while_stepping_keeps_the_place() -> None:
    async def play(s: Session) -> None:
        await s.press("n", "n", "n", "s")
        here = s.text
        small = await s.resize(20, 5)
        assert "40x12" in small
        assert all(columns(line) <= 20 for line in small.split("\n"))
        for width, height in (*SIZES, (1, 1), (40, 12), (300, 90)):
            text = await s.resize(width, height)
            assert len(text.split("\n")) == height
        assert await s.resize(80, 24) == here
        assert "[BACKWARD 2/5]" in here
        await s.resize(20, 5)
        await s.press("s", "slash", "q", "escape")
        assert "[BACKWARD 3/5]" in await s.resize(80, 24)

    session(play)


def test_ctrl_c_and_q_end_it() -> None:
    async def interrupted(s: Session) -> None:
        await s.press("slash", "ctrl+c")

    async def quitted(s: Session) -> None:
        await s.press("n", "q")

    assert session(interrupted).return_value == 130
    assert session(quitted).return_value == 0


def test_a_mistake_of_ours_is_kept_for_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(s: Session) -> None:
        monkeypatch.setattr(s.page.cursor, "next_gate", lambda: 1 / 0)
        s.page.moves["n"] = s.page.cursor.next_gate
        await s.pilot.press("n")

    with pytest.raises(ZeroDivisionError):
        session(play)


def test_only_changed_rows_are_painted() -> None:
    painted: list[int] = []

    class Watched(Sheet):
        def refresh(self, *regions: Any, **how: Any) -> Any:
            painted.extend(region.y for region in regions)
            return super().refresh(*regions, **how)

    page = three()
    sheet = Watched(coloured=True)
    sheet.show(page.rows(80, 24))
    painted.clear()
    sheet.show(page.rows(80, 24))
    assert painted == []
    page.key("s", "s")
    sheet.show(page.rows(80, 24))
    assert 0 < len(painted) < 20
    assert 23 not in painted  # the keys stand still


@pytest.mark.parametrize("coloured", [True, False])
def test_meaning_never_hangs_on_colour(coloured: bool) -> None:
    sheet = Sheet(coloured=coloured)
    colours = {str(style.color) for style in sheet._styles.values() if style.color is not None}
    assert bool(colours) is coloured
    assert colours <= {f"Color('{c}', ColorType.STANDARD, number={n})" for n, c in enumerate(
        ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"))}  # fmt: skip
    assert sheet._style("(×) f", "highlight").reverse
    assert not sheet._style("━━┓", "highlight").reverse


def test_choosing_an_example() -> None:
    asked: list[str] = []

    def make(name: str) -> StepPage:
        asked.append(name)
        if name == "copy-adder":
            raise gradviz.errors.GradvizError("this one is broken")
        return stepper(load(name), name)

    async def play(s: Session) -> None:
        assert "▸ copy-adder" in s.text
        assert "this one is broken" in await s.press("enter")
        text = await s.press("down", "enter")
        assert "max-router  [FORWARD" in text
        assert asked == ["copy-adder", "max-router"]

    session(play, ChoosePage([(name, f"about {name}") for name in EXAMPLES], make))


def test_a_page_takes_any_key() -> None:
    """No key and no text brings a page down."""
    keys = ["a", "Q", "tab", "f12", "ctrl+x", "delete", "pageup", "€", "名", "backspace", "enter", "escape", "\x00"]
    pages: list[Page] = [three(), HelpPage(), ChoosePage([("a", "b")], lambda name: three())]
    for page in pages:
        for key in keys:
            page.key(key, key if len(key) == 1 else None)
            page.paste("x=3\nq")
            assert len(page.rows(60, 20)) == 20


def test_a_long_answer_scrolls_and_stays_in_its_line() -> None:
    line = Line("名" * 10 + "x" * 500)
    for key in ("end", "left", "home", "right", "名"):
        line.key(key, key if key == "名" else None)
        assert sum(columns(text) for text, _ in line.runs(40)) <= 40
    line.insert("a\nb")
    assert "\n" not in line.text


@pytest.mark.parametrize("seed", range(20))
def test_any_keys_at_any_size(seed: int) -> None:
    """Hundreds of keys and answers, among them overflowing ones: never an exception, always a screen of its size."""
    dice = random.Random(seed)
    answers = (
        *(("u", "0.1"), ("u", "1e308"), ("u", "nan"), ("d", "w 0.1"), ("d", "x 1e200"), ("e", "x=1e308"), ("e", "w=0")),
        *(("/", "f"), ("/", "loss"), ("b", "f"), ("e", "x[0]=7"), ("e", "x=log(0)"), ("e", "w=-1e-308"), ("d", "y 0")),
    )
    page = stepper(load(dice.choice(EXAMPLES)))
    stack: list[Page] = [page]
    for _ in range(60):
        if dice.random() < 0.2 and len(stack) == 1:
            key, text = dice.choice(answers)
            page.key(key, key)
            page.line = Line(text)
            page.key("enter", None)
            page.key("escape", None)
        else:
            key = dice.choice([*"nNsScCfFgGzZvtU?", "escape", "enter", "up", "down", "space", "f1"])
            outcome = stack[-1].key(key, key if len(key) == 1 else None)
            if outcome == "back":
                stack.pop()
            elif not isinstance(outcome, str):
                stack.append(outcome)
        width, height = dice.choice([*SIZES, (40, 12), (20, 5), (1, 1)])
        rows = stack[-1].rows(width, height)
        assert len(rows) == height
        assert all(sum(columns(text) for text, _ in row) <= width for row in rows)
