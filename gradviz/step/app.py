"""The stepper in a terminal, with Textual: a stack of pages on one widget that repaints the rows that changed.

Everything that is shown and done is in ``pages.py``; here are the terminal, its colours, and its signals. The
terminal's own colours are used, so that light and dark ones both stay as their owner likes them.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from gradviz.draw.grid.canvas import Style
from gradviz.step.pages import Page
from gradviz.step.picture import Row

_BOLD = RichStyle(bold=True)
_COLOURS: dict[Style, RichStyle] = {
    "name": _BOLD,
    "gate": _BOLD,
    "value": RichStyle(color="green"),
    "grad": RichStyle(color="red"),
    "mark": RichStyle(color="magenta", bold=True),
    "note": RichStyle(color="cyan"),
    "highlight": RichStyle(color="blue", bold=True),
}
_PLAIN: dict[Style, RichStyle] = dict.fromkeys(("name", "gate", "mark", "highlight"), _BOLD)
_NONE, _REVERSE = RichStyle(), RichStyle(reverse=True)


class Sheet(Widget):
    """Rows of text; only those that changed are sent to the terminal."""

    DEFAULT_CSS = "Sheet { width: 100%; height: 100%; }"

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self._styles = _COLOURS if coloured else _PLAIN
        self._rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Replace what is shown."""
        old, self._rows = self._rows, rows
        for y in range(max(len(old), len(rows))):
            if old[y : y + 1] != rows[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row."""
        row = self._rows[y] if y < len(self._rows) else ()
        strip = Strip([Segment(text, self._style(text, style)) for text, style in row])
        return strip.adjust_cell_length(self.size.width, _NONE)

    def _style(self, text: str, style: Style) -> RichStyle:
        found = self._styles.get(style, _NONE)
        # A highlighted name stands out without colour too; heavy wires do so by themselves.
        return found + _REVERSE if style == "highlight" and any(map(str.isalnum, text)) else found

    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)


class StepApp(App[int]):
    """The application: returns the exit code.

    Args:
        page: makes the first page.
        coloured: whether colours are used.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("ctrl+l", "repaint", show=False, priority=True),
    ]

    def __init__(self, page: Page, *, coloured: bool = True) -> None:
        super().__init__(ansi_color=True)
        self.pages: list[Page] = [page]
        self.sheet = Sheet(coloured=coloured)
        self.failure: Exception | None = None  # our mistake, to be reported once the terminal is restored

    def compose(self) -> ComposeResult:
        """One widget fills the screen."""
        yield self.sheet

    def on_mount(self) -> None:
        """The first frame, and a polite end for those who ask from outside."""
        self._guarded(lambda: self._show(*self.size))
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())
        loop = asyncio.get_running_loop()
        for name, code in (("SIGTERM", 143), ("SIGHUP", 129)):
            number = getattr(signal, name, None)
            if number is not None:
                try:
                    loop.add_signal_handler(number, self.exit, code)
                except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                    break

    def on_resize(self, event: events.Resize) -> None:
        """Paint for the new size."""
        self._guarded(lambda: self._show(event.size.width, event.size.height))

    def on_key(self, event: events.Key) -> None:
        """The page on top answers."""
        event.stop()
        self._guarded(lambda: self._pressed(event.key, event.character))

    def on_paste(self, event: events.Paste) -> None:
        """So that a copied expression can be pasted into an answer."""
        self._guarded(lambda: self._pasted(event.text))

    def action_interrupt(self) -> None:
        """Ctrl-C."""
        self.exit(130)

    def action_repaint(self) -> None:
        """Ctrl-L, and after Ctrl-Z and fg: all of it, where something else has written on the terminal."""
        self.sheet.refresh()
        self.refresh(layout=True)

    def _pressed(self, key: str, character: str | None) -> None:
        outcome = self.pages[-1].key(key, character)
        if outcome == "quit" or (outcome == "back" and len(self.pages) == 1):
            self.exit(0)
        elif outcome == "back":
            self.pages.pop()
        elif not isinstance(outcome, str):
            self.pages.append(outcome)
        self._show(*self.size)

    def _pasted(self, text: str) -> None:
        self.pages[-1].paste(text)
        self._show(*self.size)

    def _show(self, width: int, height: int) -> None:
        self.sheet.show(self.pages[-1].rows(width, height))

    def _guarded(self, act: Callable[[], None]) -> None:
        """A mistake of ours ends the application, and is told on a restored terminal."""
        try:
            act()
        except Exception as error:
            self.failure = error
            self.exit(1)


def run(page: Page, *, coloured: bool) -> int:
    """Show a page until the user quits; the exit code.

    Raises:
        Exception: what went wrong inside, after the terminal has been restored.
    """
    app = StepApp(page, coloured=coloured)
    code = app.run(mouse=False)
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0 if code is None else code
