"""Target ``js``: JavaScript for a page or for node, with Math's functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from gradviz.code.flat import note, number, output
from gradviz.code.identifiers import JAVASCRIPT
from gradviz.code.layout import bracketed, document
from gradviz.code.module import class_name
from gradviz.code.plan import ZERO, Backward, Plan
from gradviz.code.spelling import ATOM, POWER, Spelling, Writer
from gradviz.code.target import Target
from gradviz.code.terms import Term
from gradviz.formulas import PRIMITIVES
from gradviz.graph import Graph

_POWER = """\
function power(a, b) { // as C has it: 1 to any power is 1
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}"""


def _number(value: float) -> str:
    """A number as JavaScript prints it, as far as the two agree."""
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _power(writer: Writer, base: Term, exponent: Term) -> tuple[str, int]:
    value = getattr(exponent, "value", None)
    if not (isinstance(value, float) and abs(value) < 1e300):
        return f"{writer.helper('power', _POWER)}({writer.text(base)}, {writer.text(exponent)})", ATOM
    return f"{writer.text(base, ATOM)} ** {writer.text(exponent, POWER)}", POWER


def _define(called: str, parameters: Sequence[str], lets: Sequence[tuple[str, str]], text: str, about: str) -> str:
    lines = [f"function {called}({', '.join(parameters)}) {{ // {about}"]
    lines += [f"  const {name} = {meaning};" for name, meaning in lets]
    return "\n".join([*lines, f"  return {text};", "}"])


SPELLING = Spelling(
    number=_number,
    calls={
        **{f: f"Math.{f}({{}})" for f in PRIMITIVES},
        "largest": "Math.max({})",
        "smallest": "Math.min({})",
        "total": "[{}].reduce((sum, each) => sum + each)",
        "count": "[{rest}].filter((each) => each === {first}).length",
    },
    choose="{test} ? {yes} : {no}",
    helpers={},
    constants=("Infinity", "-Infinity", "NaN"),
    power=_power,
    define=_define,
    equal=("===", "!=="),
    native={"abs": "Math.abs({a})"},
)


def _parameters(plan: Plan) -> list[str]:
    if any(plan.graph.data[i] is None for i in plan.inputs):
        return [plan.names[i] for i in plan.inputs]
    return [f"{plan.names[i]} = {number(plan, i)}" for i in plan.inputs]


def _forward(plan: Plan) -> list[str]:
    return [f"const {line.target} = {line.text};" for line in plan.forward]


def _backward(plan: Plan, lines: Sequence[Backward]) -> list[str]:
    again = {line.node for line in lines if line.adds}
    found = []
    for line in lines:
        declared = "" if line.adds else "let " if line.node in again else "const "
        text = "0" if line.text == ZERO else line.text
        statement = f"{declared}{line.target} {'+=' if line.adds else '='} {text};"
        found.append(f"{statement} // {note(line.gate)}" if line.gate else statement)
    return found


def _gradients(plan: Plan) -> list[str]:
    return [f"{_key(plan.graph.names[i])}: {plan.grads[i]}" for i in plan.inputs]


def _key(name: str) -> str:
    """The key of a gradient; ``__proto__`` alone would be no key at all."""
    if name == "__proto__":
        return '["__proto__"]'
    return name if name.isascii() and name.isidentifier() else json.dumps(name)


def _object(before: str, entries: Sequence[str], after: str) -> list[str]:
    return bracketed(before + "{ ", entries, " }" + after) if entries else [f"{before}{{}}{after}"]


def _two(lines: Iterable[str], by: int = 1) -> list[str]:
    """Indented by two: what JavaScript's formatters have."""
    return ["  " * by + line.replace("    ", "  ") if line else "" for line in lines]


def _flat(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, JAVASCRIPT)
    out = output(plan)
    body = ["// forward", *_forward(plan)]
    lines = plan.backward
    if plan.inputs:
        body += ["// backward, in reverse order"]
        if not graph.constant[graph.output]:
            body += [f"const {plan.grads[graph.output]} = 1;"]
        body += _backward(plan, lines)
    body += [*_object("const gradients = ", _gradients(plan), ";"), f"return [{out}, gradients];"]
    function = [*bracketed(f"function {plan.function}(", _parameters(plan), ") {"), *_two(body), "}"]
    if any(graph.data[i] is None for i in plan.inputs):
        usage = [f"// const [value, gradients] = {plan.function}({', '.join(plan.names[i] for i in plan.inputs[:6])});"]
    else:
        label = json.dumps(f"{graph.names[graph.output]} =")
        usage = [f"console.log({label}, ...{plan.function}());"]
    head = [f"// {plan.function}: value and gradients, forward and then backward (written by gradviz)"]
    return document([head, *(h.split("\n") for h in plan.helpers.values()), function, usage], gap=1)


def _module(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, JAVASCRIPT)
    called, out = class_name(plan.function), output(plan)
    seed = plan.grads.get(graph.output, "upstream")
    saved = [plan.names[i] for i in plan.saved(plan.backward)]
    forward = [*_forward(plan), *(_object("this.cache = ", saved, ";") if saved else []), f"return {out};"]
    backward = _object("const ", saved, " = this.cache;") if saved else []
    backward += _backward(plan, plan.backward)
    backward += _object("return ", _gradients(plan), ";")
    body = [
        *bracketed("forward(", _parameters(plan), ") {"),
        *_two(forward),
        "}",
        "",
        f"backward({seed} = 1) {{",
        *_two(backward),
        "}",
    ]
    cls = [f"// {plan.function} as a module: forward keeps what backward reads", f"class {called} {{", *_two(body), "}"]
    if any(graph.data[i] is None for i in plan.inputs):
        usage = [f"// const layer = new {called}(); layer.forward(...); layer.backward();"]
    else:
        label = json.dumps(f"{graph.names[graph.output]} =")
        usage = [
            f"const layer = new {called}();",
            f"console.log({label}, layer.forward());",
            "console.log(layer.backward());",
        ]
    return document([*(h.split("\n") for h in plan.helpers.values()), cls, usage], gap=1)


TARGET = Target("js", "JavaScript, for a page or for node", ".js", {"flat": _flat, "module": _module})
