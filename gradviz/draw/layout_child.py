"""The child process in which Graphviz runs. It is started by path and imports nothing of gradviz.

Layout in our own process could not be interrupted and could take the user's process with it. Requests come on
standard input, one line of JSON (engine, format, size, seconds) and then the DOT; answers go to standard output, a
line ``ok N``, ``error N`` (Graphviz refused) or ``missing N`` (pygraphviz does not load) and then N bytes. It ends
when its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys

TYPE_CHECKING = False  # the typing module takes longer to import than a small picture to draw
if TYPE_CHECKING:
    from typing import IO, Any


def load(folder: str) -> Any:
    """pygraphviz's C functions without the rest of pygraphviz, which takes three times as long to import."""
    libraries = os.path.join(os.path.dirname(folder), "pygraphviz.libs")
    if hasattr(os, "add_dll_directory") and os.path.isdir(libraries):
        os.add_dll_directory(libraries)
    package = type(sys)("pygraphviz")
    package.__path__ = [folder]
    sys.modules["pygraphviz"] = package
    try:
        from pygraphviz import graphviz
    except ImportError:  # put together in another way than we know: then all of it, as its authors mean it
        del sys.modules["pygraphviz"]
        sys.path.append(os.path.dirname(folder))
        from pygraphviz import graphviz
    return graphviz


def scratch() -> IO[bytes]:
    """A file without a name; in memory where the system can do that, because tempfile is slow to import."""
    try:
        return os.fdopen(os.memfd_create("dot"), "w+b")
    except (AttributeError, OSError):
        import tempfile

        return tempfile.TemporaryFile("w+b")


def picture(graphviz: Any, engine: str, format: str, dot: bytes) -> bytes:
    """The rendered bytes of one picture."""
    with scratch() as file:
        file.write(dot)
        file.seek(0)
        try:
            graph = graphviz.agread(file, None)
        except ValueError:
            graph = None
    if graph is None:
        raise ValueError("it is no DOT")
    context = graphviz.gvContextWithBuiltins()
    try:
        if graphviz.gvLayout(context, graph, engine.encode()) != 0:
            raise ValueError(f"the layout engine {engine!r} failed")
        try:
            found = graphviz.gvRenderData(context, graph, format.encode())
        finally:
            graphviz.gvFreeLayout(context, graph)
    finally:
        graphviz.agclose(graph)
        graphviz.gvFreeContext(context)
    data = found[-1] if isinstance(found, (tuple, list)) else found
    if not isinstance(data, bytes):  # the return code alone
        raise ValueError(f"there is no format {format!r}")
    return data


def main() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the C library prints is no answer
    graphviz, trouble = None, ""
    try:
        graphviz = load(sys.argv[1])
        picture(graphviz, "dot", "svg", sys.argv[2].encode())  # finds and reads the fonts while nobody waits
    except Exception as error:  # ImportError, OSError of a broken library, … : the parent looks for another Graphviz
        trouble = f"{type(error).__name__}: {error}"
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        dot = requests.read(request["size"])
        if hasattr(signal, "alarm"):  # should the parent be gone, layout must still end some day
            signal.alarm(int(request["seconds"]) + 5)
        try:
            if graphviz is None:
                word, body = b"missing", trouble.encode()
            else:
                word, body = b"ok", picture(graphviz, request["engine"], request["format"], dot)
        except Exception as error:  # handed to the parent, which reports it
            word, body = b"error", str(error).encode()
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        answers.write(word + b" %d\n" % len(body) + body)
        answers.flush()


if __name__ == "__main__":
    main()
