"""Value and all gradients of the same graph again, at one new point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bench.compare import Measure, Workload, seconds
from tests.bench.plans import INPUTS, NODES, agreed, named, ours, points, run, steps

POINT = [column[0] for column in points(1)]


def micros(task: Callable[[], Any]) -> Measure:
    """Microseconds of a task."""
    return lambda: 1e6 * seconds(task)


def compiled() -> Measure:
    """Ours: the generated program."""
    run_it = ours(steps(NODES)).compile()
    point = named(POINT)
    value, gradients = run_it(point)
    agreed([value, *(gradients[f"x{i}"] for i in range(INPUTS))])
    return micros(lambda: run_it(point))


def loops(nodes: int = NODES) -> Measure:
    """Ours: the two plain loops, which need no getting ready and know no size that is too much."""
    graph, point = ours(steps(nodes)), named(POINT)
    return micros(lambda: graph.trace(point).gradients)


def a_node(nodes: int) -> Callable[[], Measure]:
    """Nanoseconds a node in the loops."""

    def setup() -> Measure:
        measure = loops(nodes)
        measure()  # the first time asks the system for the memory
        return lambda: 1e3 * measure() / nodes

    return setup


def rebuilt(value: Callable[[float], Any], relu: Callable[[Any], Any]) -> Callable[[], Measure]:
    """Engines without a graph to keep: everything is built again for every point."""

    def setup() -> Measure:
        plan = steps(NODES)

        def again() -> list[Any]:
            leaves = [value(x) for x in POINT]
            output = run(plan, leaves, relu)
            output.backward()
            return [output, *leaves]

        output, *leaves = again()
        agreed([getattr(output, "detach", lambda: output.data)(), *(leaf.grad for leaf in leaves)])
        return micros(again)

    return setup


def micrograd() -> Measure:
    """micrograd's Value."""
    from micrograd.engine import Value

    return rebuilt(Value, lambda v: v.relu())()


def torch_scalars() -> Measure:
    """PyTorch, a tensor a number, one thread."""
    import torch

    torch.set_num_threads(1)
    return rebuilt(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.relu)()


def casadi_function() -> Any:
    """An SX function of value and gradient."""
    import casadi

    x = casadi.SX.sym("x", INPUTS)
    f = run(steps(NODES), [x[i] for i in range(INPUTS)], lambda v: casadi.fmax(v, 0))
    return casadi.Function("f", [x], [f, casadi.gradient(f, x)])


def casadi_call() -> Measure:
    """CasADi as one calls it."""
    import numpy as np

    function, given = casadi_function(), np.array(POINT)
    value, gradient = function(given)
    agreed([value, *np.array(gradient).ravel()])
    return micros(lambda: function(given))


def casadi_buffers() -> Measure:
    """CasADi through its memory buffers, where no number becomes a Python object."""
    import numpy as np

    buffer, evaluate = casadi_function().buffer()
    given: Any = np.array(POINT)
    value: Any = np.zeros(1)
    gradient: Any = np.zeros(INPUTS)
    buffer.set_arg(0, memoryview(given))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(gradient))
    evaluate()
    agreed([*value, *gradient])
    kept = buffer, given  # evaluate only points to them

    def bare() -> tuple[Any, ...]:
        evaluate()
        return kept

    return micros(bare)


def sympy_function() -> Any:
    """SymPy: value and derivatives as formulas, then lambdify with common subexpressions named."""
    import sympy

    symbols = sympy.symbols(f"x0:{INPUTS}")
    f = run(steps(NODES), list(symbols), lambda v: sympy.Max(v, 0))
    return sympy.lambdify(symbols, [f, *(sympy.diff(f, x) for x in symbols)], modules=[HEAVISIDE, "math"], cse=True)


#: What the derivative of Max becomes.
HEAVISIDE = {"Heaviside": lambda x, at=0.5: 1.0 if x > 0 else 0.0 if x < 0 else at, "Max": max}


def sympy_call() -> Measure:
    """The function that lambdify made."""
    function = sympy_function()
    agreed(function(*POINT))
    return micros(lambda: function(*POINT))


def jax_function() -> Any:
    """JAX's value_and_grad over a list of inputs, in double precision on one thread; not yet compiled."""
    import os

    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax

    jax.config.update("jax_enable_x64", True)
    plan = steps(NODES)

    def f(columns: list[Any]) -> Any:
        out = run(plan, columns, lambda v: jax.numpy.maximum(v, 0.0))
        return out.sum(), out

    return jax.jit(jax.value_and_grad(f, has_aux=True))


def jax_call() -> Measure:
    """The compiled function, waited for."""
    import jax

    function, point = jax_function(), [jax.numpy.asarray(x) for x in POINT]
    (value, _), gradients = function(point)
    agreed([value, *gradients])
    return micros(lambda: jax.block_until_ready(function(point)))


def workloads() -> list[Workload]:
    """The rows of this family."""
    family = "one point"
    again = {
        "gradviz": compiled, "micrograd": micrograd, "casadi": casadi_call, "casadi, buffers": casadi_buffers,
        "torch scalars": torch_scalars, "sympy lambdify": sympy_call, "jax, jit": jax_call,
    }  # fmt: skip
    plain = {"gradviz": loops, "micrograd": micrograd, "torch scalars": torch_scalars}
    sizes = {"gradviz": a_node(1_000_000), "itself, 1,000 nodes": a_node(1_000)}
    return [
        Workload(family, "one point, Graph.compile, 1,000 nodes", "µs", again, {"micrograd": 6, "casadi": 0.3}),
        Workload(family, "one point, plain loops (Graph.trace)", "µs", plain),
        Workload(family, "a node in the loops, 1,000,000 nodes", "ns", sizes, {"itself, 1,000 nodes": 5}, at_most=True),
    ]
