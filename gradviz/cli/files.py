"""Where a result goes: looked at before any work is done."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradviz.cli.circuit import is_one_of
from gradviz.errors import GradvizError, did_you_mean

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
_SYSTEMS = re.compile(r"/(proc|sys|dev)(/|$)")  # the system's own, where nobody makes a folder
_PICTURES = ("svg", "png", "pdf", "dot")
_LONGEST = 120  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes: a file, or stdout (path None)."""

    path: str | None
    format: str


def target(given: dict[str, Any], formats: Sequence[str], default: str, mine: Mapping[str, str]) -> Target | None:
    """Where the user wants the result; None: no -o, so a name has to be found.

    Args:
        given: the options ``out``, ``format``, ``as_json``.
        formats: the formats there are.
        default: the format where nothing decides.
        mine: the user's own files, which are never replaced, and what each is.

    Raises:
        GradvizError: an unknown suffix, a folder that is not there, the source itself.
    """
    asked = wanted_format(given)
    out = given["out"]
    if out is None:
        return None
    if out == "-":
        return Target(None, asked or default)
    if out == "":
        raise GradvizError("-o needs the name of a file", hint=f"-o f.{default}")
    if "\x00" in out:
        raise GradvizError(f"-o {out!r} cannot be the name of a file")
    out = os.path.expanduser(out)
    suffix = os.path.splitext(out)[1].lstrip(".").lower()
    if os.path.isdir(out):
        raise GradvizError(f"-o {out} is a folder", hint=f"-o {os.path.join(out, 'f.' + (asked or default))}")
    if suffix in formats and asked not in (None, suffix):
        raise GradvizError(f"-o {out} says {suffix}, and --format says {asked}", hint="one of them")
    if suffix not in formats and asked is None:
        if not _is_device(out):
            raise _no_suffix(out, suffix, formats)
        asked = default
    folder = os.path.dirname(out)
    if folder and not os.path.isdir(folder):
        hint = None if _SYSTEMS.match(os.path.abspath(folder)) else _make(folder)
        raise GradvizError(f"there is no folder {folder}, so {out} cannot be written", hint=hint)
    own = is_one_of(out, mine)
    if own is not None or _is_standard_input(out):
        what = mine[own] if own is not None else "the source"
        raise GradvizError(f"-o {out} would replace {what}", expected="another name")
    return Target(out, asked or suffix)


def wanted_format(given: dict[str, Any]) -> str | None:
    """The format that --format or --json names."""
    asked: str | None = given["format"]
    if given["as_json"]:
        if asked not in (None, "json"):
            raise GradvizError(f"--json and --format {asked} contradict each other")
        return "json"
    return asked


def named_after(name: str, format: str, *, force: bool) -> Target:
    """A file named after the output, in the working directory.

    Raises:
        GradvizError: it exists, and ``force`` does not say to replace it.
    """
    path = f"{safe_name(name)}.{format}"
    if not force and os.path.lexists(path):
        raise GradvizError(f"{path} exists already", hint=f"--force replaces it; -o NAME.{format} takes another name")
    return Target(path, format)


def safe_name(name: str) -> str:
    """A name as a file name on every system.

    >>> safe_name("f"), safe_name("a/b"), safe_name("con"), safe_name("损失"), safe_name("p[0]")
    ('f', 'a_b', 'con_', '损失', 'p[0]')
    """
    name = _UNSAFE.sub("_", name)[:_LONGEST].rstrip(". ").lstrip(" ")
    name = re.sub(r"^[-.~]", "_", name) or "graph"
    return f"{name}_" if _RESERVED.fullmatch(name) else name


def _no_suffix(out: str, suffix: str, formats: Sequence[str]) -> GradvizError:
    if suffix in _PICTURES:
        from gradviz.cli.quoting import line

        return GradvizError(f"-o {out}: pictures are drawn by render", hint=line(["gradviz", "render", "…", "-o", out]))
    near = did_you_mean(suffix, list(formats)) if suffix else None
    stem = os.path.splitext(out)[0]
    return GradvizError(
        f"-o {out} has no suffix" if not suffix else f"-o {out}: there is no format .{suffix}",
        expected="a name that ends in ." + ", .".join(formats) + " (or --format)",
        hint=f"-o {stem}.{near or formats[0]}",
    )


def _make(folder: str) -> str:
    from gradviz.cli.quoting import line

    return f"{line(['mkdir', folder])}"


def _is_device(path: str) -> bool:
    """Whether it is written to directly: /dev/stdout, a named pipe."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)


def _is_standard_input(path: str) -> bool:
    """Whether it is the file that the shell feeds us as standard input."""
    try:
        fed = os.fstat(sys.stdin.fileno())
        return stat.S_ISREG(fed.st_mode) and os.path.samestat(fed, os.stat(path))
    except (OSError, ValueError, AttributeError):  # no stdin, a captured one, no such file
        return False
