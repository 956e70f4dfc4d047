"""Writing files: at once or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
from itertools import count
from pathlib import Path

from gradviz.errors import EnvironmentFailure, GradvizError

#: Names of streams that are open already. What stands behind them may be a regular file (``> all.log``), which
#: belongs to whoever opened it: it is added to, never replaced.
_STREAM = re.compile(r"/dev/(stdin|stdout|stderr|fd/\d+)|/proc/(self|\d+)/fd/\d+")


def write(path: str | Path, data: bytes) -> None:
    """Write a file atomically: to a temporary file in the same folder, which then takes the name.

    A link is followed to its target, permissions of an existing file are kept, and devices and pipes such as
    ``/dev/stdout`` are written directly.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder) / "f.svg", b"<svg/>")
    ...     (Path(folder) / "f.svg").read_bytes()
    b'<svg/>'

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
        if not stat.S_ISREG(status.st_mode) or _STREAM.fullmatch(str(path)):
            with open(path, "ab", buffering=0) as device:  # by its own name: /dev/stdout leads to no path
                view = memoryview(data)
                while view:
                    view = view[device.write(view) or 0 :]
            return
        mode = stat.S_IMODE(status.st_mode)
    if path.is_symlink():
        target = Path(os.path.realpath(path))
    unfinished, handle = _beside(target)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(unfinished, mode)
        os.replace(unfinished, target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _beside(target: Path) -> tuple[Path, int]:
    """A new file in the target's folder, open for writing. It is never one that was there before: another thread's,
    or a link that somebody left in a shared folder."""
    stem = target.name.encode(errors="surrogateescape")[:100].decode(errors="ignore")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for attempt in count():
        unfinished = target.with_name(f".{stem}.{os.getpid()}-{attempt}.part")
        try:
            return unfinished, os.open(unfinished, flags, 0o666)
        except FileExistsError:
            continue
    raise AssertionError("count() has no end")


def _told(path: str, error: OSError) -> GradvizError:
    folder = os.path.dirname(path) or "."
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            if os.path.isdir(folder):  # /proc is there, and takes no files
                return EnvironmentFailure(
                    f"cannot write {path}: {folder} takes no files", hint="another folder, with -o"
                )
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
