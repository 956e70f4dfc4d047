"""gradviz: see how gradients flow.

>>> import gradviz
>>> g = gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
>>> g.trace()["x"].grad
-4.0

Everything is loaded when first used (PEP 562): ``import gradviz`` costs next to nothing. Beside the names
below, every gate of the table and every library function is here as a function on Values:
``gradviz.relu(v)``, ``gradviz.max(a, b)``, ``gradviz.softmax([a, b, c])``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradviz import gates as gates
    from gradviz import nn as nn
    from gradviz.bridges.arrays import array as array
    from gradviz.bridges.from_jax import from_jax as from_jax
    from gradviz.bridges.from_sympy import from_sympy as from_sympy
    from gradviz.bridges.from_torch import from_torch as from_torch
    from gradviz.bridges.to_sympy import to_sympy as to_sympy
    from gradviz.bridges.tracing import from_function as from_function
    from gradviz.check.api import assert_gradient as assert_gradient
    from gradviz.check.api import check as check
    from gradviz.check.api import check_gradient as check_gradient
    from gradviz.errors import EnvironmentFailure as EnvironmentFailure
    from gradviz.errors import GradvizError as GradvizError
    from gradviz.gradchecking import gradcheck as gradcheck
    from gradviz.graph import Graph as Graph
    from gradviz.passes import Trace as Trace
    from gradviz.transforms.derivatives import grad as grad
    from gradviz.transforms.derivatives import hessian as hessian
    from gradviz.transforms.derivatives import value_and_grad as value_and_grad
    from gradviz.value import Value as Value

__version__ = "0.1.0"

_HOMES = {
    "EnvironmentFailure": "errors",
    "GradvizError": "errors",
    "Graph": "graph",
    "Trace": "passes",
    "Value": "value",
    "array": "bridges.arrays",
    "assert_gradient": "check.api",
    "check": "check.api",
    "check_gradient": "check.api",
    "from_function": "bridges.tracing",
    "from_jax": "bridges.from_jax",
    "from_sympy": "bridges.from_sympy",
    "from_torch": "bridges.from_torch",
    "grad": "transforms",
    "gradcheck": "gradchecking",
    "hessian": "transforms",
    "to_sympy": "bridges.to_sympy",
    "value_and_grad": "transforms",
}
_MODULES = ("gates", "nn")

__all__ = [
    "graph", "from_function", "Value", "array", "Graph", "Trace", "GradvizError", "EnvironmentFailure", *_MODULES,
    "grad", "value_and_grad", "hessian", "gradcheck", "from_jax", "from_sympy", "from_torch", "to_sympy",
    "check", "check_gradient", "assert_gradient",
]  # fmt: skip


def graph(text: str, /, *, output: str | None = None, **values: Any) -> Graph:
    """A Graph from an expression or statements in the gradviz language.

    Args:
        text: for example ``"q = x + y; f = q * z"``; the last statement is the output.
        output: the name of another node to look at as the output.
        **values: numbers for the inputs; nested lists or arrays for vectors.

    Raises:
        GradvizError: the text does not read, or a value does not fit; the message points at the place.

    >>> graph("f = (x + y) * z", x=-2, y=5, z=-4).trace()["f"].value
    -12.0
    """
    from gradviz.language import build

    return build(text, values, output=output)


def __getattr__(name: str) -> Any:
    from importlib import import_module
    from importlib.util import find_spec

    if name in _HOMES:
        return getattr(import_module(f"gradviz.{_HOMES[name]}"), name)
    near = ""
    if name in _MODULES:
        return import_module(f"gradviz.{name}")
    if not name.startswith("_") and find_spec(f"gradviz.{name}") is None:
        from gradviz.functions import function

        found = function(name)
        if found is not None:
            return found
        from gradviz.errors import did_you_mean

        word = did_you_mean(name, __dir__())
        near = f"; try gradviz.{word}" if word else ""
    raise AttributeError(f"module 'gradviz' has no attribute {name!r}{near}")


def __dir__() -> list[str]:
    from gradviz.functions import names

    return sorted({*__all__, *names()})


class _Package(ModuleType):
    """Keeps ``gradviz.graph`` and ``gradviz.check`` the functions, though modules of these names are below it."""

    def __setattr__(self, name: str, new: Any) -> None:
        if not (name in ("graph", "check") and isinstance(new, ModuleType)):
            super().__setattr__(name, new)


sys.modules[__name__].__class__ = _Package
