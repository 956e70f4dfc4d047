"""Gradviz Sans: a subset of DejaVu Sans, renamed as its licence (``LICENSE-DejaVu.txt``) asks.

It travels with the package because slim machines have no fonts at all, and because layouts are then the same on
every machine: Graphviz, SVG and our own measuring all use these files. ``tests/tools/build_fonts.py`` makes them.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

FAMILY = "Gradviz Sans"
FOLDER = Path(__file__).parent

_SYSTEM = ("/etc/fonts/fonts.conf", "/usr/local/etc/fonts/fonts.conf", "/opt/homebrew/etc/fonts/fonts.conf")
#: Glyphs as they are drawn: hinting would move their sides, and so the widths that Graphviz measures.
_UNHINTED = (
    '<match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit>'
    '<edit name="autohint" mode="assign"><bool>false</bool></edit></match>'
)
_SYSTEM_FOLDERS = ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:\\Windows\\Fonts")


@cache
def environment(system_fonts: bool) -> dict[str, str]:
    """The environment for Graphviz: fontconfig sees our fonts and, where asked, then the system's.

    The system's are needed only for characters that ours lack (Chinese names, say).
    """
    for place in (_cache, _temporary):
        try:
            path = _configuration(place(), system_fonts)
        except (OSError, RuntimeError):
            continue  # no such place, read-only, or not ours: the next one
        return {**os.environ, "FONTCONFIG_FILE": str(path)}
    # Nothing can be written anywhere: our fonts alone, by a file that needs no path of this machine.
    return {**os.environ, "FONTCONFIG_FILE": str(FOLDER / "fonts.conf"), "XDG_DATA_HOME": str(FOLDER.parent)}


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradviz"


def _temporary() -> Path:
    """A folder among the temporary files; it has to be ours, for in a shared one anybody may have made it."""
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir()) / f"gradviz-{os.environ.get('USERNAME', 'user') if user is None else user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or user not in (None, folder.stat().st_uid):
        raise PermissionError(str(folder))
    return folder


def _configuration(folder: Path, system_fonts: bool) -> Path:
    """The fontconfig file in this folder, written if it is not there yet."""
    from html import escape
    from zlib import crc32

    parts = [f"<dir>{escape(str(FOLDER))}</dir>"]
    if system_fonts:
        parts += [f'<include ignore_missing="yes">{path}</include>' for path in _SYSTEM if Path(path).is_file()]
        known = [os.path.expanduser(path) for path in _SYSTEM_FOLDERS]
        parts += [f"<dir>{escape(path)}</dir>" for path in known if os.path.isdir(path)]
    parts.append(f"<cachedir>{escape(str(folder / 'fontconfig'))}</cachedir>")
    parts.append(_UNHINTED)
    text = (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        + "\n".join(parts)
        + "\n</fontconfig>\n"
    )
    path = folder / f"fonts-{crc32(text.encode()):08x}.conf"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    return path


def covers(text: str) -> bool:
    """Whether our font has a glyph for every printable character of the text.

    >>> covers("∂f/∂x = −2.5×10⁻⁵"), covers("损失")
    (True, False)
    """
    if text.isascii():
        return True
    from gradviz.draw.typeface import face

    known = face("Regular").glyphs
    return all(ord(c) in known or ord(c) < 32 for c in text)
