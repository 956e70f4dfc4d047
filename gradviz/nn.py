"""Neurons, layers and a multi-layer perceptron: the classes of micrograd's ``nn``, on our Values.

Structure, order of random numbers, and reprs are micrograd's, so that code written for it runs with only
its import changed and the same ``random.seed`` gives the same network.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from gradviz.value import Value


class Module:
    """Something with parameters."""

    def zero_grad(self) -> None:
        """Set every parameter's gradient to 0; ``backward()`` adds to leaves, so do it between steps."""
        for p in self.parameters():
            p.grad = 0.0

    def parameters(self) -> list[Value]:
        """The Values that training changes."""
        return []


class Neuron(Module):
    """``relu(w·x + b)``, or ``w·x + b`` for ``nonlin=False``.

    Args:
        nin: how many inputs.
        nonlin: whether a ReLU follows.

    >>> random.seed(1)
    >>> n = Neuron(2)
    >>> n
    ReLUNeuron(2)
    >>> len(n.parameters())
    3
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Value:
        # Like micrograd, zip stops at the shorter one: a wrong number of inputs is not noticed there either.
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=False)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons that look at the same ``nin`` inputs; one alone gives its Value, several a list."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """All parameters, neuron by neuron."""
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """A multi-layer perceptron: ReLU layers, the last one linear.

    Args:
        nin: how many inputs.
        nouts: the number of neurons of each layer.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """All parameters, layer by layer."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
