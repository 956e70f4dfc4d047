"""The files of homework on the disk: one, standard input, or a folder of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from gradviz.check.document import FOREIGN, MAX_FILE, MAX_NOTEBOOK, SUFFIXES, Document, other, read_document
from gradviz.errors import EnvironmentFailure, GradvizError


def load(path: str | Path, name: str | None = None) -> Document:
    """The document of a file, ``-`` for standard input.

    Args:
        path: the file.
        name: what reports call it; the path as given without it.

    Raises:
        GradvizError: a format that cannot be read, no text, too large, or a broken notebook.
        EnvironmentFailure: the file cannot be opened.
    """
    shown = name or _shown(str(path))
    if str(path) == "-":
        return read_document(sys.stdin.buffer.read(MAX_NOTEBOOK + 1), name or "standard input")
    path = Path(path)
    if path.suffix.lower() in FOREIGN:
        other(FOREIGN[path.suffix.lower()], shown)
    try:
        if not path.is_file():
            raise _no_file(path, shown)
        with path.open("rb") as file:
            data = file.read((MAX_NOTEBOOK if path.suffix.lower() == ".ipynb" else MAX_FILE) + 1)
    except OSError as error:
        raise EnvironmentFailure(f"{shown} cannot be read: {error.strerror or error}") from None
    return read_document(data, shown, path.suffix.lower())


def files(paths: list[str], *, recursive: bool = False) -> Iterator[tuple[Path, str]]:
    """The files to check with their names in reports, relative to the folder given.

    Links that lead out of a folder, and hidden files, are left out; a folder is visited once. What is not there is
    told when it is loaded, and the other files are checked.

    Raises:
        GradvizError: the only path given is no file.

    >>> [name for _, name in files(["a.txt", "-"])]
    ['a.txt', '-']
    """
    for given in paths:
        path = Path(given)
        if len(paths) == 1 and given != "-" and not path.is_file() and not (recursive and path.is_dir()):
            raise _no_file(path, _shown(given))
        if given == "-" or not recursive or not path.is_dir():
            yield path, _shown(given)
            continue
        top = path.resolve()
        for found in sorted(_walk(path)):
            if found.suffix.lower() in (*SUFFIXES, *FOREIGN) and _inside(found, top):
                yield found, _shown(found.relative_to(path).as_posix())


def _no_file(path: Path, shown: str) -> GradvizError:
    if path.is_dir():
        return GradvizError(f"{shown} is a folder", hint=f"--recursive {shown}")
    if path.exists():
        return GradvizError(f"{shown} is not a file", expected=".txt, .md, .tex or .ipynb")
    return GradvizError(f"there is no file {shown}")


def _shown(name: str) -> str:
    """A name as a report can carry it: bytes that are no text become question marks."""
    return name.encode("utf-8", "replace").decode()


def _inside(path: Path, top: Path) -> bool:
    try:
        return path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):  # a link that leads to itself
        return False


def _walk(folder: Path) -> Iterator[Path]:
    import os

    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))
