"""Run a command inside the test's process, as a shell would: words in; exit code, stdout and stderr out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from gradviz.cli import main

ROOT = Path(__file__).parent.parent


class Done(NamedTuple):
    code: int
    out: str
    err: str
    data: bytes  # stdout as it is


def run(
    *words: str, stdin: bytes = b"", encoding: str = "utf-8", env: Mapping[str, str] | None = None, tty: bool = False
) -> Done:
    """One command; whatever escapes ``main`` other than SystemExit fails the test."""
    streams = [io.BytesIO(), io.BytesIO()]
    out, err = (
        io.TextIOWrapper(s, encoding, errors=e) for s, e in zip(streams, ("strict", "backslashreplace"), strict=True)
    )
    feed = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GRADVIZ") and k not in ("NO_COLOR", "FORCE_COLOR")}
    code = None
    with (
        mock.patch.object(sys, "stdin", feed),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
        mock.patch.object(out, "isatty", return_value=tty),
        mock.patch.dict(os.environ, {**kept, "COLUMNS": "100", "TERM": "xterm", **(env or {})}, clear=True),
    ):
        try:
            main(list(words))
        except SystemExit as exit:
            code = exit.code
        out.flush()
        err.flush()
    assert isinstance(code, int)
    data = streams[0].getvalue()
    return Done(code, data.decode(encoding, "replace"), streams[1].getvalue().decode(encoding), data)


def process(
    *words: str, env: Mapping[str, str] | None = None, **settings: object
) -> subprocess.CompletedProcess[bytes]:
    """The same as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GRADVIZ")}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "gradviz", *words],
        env={**kept, "PYTHONPATH": str(ROOT), **(env or {})},
        timeout=60,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings},
    )


def fails(done: Done, code: int, *said: str) -> None:
    """It ended with this code and one message that says these things, and printed no result."""
    assert (done.code, done.out) == (code, ""), done
    assert done.err.startswith("Error: "), done.err
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    for word in said:
        assert word in done.err, (word, done.err)
