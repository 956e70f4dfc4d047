"""The report for programs: ``check --format json``, a contract."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from gradviz.check.outcome import Checked, FileOutcome, Link, Witness


def as_json(files: Sequence[FileOutcome]) -> str:
    """The files as JSON; what may not be told has been taken out before.

    >>> as_json([FileOutcome("a.txt", failure="this is a PDF")])[:40]
    '{"files": [{"file": "a.txt", "problems":'
    """
    return json.dumps({"files": [_file(each) for each in files]}, ensure_ascii=False, allow_nan=False) + "\n"


def number(value: float) -> float | str:
    """A JSON number; one that is not finite is a string.

    >>> number(2.5), number(float("-inf"))
    (2.5, '-inf')
    """
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _file(each: FileOutcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "file": each.file,
        "problems": [_problem(problem) for problem in each.problems],
        "links": [_link(link) for link in each.links],
        "required": dict(each.required),
        "first_wrong": each.first_wrong,
        "summary": dict(each.summary),
    }
    if each.failure:
        found["failure"] = each.failure
    if each.notes:
        found["notes"] = list(each.notes)
    return found


def _problem(problem: Checked) -> dict[str, Any]:
    return {
        "id": problem.id,
        "function": problem.function,
        "inputs": {name: number(value) for name, value in problem.inputs.items()},
        "read": [problem.read, problem.of],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "problem": link.problem,
        "line": link.spot.line,
        "column": link.spot.column,
        "cell": link.spot.cell,
        "left": link.left,
        "right": link.right,
        "read_as": link.read_as,
        "quantity": link.quantity,
        "verdict": link.verdict,
        "expected": link.expected,
        "witness": witness(link.witness) if link.witness else None,
        "misconceptions": list(link.misconceptions),
        "message": ". ".join(part for part in (link.message, link.rule) if part),
    }


def witness(found: Witness) -> dict[str, Any]:
    """The point and what both sides are there; a side that may not be told is not there."""
    sides = {"left": found.left, "right": found.right}
    return {
        "at": {name: number(value) for name, value in found.point.items()},
        **{side: number(value) for side, value in sides.items() if value is not None},
    }
