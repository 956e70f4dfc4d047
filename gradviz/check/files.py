"""The files of homework on the disk: one, standard input, or a folder of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from gradviz.check.document import FOREIGN, MAX_FILE, SUFFIXES, Document, other, read_document
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
    shown = name or str(path)
    if str(path) == "-":
        return read_document(sys.stdin.buffer.read(MAX_FILE + 1), name or "standard input")
    path = Path(path)
    if path.suffix.lower() in FOREIGN:
        other(FOREIGN[path.suffix.lower()], shown)
    try:
        if not path.is_file():
            raise GradvizError(
                f"{shown} is {'a folder' if path.is_dir() else 'not a file'}",
                hint="--recursive" if path.is_dir() else None,
            )
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise EnvironmentFailure(f"{shown} cannot be read: {error.strerror or error}") from None
    return read_document(data, shown, path.suffix.lower())


def files(paths: list[str], *, recursive: bool = False) -> Iterator[tuple[Path, str]]:
    """The files to check with their names in reports, relative to the folder given.

    Links that lead out of a folder, and hidden files, are left out; a folder is visited once.

    Raises:
        GradvizError: a folder without ``recursive``, or a path that does not exist.
    """
    for given in paths:
        path = Path(given)
        if given == "-" or not path.is_dir():
            if given != "-" and not path.exists():
                raise GradvizError(f"there is no file {given}")
            yield path, given
            continue
        if not recursive:
            raise GradvizError(f"{given} is a folder", hint=f"--recursive {given}")
        top = path.resolve()
        for found in sorted(_walk(path)):
            if found.suffix.lower() in (*SUFFIXES, *FOREIGN) and found.resolve().is_relative_to(top):
                yield found, found.relative_to(path).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    import os

    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))
