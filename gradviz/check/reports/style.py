"""The look of the page: colours for light and dark, the style sheet beside this file, and the picture in the same
colours. Every rule begins with the report's own class, so that it changes nothing else of the page it stands in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from gradviz.draw.themes import THEMES, Theme

#: The report's class.
SCOPE = ".gradviz-check"

_PAGE = {
    "paper": ("#ffffff", "#151b23"),
    "ink": ("#1f2328", "#e6ebf1"),
    "soft": ("#59636e", "#9aa4af"),
    "edge": ("#d0d7de", "#3d444d"),
    "raised": ("#f6f8fa", "#212830"),
    "link": ("#0550ae", "#79b8ff"),
    "ok": ("#116329", "#4ac26b"),
    "wrong": ("#b3261e", "#ff8f86"),
    "follows": ("#7d5200", "#e3b341"),
    "unsure": ("#0550ae", "#79b8ff"),
    "wrong-back": ("#fdecea", "#3a1d1f"),
    "follows-back": ("#fff5d6", "#332a14"),
    "unsure-back": ("#e4f0fd", "#162a44"),
}
_ROLES = ("value", "grad", "line", "faint", "fill", "box", "warning")  # of a picture's colours

_LIGHT_HOSTS = ('[data-jp-theme-light="true"]', ".vscode-light")
_DARK_HOSTS = ('[data-jp-theme-light="false"]', ".vscode-dark")


def style(*, page: bool) -> str:
    """The style sheet.

    Args:
        page: for a page of its own; else for a notebook, whose theme goes before that of the system.
    """
    light, dark = _palette(0), _palette(1)
    blocks = [f"{SCOPE} {{ {light} }}", f"@media screen and (prefers-color-scheme: dark) {{ {SCOPE} {{ {dark} }} }}"]
    if not page:
        for hosts, palette in ((_LIGHT_HOSTS, light), (_DARK_HOSTS, dark)):
            blocks.append(f"{', '.join(f'{host} {SCOPE}' for host in hosts)} {{ {palette} }}")
    return "\n".join([*blocks, _sheet()])


@cache
def _sheet() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")


def _palette(dark: int) -> str:
    theme = _theme(dark)
    colours = {name: pair[dark] for name, pair in _PAGE.items()}
    colours |= {f"gv-{role}": getattr(theme, role) for role in _ROLES}
    colours |= {"gv-ground": _PAGE["paper"][dark], "gv-blame": _PAGE["wrong"][dark]}
    named = "; ".join(f"--{name}: {colour}" for name, colour in colours.items())
    return f"color-scheme: {'dark' if dark else 'light'}; {named};"


def _theme(dark: int) -> Theme:
    return THEMES["dark" if dark else "cs231n"]


def recoloured(svg: str) -> str:
    """A picture whose colours are those of the page, light or dark; elsewhere its own.

    >>> recoloured('<path fill="none" stroke="#1f2328"/>')
    '<path fill="none" stroke="var(--gv-line,#1f2328)"/>'
    """
    names = {getattr(_theme(0), role): role for role in reversed(_ROLES)}

    def named(found: re.Match[str]) -> str:
        role = names.get(found[2])
        return f'{found[1]}="var(--gv-{role},{found[2]})"' if role else found[0]

    return re.sub(r'\b(fill|stroke)="(#[0-9a-f]{6})"', named, svg)
