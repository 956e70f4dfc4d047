"""Value and all gradients of the same graph at 10,000 points in a batch; and getting ready for that."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.bench import one_point
from tests.bench.compare import Measure, Workload, seconds
from tests.bench.plans import INPUTS, NODES, agreed, named, ours, points, run, steps

POINTS = 10_000


def columns() -> list[Any]:
    """For every input its numbers; the first point is the one that all engines are checked at."""
    import numpy as np

    found = [np.array(column) for column in points(POINTS)]
    for column, at in zip(found, one_point.POINT, strict=True):
        column[0] = at
    return found


def a_point(task: Callable[[], Any]) -> Measure:
    """Nanoseconds a node and point."""
    return lambda: 1e9 * seconds(task) / (POINTS * NODES)


def compiled() -> Measure:
    """Ours: the generated NumPy program, block after block."""
    run_it, many = ours(steps(NODES)).compile(), named(columns())
    value, gradients = run_it(many)
    agreed([value[0], *(gradients[f"x{i}"][0] for i in range(INPUTS))])
    return a_point(lambda: run_it(many))


def micrograd() -> Measure:
    """micrograd builds everything again for every point: one point's time, which is all there is to it."""
    one = one_point.micrograd()
    return lambda: 1e3 * one() / NODES


def torch_batch() -> Measure:
    """PyTorch on tensors of points, one thread."""
    import torch

    torch.set_num_threads(1)
    many: list[Any] = [torch.tensor(column, requires_grad=True) for column in columns()]
    plan = steps(NODES)

    def again() -> Any:
        for tensor in many:
            tensor.grad = None
        out = run(plan, many, torch.relu)
        out.sum().backward()
        return out.detach()

    agreed([again()[0], *(tensor.grad[0] for tensor in many)])
    return a_point(again)


def autograd_batch() -> Measure:
    """HIPS autograd on arrays of points."""
    import autograd
    import autograd.numpy as anp

    plan, many = steps(NODES), tuple(columns())

    def f(given: Any) -> Any:
        return anp.sum(run(plan, list(given), lambda v: anp.maximum(v, 0.0)))

    function = autograd.value_and_grad(f)
    _, gradients = function(many)
    value, _ = function(tuple(column[:1] for column in many))
    agreed([value, *(gradient[0] for gradient in gradients)])
    return a_point(lambda: function(many))


def casadi_map() -> Measure:
    """CasADi's serial map."""
    import casadi
    import numpy as np

    mapped, many = one_point.casadi_function().map(POINTS), casadi.DM(np.array(columns()))
    value, gradients = mapped(many)
    agreed([value[0], *(gradients[i, 0] for i in range(INPUTS))])
    return a_point(lambda: mapped(many))


def jax_batch() -> Measure:
    """JAX's compiled function on arrays of points, waited for."""
    function = one_point.jax_function()
    import jax

    many = [jax.numpy.asarray(column) for column in columns()]
    (_, value), gradients = function(many)
    agreed([value[0], *(gradient[0] for gradient in gradients)])
    return a_point(lambda: jax.block_until_ready(function(many)))


def fresh(make: Callable[[], Callable[[], Any]]) -> Callable[[], Measure]:
    """Milliseconds from nothing to the first answer, imports aside."""

    def measure() -> float:
        start = time.perf_counter()
        make()()
        return 1e3 * (time.perf_counter() - start)

    def setup() -> Measure:
        make()()
        return measure

    return setup


def ready_ours() -> Callable[[], Any]:
    """From the plan to a first batch."""
    run_it, many = ours(steps(NODES)).compile(), named(columns())
    return lambda: run_it(many)


def ready_jax() -> Callable[[], Any]:
    """A new function, so that nothing is in JAX's caches."""
    function = one_point.jax_function()
    import jax

    many = [jax.numpy.asarray(column) for column in columns()]
    return lambda: jax.block_until_ready(function(many))


def ready_casadi() -> Callable[[], Any]:
    """Function and map."""
    import casadi
    import numpy as np

    mapped, many = one_point.casadi_function().map(POINTS), casadi.DM(np.array(columns()))
    return lambda: mapped(many)


def ready_sympy() -> Measure:
    """Formulas, their derivatives, and a function for one point; measured once, because it takes so long."""
    start = time.perf_counter()
    one_point.sympy_function()(*one_point.POINT)
    taken = 1e3 * (time.perf_counter() - start)
    return lambda: taken


def workloads() -> list[Workload]:
    """The rows of this family."""
    engines = {
        "gradviz": compiled, "micrograd": micrograd, "torch, one thread": torch_batch, "autograd": autograd_batch,
        "casadi, map": casadi_map, "jax, jit": jax_batch,
    }  # fmt: skip
    goals = {"micrograd": 150.0, "torch, one thread": 0.8, "casadi, map": 2.0}
    ready = {"gradviz": fresh(ready_ours), "jax, jit": fresh(ready_jax), "casadi, map": fresh(ready_casadi),
             "sympy lambdify": ready_sympy}  # fmt: skip
    return [
        Workload("batch", "10,000 points, 1,000 nodes", "ns", engines, goals),
        Workload("batch", "getting ready and the first 10,000 points", "ms", ready),
    ]
