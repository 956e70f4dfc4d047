"""SOURCE: what to work on, decided by its form and never by what happens to exist."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gradviz.errors import EnvironmentFailure, GradvizError, did_you_mean

Form = Literal["stdin", "example", "python", "file", "text"]

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_PYTHON_FILE = re.compile(r"(?:[A-Za-z]:[\\/])?[^:]*\.py(?::[^:\s]*)?")
_PYTHON_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_FOLDERS = ("./", "../", "/", "~", ".\\", "..\\", "\\\\")
_LONGEST = 4_100_000  # bytes: a little more than the longest source the language reads


@dataclass(frozen=True, slots=True)
class Source:
    """A text to read, or a Python function to trace."""

    text: str | bytes = ""
    function: Callable[..., Any] | None = None
    origin: str | None = None  # what errors call it
    path: str | None = None  # the file it came from: no result may be written there


def form_of(word: str) -> Form:
    """What a SOURCE is, by its form alone.

    >>> [form_of(w) for w in ("-", "-log(p)", "net.gradviz", "./net", "example:x", "net.py:loss", "q = x + y")]
    ['stdin', 'text', 'file', 'file', 'example', 'python', 'text']
    """
    if word == "-":
        return "stdin"
    if word.startswith("example:"):
        return "example"
    if "\n" not in word and (_PYTHON_FILE.fullmatch(word) or _PYTHON_MODULE.fullmatch(word)):
        return "python"
    if word.endswith((".gradviz", ".txt", ".md")) or word.startswith(_FOLDERS) or _DRIVE.match(word):
        return "file"
    return "text"


def read(word: str, form: Form | None = None) -> Source:
    """The source that a word means; Python is run only for the Python forms.

    Raises:
        GradvizError: no such file, example or function; near names are offered.
    """
    match form or form_of(word):
        case "stdin":
            return Source(_standard_input(), origin="standard input")
        case "example":
            from gradviz.cli.packaged import example

            found = example(word.removeprefix("example:"))
            if found.is_python:
                return Source(function=_function(f"{found.path}:{found.name}"), path=found.path)
            return Source(read_file(found.path), origin=word, path=found.path)
        case "python":
            return _python(word)
        case "file":
            path = os.path.expanduser(word)
            return Source(read_file(path, word), origin=word, path=path)
        case _:
            return Source(word)


def _python(word: str) -> Source:
    path, _, _ = word.rpartition(":") if not word.endswith(".py") else (word, "", "")
    if path.endswith(".py"):
        if not os.path.isfile(path):
            raise no_such_file(path)
        return Source(function=_function(word), path=path)
    return Source(function=_function(word))


def _function(spec: str) -> Callable[..., Any]:
    from gradviz.bridges.loading import load

    return load(spec)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise EnvironmentFailure("standard input is closed, so there is no source to read")
    if sys.stdin.isatty():
        from gradviz.cli.output import err

        err("reading the source from the keyboard; Ctrl-D (Windows: Ctrl-Z, Enter) ends it")
    try:
        return sys.stdin.buffer.read(_LONGEST)
    except OSError as error:
        raise EnvironmentFailure(f"standard input cannot be read: {error.strerror}") from None


def read_file(path: str, shown: str | None = None) -> bytes:
    """The bytes of a source file, as many as can be a source.

    Raises:
        GradvizError: it is not there, or is no file.
        EnvironmentFailure: it may not be read.
    """
    shown = shown or path
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST)
    except FileNotFoundError:
        raise no_such_file(path, shown) from None
    except (IsADirectoryError, NotADirectoryError):
        raise GradvizError(f"{shown} is no file", expected="a file with a source") from None
    except PermissionError:
        if os.path.isdir(path):  # what Windows says of a folder
            raise GradvizError(f"{shown} is a folder", expected="a file with a source") from None
        raise EnvironmentFailure(f"{shown} may not be read") from None
    except ValueError:  # a NUL in the name
        raise GradvizError(f"{shown!r} cannot be the name of a file") from None
    except OSError as error:
        raise EnvironmentFailure(f"{shown} cannot be read: {error.strerror}") from None


def no_such_file(path: str, shown: str | None = None) -> GradvizError:
    """The error for a file that is not there, with near names from its folder."""
    shown = shown or path
    folder, base = os.path.split(path)
    hint = f'-e "{shown}" if this is an expression' if len(shown) < 60 and form_of(shown) == "file" else None
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, ValueError):
        return GradvizError(f"no such file: {shown}" + (f" (there is no folder {folder})" if folder else ""), hint=hint)
    near = did_you_mean(base, names)
    if near is not None:
        hint = os.path.join(os.path.dirname(shown), near)
    return GradvizError(f"no such file: {shown}", hint=hint)


def split(words: Sequence[str], *, forced: bool) -> tuple[str | None, list[str]]:
    """SOURCE and the words with values; with -e or --file all words are values.

    Raises:
        GradvizError: there is no SOURCE, or it stands behind a value.
    """
    if forced:
        return None, list(words)
    if not words:
        raise GradvizError("SOURCE is missing", expected="an expression, a file, example:NAME, path.py:function or -")
    return words[0], list(words[1:])
