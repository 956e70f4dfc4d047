"""Target ``numpy``: the same program on arrays of points; a single number is an array of one."""

from __future__ import annotations

import ast

from gradviz.code.flat import Skeleton, flat
from gradviz.code.identifiers import PYTHON
from gradviz.code.module import class_name, module
from gradviz.code.plan import Plan
from gradviz.code.python import define
from gradviz.code.spelling import ATOM, POWER, Spelling, Writer
from gradviz.code.target import Target
from gradviz.code.terms import Term
from gradviz.formulas import PRIMITIVES
from gradviz.graph import Graph

_RENAMED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}


def power(writer: Writer, base: Term, exponent: Term) -> tuple[str, int]:
    """``a**b``; as formatters have it, without spaces between plain names and numbers."""
    first, second = writer.text(base, ATOM), writer.text(exponent, POWER)
    hugs = all(isinstance(term, ast.Name | ast.Constant) for term in (base, exponent))
    return (f"{first}**{second}" if hugs else f"{first} ** {second}"), POWER


SPELLING = Spelling(
    number=repr,
    calls={
        **{f: f"np.{_RENAMED.get(f, f)}({{}})" for f in PRIMITIVES},
        "count": "sum(each == {first} for each in ({rest}))",
        "largest": "reduce(np.maximum, ({}))",
        "smallest": "reduce(np.minimum, ({}))",
        "largest2": "np.maximum({})",
        "smallest2": "np.minimum({})",
        "total": "reduce(np.add, ({}))",
    },
    choose="np.where({test}, {yes}, {no})",
    tight=True,
    helpers={},
    constants=("np.inf", "-np.inf", "np.nan"),
    power=power,
    define=define,
    native={"relu": "np.maximum({a}, 0.0)", "abs": "np.abs({a})"},
)
SKELETON = Skeleton(
    imports=(("reduce", "from functools import reduce"), ("np.", "import numpy as np")),
    seed="np.ones_like({})",
    zero="np.zeros_like({})",
    arrays=True,
    prelude=("{0} = np.float64({0})", "{0} = map(np.float64, ({0}))"),
    decorator='@np.errstate(all="ignore")  # inf and nan are answers here',
)
RESERVED = PYTHON | {"reduce"}


def _flat(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, RESERVED)
    return flat(plan, SKELETON, plan.function)


def _module(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, RESERVED)
    return module(plan, SKELETON, class_name(plan.function))


TARGET = Target("numpy", "NumPy over arrays of points", ".py", {"flat": _flat, "module": _module})
