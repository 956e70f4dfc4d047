"""The time that reading one file of homework may take."""

from __future__ import annotations

import time

from gradviz.errors import GradvizError

#: Seconds one file may take.
MAX_SECONDS = 2.0


def check_time(end: float | None) -> None:
    """Stop where the time is over.

    Raises:
        GradvizError: it is.
    """
    if end is not None and time.monotonic() > end:
        raise GradvizError(
            f"this takes longer than {MAX_SECONDS:g} s to read, which no homework does", hint="split the file"
        )
