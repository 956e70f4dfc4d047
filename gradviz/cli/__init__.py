"""The command line: one file a command, nothing but arguments and printing.

``main`` is the whole life of one command: everything that can go wrong on the way ends as one message and an
exit code. Click and the commands are imported inside it, when they are used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: 0 done, 2 what was typed is wrong, 1 the surroundings failed, 130 Ctrl-C.

    Args:
        argv: the words after the program's name; ``sys.argv`` where left out.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _run(words: list[str]) -> int:
    import atexit
    import gc

    from gradviz.cli import output

    gc.set_threshold(100_000, 50, 50)  # a command builds much, keeps it to the end, and ends soon
    atexit.register(gc.freeze)  # and then needs no search for garbage in all of it, which would take 20 ms
    try:
        if _needs_layout(words):
            from gradviz.draw import layout

            layout.start()  # Graphviz wakes up while we read the source
        from gradviz.cli.program import program

        returned = program.main(words, prog_name="gradviz", standalone_mode=False, windows_expand_args=False)
        output.finish()
        return returned if isinstance(returned, int) else 0
    except BaseException as error:
        from gradviz.cli.failures import report

        return report(error)


def _needs_layout(words: list[str]) -> bool:
    """Whether a picture will most likely have to be laid out."""
    other = {"--help", "-h", "--json", "json", "dot", "--format=json", "--format=dot"}
    return words[:1] == ["render"] and not any(word in other or word.endswith((".json", ".dot")) for word in words)
