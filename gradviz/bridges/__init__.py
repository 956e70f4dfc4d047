"""Graphs into and out of other libraries: SymPy expressions, JAX and PyTorch functions.

Each library is loaded only here, when asked for, and comes with an extra of its own. What its functions are called is
looked up in the gate table, by a gate's name, spellings and NumPy names; a bridge lists only the true exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from gradviz.errors import EnvironmentFailure
from gradviz.gates import GATES, Gate

#: SymPy's classes that have another name in the gate table.
SYMPY = {
    "Abs": "abs", "Max": "max", "Min": "min", "Pow": "pow", "Add": "add", "Mul": "mul",
    "StrictLessThan": "lt", "LessThan": "le", "StrictGreaterThan": "gt", "GreaterThan": "ge", "Equality": "eq",
    "Unequality": "ne",
}  # fmt: skip


def library(name: str) -> Any:
    """The library, loaded.

    Raises:
        EnvironmentFailure: it is not installed; the message says how to get it.

    >>> library("json").dumps([1])
    '[1]'
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise EnvironmentFailure(f"{name} is not installed", hint=f'pip install "gradviz[{name}]"') from None


def row_called(word: str, exceptions: Mapping[str, str]) -> Gate | None:
    """The row that a library's function is: by the table's own words, or the few that the library calls otherwise.

    >>> row_called("arcsin", {}), row_called("logistic", {"logistic": "sigmoid"}), row_called("erf", {})
    (<gate asin>, <gate sigmoid>, None)
    """
    word = exceptions.get(word, word)
    if word in GATES:
        return GATES[word]
    return next((row for row in GATES.values() if word in row.spellings or word in row.numpy), None)
