"""The child process in which Graphviz runs. It is started by path and imports nothing of gradviz.

Layout in our own process could not be interrupted and could take the user's process with it. Requests come on
standard input, one line of JSON (engine, format, size, seconds) and then the DOT; answers go to standard output, a
line ``ok N`` or ``error N`` and then N bytes. It ends when its input ends.
"""

import json
import os
import signal
import sys
import tempfile
import types
from typing import Any


def load(folder: str) -> Any:
    """pygraphviz's C functions without the rest of pygraphviz, which takes three times as long to import."""
    libraries = os.path.join(os.path.dirname(folder), "pygraphviz.libs")
    if hasattr(os, "add_dll_directory") and os.path.isdir(libraries):
        os.add_dll_directory(libraries)
    package = types.ModuleType("pygraphviz")
    package.__path__ = [folder]
    sys.modules["pygraphviz"] = package
    from pygraphviz import graphviz

    return graphviz


def picture(graphviz: Any, engine: str, format: str, dot: bytes) -> Any:
    """The rendered bytes of one picture."""
    with tempfile.TemporaryFile("w+b") as file:
        file.write(dot)
        file.seek(0)
        graph = graphviz.agread(file, None)
    if graph is None:
        raise ValueError("Graphviz does not read this DOT")
    context = graphviz.gvContextWithBuiltins()
    try:
        if graphviz.gvLayout(context, graph, engine.encode()) != 0:
            raise ValueError(f"the layout engine {engine} failed")
        try:
            found = graphviz.gvRenderData(context, graph, format.encode())
        finally:
            graphviz.gvFreeLayout(context, graph)
    finally:
        graphviz.agclose(graph)
        graphviz.gvFreeContext(context)
    return found[1] if isinstance(found, (tuple, list)) else found


def main() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the C library prints is no answer
    graphviz = load(sys.argv[1])
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        dot = requests.read(request["size"])
        if hasattr(signal, "alarm"):  # should the parent be gone, layout must still end some day
            signal.alarm(int(request["seconds"]) + 5)
        try:
            word, body = b"ok", picture(graphviz, request["engine"], request["format"], dot)
        except Exception as error:  # handed to the parent, which reports it
            word, body = b"error", f"{type(error).__name__}: {error}".encode()
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        answers.write(word + b" %d\n" % len(body) + body)
        answers.flush()


main()
