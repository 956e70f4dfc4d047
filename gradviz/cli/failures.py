"""Every way a command can end badly, as one message on stderr and an exit code."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from gradviz.cli.output import ClosedPipe, abandon, err
from gradviz.errors import GradvizError

if TYPE_CHECKING:
    import click

CLOSED_PIPE = 0  # the reader had enough: nothing went wrong


def report(error: BaseException) -> int:
    """Say what happened; the exit code."""
    import click

    if os.environ.get("GRADVIZ_DEBUG"):
        import traceback

        err("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):  # click has ended the line with the ^C
        return 130
    if isinstance(error, (ClosedPipe, BrokenPipeError)) or isinstance(error.__context__, BrokenPipeError):
        abandon()
        return CLOSED_PIPE
    if isinstance(error, GradvizError):
        err(f"Error: {error}")
        return error.exit_code
    if isinstance(error, click.ClickException):
        err(f"Error: {_clicked(error)}")
        return error.exit_code
    if isinstance(error, MemoryError):
        err("Error: not enough memory for this\ntry: a smaller source")
        return 1
    if isinstance(error, RecursionError):
        err("Error: this is nested too deeply\ntry: names for parts of it: q = x + y; f = q * z")
        return 2
    if isinstance(error, OSError):
        abandon()
        err(f"Error: {_failed(error)}")
        return 1
    err(
        f"Error: internal error ({type(error).__name__}: {_short(str(error))}); this is our mistake, please report it"
        "\ntry: GRADVIZ_DEBUG=1 in the environment shows where it happened"
    )
    return 1


def _clicked(error: click.ClickException) -> str:
    """Click's message in our form, with the place a bad default came from."""
    import click

    lines = [error.format_message().rstrip(".")]
    if isinstance(error, click.UsageError) and error.ctx is not None:
        parameter = getattr(error, "param", None)
        if parameter is not None and parameter.name is not None:
            from gradviz.cli.config import where_from

            source = where_from(error.ctx, parameter.name)
            if source is not None:
                lines[0] += f" (from {source})"
        lines.append(f"try: {error.ctx.command_path} --help")
    return "\n".join(lines)


def _failed(error: OSError) -> str:
    """A failed disk or device, without a path that the user did not give."""
    name = error.filename if isinstance(error.filename, str) else None
    if name is not None:
        return f"{os.path.basename(name)}: {error.strerror}"
    where = "standard output: " if error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF) else ""
    return f"{where}{error.strerror or error}"


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "…"
