"""Graphviz in a child process: DOT in, bytes out.

The child runs the Graphviz that comes inside the pygraphviz wheel; where there is no such wheel, a ``dot`` program
is looked for. Either way it runs with our own fonts, its messages are caught, and it is given a time limit.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from gradviz.draw import fonts
from gradviz.errors import EnvironmentFailure, GradvizError

SECONDS = 20.0
_FIRST = f'digraph {{ a [fontname="{fonts.FAMILY}", label=<x<I>x</I>>] }}'  # what a child draws to be warm
# Characters that no label may hold, whatever a node is called: Graphviz's label parser dies of them.
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "?")
_DATES = re.compile(rb"/(?:CreationDate|ModDate) *\([^()]{0,40}\)")
_INSTALL = "pip install pygraphviz   (or install Graphviz, so that the program dot is found)"


class _NotLoading(Exception):
    """pygraphviz is there, and its library does not load."""


class Child:
    """One kept Graphviz process."""

    def __init__(self, package: str, system_fonts: bool) -> None:
        self.messages = _scratch()
        extra: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined, unused-ignore]
            if sys.platform == "win32"
            else {"start_new_session": True}  # Ctrl-C is for us, not for the child
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("layout_child.py")), package, _FIRST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.messages,
            env=fonts.environment(system_fonts),
            **extra,
        )

    def ask(self, dot: bytes, engine: str, format: str, seconds: float) -> bytes:
        """One picture.

        Raises:
            TimeoutError: it took too long; the child is gone.
            _NotLoading: pygraphviz is broken.
            EnvironmentFailure: the child died, or Graphviz refused.
        """
        self.messages.seek(0)
        self.messages.truncate()
        answer: list[tuple[str, bytes]] = []
        worker = threading.Thread(target=self._exchange, args=(dot, engine, format, seconds, answer), daemon=True)
        worker.start()
        try:
            worker.join(seconds)
        except BaseException:
            self.stop()
            raise
        if worker.is_alive():
            self.stop()
            worker.join()
            raise TimeoutError
        if not answer:
            code = self.process.wait()
            raise EnvironmentFailure(
                f"Graphviz stopped with code {code} while laying out this picture{self.said()}",
                hint="--style boxes or another --direction draw it another way",
            )
        word, body = answer[0]
        if word == "missing":
            raise _NotLoading(body.decode(errors="replace"))
        if word != "ok":
            raise EnvironmentFailure(f"Graphviz could not draw this: {body.decode(errors='replace')}{self.said()}")
        return body

    def _exchange(self, dot: bytes, engine: str, format: str, seconds: float, answer: list[tuple[str, bytes]]) -> None:
        request = {"engine": engine, "format": format, "size": len(dot), "seconds": seconds}
        to, back = self._pipes()
        try:
            to.write(json.dumps(request).encode() + b"\n" + dot)
            to.flush()
            word, _, size = back.readline().decode().partition(" ")
            if size:
                body = back.read(int(size))
                if len(body) == int(size):
                    answer.append((word, body))
        except (OSError, ValueError):
            return  # the child is gone: no answer, which ask() reports with what it said

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        return self.process.stdin, self.process.stdout

    def said(self) -> str:
        """What Graphviz wrote to its standard error, without fontconfig's noise."""
        self.messages.seek(0)
        lines = self.messages.read().decode(errors="replace").splitlines()
        told = [line for line in lines if line.strip() and "ontconfig" not in line]
        return ": " + "; ".join(told[-3:]) if told else ""

    def stop(self) -> None:
        """End the process and release its pipes."""
        self.process.kill()
        self.process.wait()
        self.release()

    def release(self) -> None:
        """Close our ends of its pipes."""
        for pipe in self._pipes():
            try:
                pipe.close()
            except OSError:
                continue  # unsent bytes of a dead child
        self.messages.close()


def _scratch() -> IO[bytes]:
    """A file without a name, which cannot fill up as a pipe can; in memory where the system has that."""
    try:
        return os.fdopen(os.memfd_create("messages"), "w+b", buffering=0)
    except (AttributeError, OSError):
        import tempfile

        return tempfile.TemporaryFile(buffering=0)


_children: dict[bool, Child] = {}
_lock = threading.RLock()
_broken: list[str] = []  # why pygraphviz does not load, once that is known


def _after_fork() -> None:
    """A forked process must not talk over its parent's pipes; it gets children of its own."""
    global _lock
    _lock = threading.RLock()
    while _children:
        child = _children.popitem()[1]
        child.process.returncode = 0  # not ours to wait for
        child.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def start(*, system_fonts: bool = False) -> None:
    """Start the child now, so that its start-up overlaps what the caller does next. Never fails: what is wrong
    is said when a picture is asked for."""
    with _lock:
        child = _children.get(system_fonts)
        package = _pygraphviz()
        if package is None or (child is not None and child.process.poll() is None):
            return
        if child is not None:
            child.stop()
        try:
            _children[system_fonts] = Child(package, system_fonts)
        except OSError:
            _children.pop(system_fonts, None)


@atexit.register
def stop() -> None:
    """End the kept children."""
    with _lock:
        while _children:
            _children.popitem()[1].stop()


def render(dot: str, format: str, *, engine: str = "dot", timeout: float = SECONDS) -> bytes:
    """Lay out a DOT text and give the picture's bytes.

    Args:
        dot: the text.
        format: one of Graphviz's output formats: "svg", "png", "pdf", "plain", "json", …
        engine: "dot", or "nop2" where every node and edge has its position.
        timeout: seconds after which the child is killed.

    The same text gives the same bytes: a PDF carries no date.

    >>> render("digraph { a -> b }", "plain").decode().splitlines()[0]
    'graph 1 0.75 1.5'

    Raises:
        GradvizError: the layout took too long.
        EnvironmentFailure: there is no Graphviz, or it failed.
    """
    system_fonts = not fonts.covers(dot)
    text = dot.translate(_CONTROL).encode(errors="replace")  # a name may hold half a surrogate pair
    try:
        data = _rendered(text, format, engine, timeout, system_fonts)
    except TimeoutError:
        raise GradvizError(
            f"laying out this picture took more than {timeout:g} seconds",
            hint="fold functions (--expand none), look at a smaller part (--output NAME), or use --style boxes",
        ) from None
    if format == "pdf":
        data = _DATES.sub(lambda found: b" " * len(found[0]), data)
    return data


def _rendered(dot: bytes, format: str, engine: str, seconds: float, system_fonts: bool) -> bytes:
    with _lock:
        if _pygraphviz() is not None and not _broken:
            start(system_fonts=system_fonts)
            child = _children.get(system_fonts)
            if child is None:
                raise EnvironmentFailure("the Graphviz child process could not be started")
            try:
                return child.ask(dot, engine, format, seconds)
            except _NotLoading as trouble:
                _broken.append(str(trouble))
    return _program(dot, format, engine, seconds, system_fonts)


def _pygraphviz() -> str | None:
    """The folder of pygraphviz, without importing it."""
    if not sys.executable:  # Python inside another program: nothing to start a child with
        return None
    spec = find_spec("pygraphviz")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    return folders[0] if folders else None


def _program(dot: bytes, format: str, engine: str, timeout: float, system_fonts: bool) -> bytes:
    """The system's Graphviz, where there is no pygraphviz."""
    name, options = ("neato", ["-n2"]) if engine == "nop2" else (engine, [])
    try:
        done = subprocess.run(
            [name, *options, f"-T{format}"],
            input=dot,
            capture_output=True,
            timeout=timeout,
            env=fonts.environment(system_fonts),
            check=False,
        )
    except OSError:
        if _broken:
            raise EnvironmentFailure(
                f"pygraphviz is installed but does not load ({_broken[0]})",
                hint="pip install --force-reinstall pygraphviz   (or install Graphviz, so that dot is found)",
            ) from None
        raise EnvironmentFailure("there is no Graphviz here to lay out pictures", hint=_INSTALL) from None
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode:
        raise EnvironmentFailure(f"Graphviz could not draw this: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout
