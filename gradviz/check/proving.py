"""A proof from SymPy, when somebody asks for one."""

from __future__ import annotations

from gradviz.bridges import library
from gradviz.bridges.to_sympy import to_sympy
from gradviz.calculus.adjoints import Calculus
from gradviz.check.sides import Sides
from gradviz.errors import EnvironmentFailure, GradvizError
from gradviz.gates import CONST

_MOST_GATES = 200  # SymPy's simplify takes its time


def proved(sides: Sides) -> bool:
    """Whether SymPy simplifies the difference of the sides to 0. False says that it could not, not that it is wrong.

    Raises:
        EnvironmentFailure: SymPy is not installed.
    """
    sympy = library("sympy")
    if len(sides.tape.gates) + sum(sides.used) > _MOST_GATES:
        return False
    symbols = Calculus(sides.base)
    ids: list[int] = []
    try:
        for i, row in enumerate(sides.tape.gates):
            if i in sides.nodes:
                ids.append(sides.nodes[i])
            elif i in sides.derivatives:
                ids.append(symbols.derivative(*sides.derivatives[i]))
            elif row is CONST:
                ids.append(symbols.const(sides.literals[i][0]))
            else:
                ids.append(symbols.gate(row, [ids[j] for j in sides.tape.of(i)]))
        difference = symbols.minus(ids[sides.left], ids[sides.right])
        expression = to_sympy(symbols.graph([difference], {})[0])
        return bool(sympy.simplify(expression) == 0)
    except EnvironmentFailure:
        raise
    except (GradvizError, RecursionError, NotImplementedError, KeyError):
        return False
