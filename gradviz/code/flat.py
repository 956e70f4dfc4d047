"""The flat style in Python's syntax: one function, forward lines, then backward lines in reverse order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradviz.code.layout import WIDTH, bracketed, document, fitted, indented
from gradviz.code.plan import ZERO, Backward, Plan
from gradviz.gates import Gate


@dataclass(frozen=True)
class Skeleton:
    """What the programs of a target have around their lines.

    Args:
        imports: a line for each text that needs one: ``("math.", "import math")``.
        seed: the gradient of the output with respect to itself, ``{}`` being the output.
        zero: a gradient to which nothing contributes, ``{}`` being the output's gradient or the output.
        arrays: whether numbers may be arrays, which ``+=`` would change for everybody who holds them.
        prelude: how the inputs are made ready; ``{}`` are their names.
        decorator: what stands above the function.
    """

    imports: tuple[tuple[str, str], ...]
    seed: str = "1.0"
    zero: str = "0.0"
    arrays: bool = False
    prelude: tuple[str, str] | None = None  # for one input, for several
    decorator: str | None = None
    setup: str | None = None  # a line below the imports


#: Imports of the standard library, which stand above the others.
STANDARD = ("import math", "from functools import reduce")


def gate_word(row: Gate) -> str:
    """The gate in words: its name, or its operator's.

    >>> from gradviz.gates import gate
    >>> gate_word(gate("mul")), gate_word(gate("tanh"))
    ('multiply', 'tanh')
    """
    return row.numpy[0] if row.infix and row.numpy else row.name


def note(row: Gate) -> str:
    """What stands beside the first backward line of a gate."""
    return f"{gate_word(row)} gate: {row.pattern.value}"


def output(plan: Plan) -> str:
    """The variable of the output (a number, where a constant is the output)."""
    data = plan.graph.data[plan.graph.output]
    return plan.names.get(plan.graph.output) or plan.spelling.number(data or 0.0)


def parameters(plan: Plan) -> list[str]:
    """The inputs with their numbers, where all have one."""
    data = plan.graph.data
    if any(data[i] is None for i in plan.inputs):
        return [plan.names[i] for i in plan.inputs]
    return [f"{plan.names[i]}={number(plan, i)}" for i in plan.inputs]


def number(plan: Plan, node: int) -> str:
    """The number of an input in the target's spelling."""
    from gradviz.code.spelling import Writer
    from gradviz.code.terms import number as term

    return Writer(plan.spelling).text(term(plan.graph.data[node] or 0.0))


def accumulated(
    lines: Sequence[Backward], zero: str, *, arrays: bool, apart: bool = False
) -> list[tuple[str, Gate | None]]:
    """The backward lines as statements, each with the gate whose first line it is.

    With arrays ``dx = dq`` makes two names for one: what is added later must make a new array
    (``apart``: always, because shapes may still grow).
    """
    shared: set[str] = set()
    found = []
    for line in lines:
        text = zero if line.text == ZERO else line.text
        if not line.adds:
            statement = f"{line.target} = {text}"
            if line.bare or apart:
                shared.add(line.target)
        elif arrays and line.target in shared:
            statement = f"{line.target} = {line.target} + {text}"
            if not apart:
                shared.discard(line.target)
        else:
            statement = f"{line.target} += {text}"
        found.append((statement, line.gate))
    return found


def commented(statements: Sequence[tuple[str, Gate | None]], depth: int = 1) -> list[str]:
    """Statements with the pattern of each gate beside its first line, or above where there is no room."""
    found = []
    for text, row in statements:
        if row is None:
            found += fitted([text], depth)
        elif len(line := f"{text}  # {note(row)}") + 4 * depth <= WIDTH:
            found.append(line)
        else:
            found += [f"# {note(row)}", *fitted([text], depth)]
    return found


def prepared(plan: Plan, skeleton: Skeleton, depth: int = 1) -> list[str]:
    """The lines that make the inputs ready."""
    if skeleton.prelude is None or not plan.inputs:
        return []
    one, many = skeleton.prelude
    names = [plan.names[i] for i in plan.inputs]
    line = many.format(", ".join(names))
    if len(names) > 1 and len(line) + 4 * depth <= WIDTH:
        return [line]
    return [one.format(name) for name in names]


def used_imports(skeleton: Skeleton, text: str) -> list[str]:
    """The imports that a program needs."""
    used = [line for needed, line in skeleton.imports if re.search(rf"(?<![\w.]){re.escape(needed)}", text)]
    ours = [line for line in used if line in STANDARD]
    others = [line for line in used if line not in STANDARD]
    return [*ours, *([""] if ours and others else []), *others]


def helper_parts(plan: Plan) -> list[list[str]]:
    """The small functions that the program calls."""
    return [source.rstrip("\n").split("\n") for source in plan.helpers.values()]


def flat(plan: Plan, skeleton: Skeleton, function: str) -> str:
    """The program."""
    out = output(plan)
    seed = plan.grads.get(plan.graph.output, "upstream")
    backward = accumulated(plan.backward, skeleton.zero.format(out), arrays=skeleton.arrays)
    body = []
    body += prepared(plan, skeleton)
    body += ["# forward", *fitted(f"{line.target} = {line.text}" for line in plan.forward)] if plan.forward else []
    if plan.inputs:
        body += ["# backward, in reverse order"]
        if not plan.graph.constant[plan.graph.output]:
            body += [f"{seed} = {skeleton.seed.format(out)}"]
        body += commented(backward)
    grads = [f'"{plan.graph.names[i]}": {plan.grads[i]}' for i in plan.inputs]
    grads = [f"{quoted(plan.graph.names[i])}: {plan.grads[i]}" for i in plan.inputs]
    body += [*bracketed("gradients = {", grads, "}", 1), f"return {out}, gradients"]
    head = [skeleton.decorator] if skeleton.decorator else []
    head += bracketed(f"def {function}(", parameters(plan), "):")
    parts = [*helper_parts(plan), [*head, *indented(body)], usage(plan, function)]
    return with_head(plan, skeleton, "value and gradients, forward and then backward", parts)


def function_name(source: str) -> str:
    """The function that a flat program ends in: the last one it defines.

    >>> function_name("def exp(a): ...\\n\\ndef f(x): ...\\n")
    'f'
    """
    names: list[str] = re.findall(r"^def (\w+)\(", source, re.MULTILINE)
    return names[-1]


def with_head(plan: Plan, skeleton: Skeleton, what: str, parts: list[list[str]]) -> str:
    """A program with its first line and its imports above."""
    text = document(parts)
    title = f'"""{plan.names.get(plan.graph.output, "constant")}: {what} (written by gradviz)."""'
    head = [title, *([""] if (lines := used_imports(skeleton, text)) else []), *lines]
    if skeleton.setup:
        head += ["", skeleton.setup]
    return "\n".join(head) + "\n\n\n" + text


def quoted(text: str) -> str:
    """A string as formatters write it.

    >>> quoted("x"), quoted('"')
    ('"x"', '\\'"\\'')
    """
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain and "\\" not in plain else plain


def usage(plan: Plan, function: str) -> list[str]:
    """The part that runs the function and prints the numbers, or shows how."""
    label = quoted(plan.graph.names[plan.graph.output] + " =")
    if any(plan.graph.data[i] is None for i in plan.inputs):
        given = ", ".join(f"{plan.names[i]}=..." for i in plan.inputs[:6])
        return [f"# value, gradients = {function}({given})"]
    return [
        'if __name__ == "__main__":',
        f"    value, gradients = {function}()",
        f"    print({label}, value)",
        "    for name, gradient in gradients.items():",
        f'        print({quoted("d" + plan.graph.names[plan.graph.output] + "/d")} + name, "=", gradient)',
    ]
