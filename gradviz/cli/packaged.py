"""The circuits that come with gradviz: ``example:NAME``."""

from __future__ import annotations

import os
from dataclasses import dataclass

from gradviz.errors import EnvironmentFailure, GradvizError, did_you_mean


@dataclass(frozen=True, slots=True)
class Example:
    """One circuit: a file in the gradviz language, or a Python file with a function of the same name."""

    name: str
    path: str

    @property
    def is_python(self) -> bool:
        """Whether it is traced Python code."""
        return self.path.endswith(".py")

    def read(self) -> str:
        """Its source."""
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    @property
    def about(self) -> str:
        """Its first line: what it shows."""
        return self.read().splitlines()[0].lstrip("# ")


def examples() -> list[Example]:
    """All of them, by name."""
    folder = _folder()
    found = []
    for base in sorted(os.listdir(folder)):
        name, suffix = os.path.splitext(base)
        if suffix in (".gradviz", ".py") and not name.startswith("_"):
            found.append(Example(name, os.path.join(folder, base)))
    return found


def example(name: str) -> Example:
    """One by its name; ``-`` and ``_`` are one.

    Raises:
        GradvizError: there is none; the nearest is offered.
    """
    known = {one.name: one for one in examples()}
    for one in known.values():
        if one.name.replace("_", "-") == name.replace("_", "-"):
            return one
    near = did_you_mean(name, list(known))
    raise GradvizError(
        f"there is no example {name!r}",
        expected="one of " + ", ".join(known),
        hint=near and f"example:{near}",
    )


def _folder() -> str:
    """Installed, they are the package ``gradviz.examples``; in a source checkout they stand beside gradviz."""
    from importlib.util import find_spec

    spec = find_spec("gradviz.examples")
    if spec is not None and spec.submodule_search_locations:
        return next(iter(spec.submodule_search_locations))
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, os.pardir, os.pardir, "examples")
    if not os.path.isfile(os.path.join(beside, "three-gate.gradviz")):
        raise EnvironmentFailure("the examples are missing from this installation", hint="install gradviz again")
    return beside
