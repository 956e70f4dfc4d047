"""Writing files: at once or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from gradviz.errors import EnvironmentFailure, GradvizError


def write(path: str | Path, data: bytes) -> None:
    """Write a file atomically: to a temporary file in the same folder, which then takes the name.

    A link is followed to its target, permissions of an existing file are kept, and devices and pipes such as
    ``/dev/stdout`` are written directly.

    Raises:
        GradvizError: the folder does not exist, or the path is a folder.
        EnvironmentFailure: no permission, a full disk, … ; nothing half-written is left.
    """
    try:
        _write(Path(path), data)
    except OSError as error:
        raise _told(str(path), error) from None


def _write(path: Path, data: bytes) -> None:
    target, mode = path, None
    try:
        status = path.stat()
    except FileNotFoundError:
        pass  # a new file
    else:
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        if not stat.S_ISREG(status.st_mode):
            with open(path, "wb", buffering=0) as device:  # by its own name: /dev/stdout leads to no path
                view = memoryview(data)
                while view:
                    view = view[device.write(view) or 0 :]
            return
        mode = stat.S_IMODE(status.st_mode)
    if path.is_symlink():
        target = Path(os.path.realpath(path))
    unfinished = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(unfinished, mode)
        os.replace(unfinished, target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _told(path: str, error: OSError) -> GradvizError:
    folder = os.path.dirname(path) or "."
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return GradvizError(f"cannot write {path}: there is no folder {folder}", hint=f'mkdir -p "{folder}"')
        case errno.EISDIR:
            return GradvizError(f"cannot write {path}: it is a folder", expected="the name of a file")
        case errno.ENOSPC | errno.EDQUOT:
            return EnvironmentFailure(f"cannot write {path}: the disk is full; nothing was written")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return EnvironmentFailure(f"cannot write {path}: no permission", hint="another folder, with -o")
        case errno.ENAMETOOLONG:
            return GradvizError(f"cannot write {path[:60]}…: the name is too long", hint="a shorter one, with -o")
    return EnvironmentFailure(f"cannot write {path}: {error.strerror or error}")
