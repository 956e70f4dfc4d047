"""The house stays a house: imports go down, heavy modules are loaded by those who need them, files hold one idea."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = Path(__file__).parent.parent / "gradviz"

#: From the ground up. A room is a file or a folder; rooms of one floor do not import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "numerals"),
    ("formulas", "plain"),
    ("gate",),
    ("gates", "operators"),
    ("value",),
    ("tape",),
    ("graph",),
    ("draft", "flatten", "inputs", "legal"),
    ("passes",),
    ("noise",),
    ("nn",),
    ("language",),
    ("functions",),  # gates and the language's library as Python functions
    ("bridges",),  # other people's code in and out: NumPy, PyTorch, JAX, SymPy, Python functions
    ("explain", "nonfinite"),
    ("calculus",),
    ("code", "misconceptions"),
    ("transforms",),
    ("gradchecking",),
    ("draw",),
    ("check",),
    ("step",),
    ("lessons",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

#: Imports inside a function that reach up: conveniences on the object a person holds.
REACH_UP = {
    ("gate", "gates"): "a Gate is pickled by its name in the table",
    ("value", "graph"): "Value.graph",
    ("value", "passes"): "Value.backward",
    ("value", "flatten"): "a Value is pickled as the flat lists behind it",
    ("value", "bridges"): "Value.__array_ufunc__ and __torch_function__: other libraries' functions on a Value",
    ("functions", "bridges"): "gate functions on arrays of Values",
    ("graph", "flatten"): "Graph.of",
    ("graph", "passes"): "Graph.trace",
    ("graph", "legal"): "Graph.check",
    ("graph", "calculus"): "Graph.gradient, Graph.paths",
    ("graph", "code"): "Graph.compile",
    ("graph", "draw"): "Graph.draw, Graph.digraph, Graph.to_networkx, print(graph)",
    ("passes", "draw"): "Trace.draw, print(trace)",
    ("passes", "noise"): "Trace.shown",
}

#: Other people's packages, and the rooms that may load them, inside functions.
GUESTS = {
    "numpy": {*FLOOR} - {"errors", "gate", "gates", "graph", "language"},
    "mpmath": {"formulas", "check"},
    "networkx": {"draw"},
    "graphviz": {"draw"},
    "pygraphviz": {"draw"},
    "fontTools": {"draw"},
    "torch": {"bridges"},
    "click": {"cli"},
    "platformdirs": {"step"},
    "textual": {"step"},
    "rich": {"step", "check"},
}

#: Files that may do so at their top, because they are themselves imported inside functions only.
AT_TOP = {
    ("cli", "click"): "every command is click",
    ("bridges", "numpy"): "gradviz.array is an ndarray; its functions are loaded when NumPy asks",
    ("draw", "graphviz"): "draw/dot.py writes DOT with it",
    ("step", "textual"): "step/app.py is the application, and nothing else imports it",
    ("step", "rich"): "step/app.py hands Textual its text",
    ("check", "rich"): "check/reports/terminal.py is the report on a terminal, and nothing else imports it",
}


class Import(NamedTuple):
    source: Path
    target: str  # dotted
    line: int
    function: str | None  # the function it stands in; None at module level


def files() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def room(path: Path) -> str:
    """The room a file belongs to; the front door, gradviz/__init__.py, has none."""
    first = path.relative_to(HOUSE).parts[0]
    return first.removesuffix(".py")


@cache
def imports() -> tuple[Import, ...]:
    def walk(path: Path, node: ast.AST, function: str | None) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from (found for other in child.orelse for found in walk(path, other, function))
                continue
            inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            if isinstance(child, ast.Import):
                yield from (Import(path, alias.name, child.lineno, function) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno} imports relatively"
                assert child.module is not None
                for alias in child.names:
                    deeper = HOUSE.parent / Path(*child.module.split("."), alias.name)
                    module = deeper.with_suffix(".py").exists() or deeper.is_dir()
                    target = f"{child.module}.{alias.name}" if module else child.module
                    yield Import(path, target, child.lineno, function)
            yield from walk(path, child, inside)

    return tuple(found for path in files() for found in walk(path, ast.parse(path.read_text("utf-8")), None))


def inner() -> Iterator[tuple[Import, str, str]]:
    """The imports of one room by another."""
    for found in imports():
        parts = found.target.split(".")
        if parts[0] == "gradviz" and len(parts) > 1 and room(found.source) not in (parts[1], "__init__"):
            yield found, room(found.source), parts[1]


def where(found: Import) -> str:
    return f"{found.source.relative_to(HOUSE.parent)}:{found.line} imports {found.target}"


def test_every_room_has_its_floor() -> None:
    assert {room(path) for path in files()} - {"__init__"} <= set(FLOOR)


def test_module_level_imports_go_down() -> None:
    assert not [where(f) for f, user, used in inner() if f.function is None and FLOOR[used] >= FLOOR[user]]


def test_imports_that_reach_up_stand_in_functions_and_have_their_reason() -> None:
    up = {(user, used): where(f) for f, user, used in inner() if FLOOR[used] >= FLOOR[user]}
    assert not {pair: place for pair, place in up.items() if pair not in REACH_UP}
    assert set(REACH_UP) == set(up), "a reason without an import"


def test_the_front_door_imports_nothing_of_ours() -> None:
    door = [f for f in imports() if f.source == HOUSE / "__init__.py" and f.function is None]
    assert not [where(f) for f in door if f.target not in ("__future__", "typing", "sys", "types")]


def test_files_of_a_room_do_not_go_in_circles() -> None:
    uses: dict[str, set[str]] = {}
    for found in imports():
        name = ".".join(found.source.relative_to(HOUSE.parent).with_suffix("").parts)
        if found.function is None and found.target.startswith("gradviz.") and not name.endswith("__init__"):
            uses.setdefault(name, set()).add(found.target)
    TopologicalSorter(uses).prepare()  # raises CycleError with the circle


def test_other_peoples_packages_are_loaded_where_they_are_needed() -> None:
    wrong = []
    for found in imports():
        package = found.target.split(".")[0]
        if package == "gradviz" or package in sys.stdlib_module_names:
            continue
        at_top = found.function is None and (room(found.source), package) not in AT_TOP
        if room(found.source) not in GUESTS.get(package, set()) or at_top:
            wrong.append(where(found))
    assert not wrong


def test_what_is_imported_comes_with_the_package_or_its_extra() -> None:
    """A plain `pip install .` brings every package that a command can load: the tests' own extra hides a lack."""
    project = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: needs for name, needs in project["optional-dependencies"].items() if name != "test"}
    needs = [*project["dependencies"], *(need for extra in extras.values() for need in extra)]
    brought = {re.split(r"[^\w.-]", need)[0].lower() for need in needs}
    used = {f.target.split(".")[0] for f in imports()} - sys.stdlib_module_names - {"gradviz"}
    assert "mpmath" in used
    assert not {name for name in used if name.lower() not in brought}


def test_networkx_only_inside_to_networkx() -> None:
    assert {f.function for f in imports() if f.target.split(".")[0] == "networkx"} == {"to_networkx"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 330


# --- what a command loads ------------------------------------------------------------------------------

#: Modules of the standard library that cost milliseconds and that nothing simple needs.
DEAR = {
    *("asyncio", "concurrent", "email", "http", "logging", "multiprocessing", "socket", "sqlite3", "ssl", "unittest"),
    *("urllib", "xml", "ctypes", "decimal", "fractions", "doctest", "pdb", "tkinter", "zipfile"),
}


def loaded(*arguments: str) -> set[str]:
    """The names of all modules that a Python process imports beyond a bare one."""

    def run(*arguments: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *arguments],
            capture_output=True,
            cwd=HOUSE.parent,
            check=False,
            timeout=60,
        )
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        assert done.returncode == 0, "\n".join(line for line in lines if not line.startswith("import time:"))
        return {line.split("|")[-1].strip() for line in lines if line.startswith("import time:")}

    return run(*arguments) - run("-c", "pass")


def guests(modules: set[str]) -> set[str]:
    """The packages among them that are neither ours nor the standard library's."""
    tops = {name.split(".")[0] for name in modules}
    return (
        tops - sys.stdlib_module_names - {"gradviz", "imported package", "org"}
    )  # copy.py asks for Jython's org.python


def test_import_gradviz_costs_next_to_nothing() -> None:
    assert loaded("-c", "import gradviz") <= {"gradviz", "__future__", "typing", "types"} | STEPS_OF_TYPING


STEPS_OF_TYPING = loaded("-c", "import typing, collections.abc")


def test_a_graph_and_its_trace_need_no_numpy() -> None:
    modules = loaded(
        "-c",
        "import gradviz\n"
        "t = gradviz.graph('q = x + y; f = tanh(q * z)', x=-2, y=5, z=-4).trace()\n"
        "assert len(t.events) == 5 and t['x'].grad is not None\n"
        "v = gradviz.Value(2); (v * v + 1).relu().backward()",
    )
    assert "gradviz.passes" in modules
    assert not guests(modules)
    assert not {name.split(".")[0] for name in modules} & DEAR
    assert not {name for name in modules if name.startswith(("gradviz.draw", "gradviz.cli"))}


COMMANDS = {
    ("--help",): {"click"},
    ("--version",): {"click"},
    ("show", "f = (x+y)*z", "x=-2", "y=5", "z=-4", "--json"): {"click"},
    ("show", "f = (x+y)*z", "x=-2", "y=5", "z=-4"): {"click"},
    ("derive", "f = sigmoid(x*y)", "x=-2", "y=5", "--steps"): {"click"},
    ("paths", "f = x*y + x", "x", "x=-2", "y=5"): {"click"},
    ("code", "f = (x+y)*z", "x=-2", "y=5", "z=-4", "--target", "numpy"): {"click"},
    ("quiz", "f = (x+y)*z", "x=-2", "y=5", "z=-4", "--no-save"): {"click"},
    ("step", "f = (x+y)*z", "x=-2", "y=5", "z=-4"): {"click"},
    # mpmath where doubles disagree; it asks for gmpy2, gmpy and gmp
    ("check", "examples/homework/right.txt"): {"click", "numpy", "mpmath", "gmp", "gmpy", "gmpy2"},
    ("check", "examples/homework/right.tex"): {"click", "numpy", "mpmath", "gmp", "gmpy", "gmpy2"},
    ("render", "f = (x+y)*z", "x=-2", "y=5", "z=-4", "-o", "-", "--format", "svg"): {"click", "graphviz"},
}


@pytest.mark.skipif(not (HOUSE / "cli" / "show.py").exists(), reason="the command line is not there yet")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_loads_only_what_it_needs(command: tuple[str, ...]) -> None:
    modules = loaded("-m", "gradviz", *command)
    assert guests(modules) <= COMMANDS[command]
    if command[0].startswith("--"):
        assert {name for name in modules if name.startswith("gradviz")} <= {
            "gradviz", "gradviz.__main__", "gradviz.errors", "gradviz.numerals", "gradviz.draw", "gradviz.draw.options"
        } | {name for name in modules if name.startswith("gradviz.cli")}  # fmt: skip
