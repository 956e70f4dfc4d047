"""``path.py:function`` and ``module:function``: the user's own Python function, by its address."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from gradviz.errors import GradvizError, Place, did_you_mean
from gradviz.graph import listed


def load(spec: str) -> Callable[..., Any]:
    """Load a function; this runs the file (or imports the module) it stands in.

    Args:
        spec: ``path.py:function``, ``module:function``, or a dotted name after the colon.

    Raises:
        GradvizError: no such file, module or function, or the file itself fails; near names are offered.

    >>> load("math:hypot")(3, 4)
    5.0
    """
    home, colon, name = spec.rpartition(":")
    if not colon or not home or spec.endswith(".py"):  # also C:\net.py, a drive and no function
        home, name = spec, ""
    module = _from_file(home) if home.endswith(".py") else _from_module(home)
    found: Any = module
    for part in name.split(".") if name else ():
        if not hasattr(found, part):
            raise _no_function(module, home, name)
        found = getattr(found, part)
    if not name or not callable(found):
        raise _no_function(module, home, name)
    function: Callable[..., Any] = found
    return function


def _no_function(module: ModuleType, home: str, name: str) -> GradvizError:
    shown = os.path.basename(home)
    functions = [
        n for n, thing in vars(module).items() if inspect.isfunction(thing) and thing.__module__ == module.__name__
    ]
    near = did_you_mean(name, functions) or (functions[0] if len(functions) == 1 else None)
    what = f"there is no function {name!r} in {shown}"
    if not name:
        what = f"which function of {shown}?"
    elif hasattr(module, name):
        what = f"{name} in {shown} is no function"
    return GradvizError(
        what,
        expected="one of " + listed(functions) if functions else "a function in that file",
        hint=f"{home}:{near}" if near else None,
    )


def _from_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        folder = os.path.dirname(path) or "."
        files = [n for n in os.listdir(folder) if n.endswith(".py")] if os.path.isdir(folder) else []
        near = did_you_mean(os.path.basename(path), sorted(files))
        raise GradvizError(
            f"no such file: {path}",
            expected="a Python file" if files else None,
            hint=os.path.join(os.path.dirname(path), near) if near else None,
        )
    stem = os.path.splitext(os.path.basename(path))[0]
    name = f"gradviz_source_{stem}"  # its own, so that a file called numpy.py takes nobody's place
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise GradvizError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickle look a module up by its name
    try:
        with _beside(os.path.dirname(os.path.abspath(path))):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise _failed(path, error) from error
    return module


def _from_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise GradvizError(
            f"{name!r} is neither a Python file nor the name of a module",
            expected="path.py:function or module:function",
        )
    try:
        with _beside(os.getcwd()):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or (name != error.name and not name.startswith(error.name + ".")):
            raise _failed(name, error) from error  # it is there, and imports something that is not
        hint = f"{name}.py:…" if os.path.isfile(f"{name}.py") else None
        raise GradvizError(
            f"there is no module {error.name!r}", expected="path.py:function or module:function", hint=hint
        ) from None
    except (Exception, SystemExit) as error:
        raise _failed(name, error) from error


@contextmanager
def _beside(folder: str) -> Iterator[None]:
    """While it is loaded, a file finds its neighbours, and nothing is written next to it."""
    bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.dont_write_bytecode = bytecode
        if folder in sys.path:
            sys.path.remove(folder)


def _failed(home: str, error: BaseException) -> GradvizError:
    """What went wrong inside the file, with its line."""
    shown = os.path.basename(home)
    if isinstance(error, GradvizError):
        return error
    if isinstance(error, SyntaxError) and error.text and error.lineno:
        line = error.text.rstrip("\n")
        start = max(0, (error.offset or 1) - 1)
        text = "\n" * (error.lineno - 1) + line
        at = error.lineno - 1 + min(start, max(0, len(line) - 1))
        place = Place(text, at, at + 1, os.path.basename(error.filename or shown))
        return GradvizError(f"{shown} is not valid Python: {error.msg}", place=place)
    trace, line_number = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "<module>" and "importlib" not in trace.tb_frame.f_code.co_filename:
            line_number = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    where = f" ({line_number})" if line_number else ""
    said = str(error) or "no message"
    return GradvizError(f"loading {shown} stopped: {type(error).__name__}: {said}{where}")
