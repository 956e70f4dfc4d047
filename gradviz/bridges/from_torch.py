"""PyTorch functions and modules as graphs: ``torch.fx`` traces them, and their steps become gates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradviz.bridges import array_functions, library, tracing
from gradviz.bridges.array_gates import elementwise, matmul, objects
from gradviz.bridges.arrays import array, wrapped
from gradviz.bridges.torch_functions import torch_on_values
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.value import Value


def from_torch(f: Any, /, **values: Any) -> Graph:
    """The Graph of a PyTorch function or module.

    ``torch.fx`` traces it symbolically, through modules down to the functions they call. Its arguments, and the
    parameters of a module (``fc.weight[0,1]``), become the inputs. It is meant for scalar code and small layers:
    functions of single numbers work entry by entry, and of those on whole tensors sums, means, products of matrices,
    ``linear`` and reshaping.

    Args:
        f: a function or ``torch.nn.Module`` that returns one number.
        **values: numbers, lists or tensors for its arguments; what is not given takes its default.

    Raises:
        EnvironmentFailure: PyTorch is not installed: ``pip install "gradviz[torch]"``.
        GradvizError: a function that is not made of gates, control flow on numbers, an argument without a number,
            more than one number as the result.

    >>> import torch  # doctest: +SKIP
    >>> from_torch(lambda w, x: torch.tanh(w * x), w=2.0, x=0.5).names  # doctest: +SKIP
    ('w', 'x', 'mul', 'tanh')
    """
    torch = library("torch")
    fx = library("torch.fx")
    if not callable(f):
        raise GradvizError(f"from_torch takes a function or a module, not the {type(f).__name__} {f!r:.60}")
    called = tracing.name_of(f) if not isinstance(f, torch.nn.Module) else type(f).__name__

    class Through(fx.Tracer):  # type: ignore[name-defined, misc]
        def is_leaf_module(self, module: Any, name: str) -> bool:
            return False  # also into torch.nn's own

    tracer = Through()
    try:
        traced = tracer.trace(f)
    except fx.proxy.TraceError as error:
        raise GradvizError(
            f"torch.fx cannot trace {called}: {str(error).splitlines()[0]}",
            expected="no if, while or for that depends on numbers",
            hint="torch.where(x > 0, a, b)",
        ) from None
    except GradvizError:
        raise
    except Exception as error:
        said = (str(error) or "no message").splitlines()[0]
        raise GradvizError(f"torch.fx cannot trace {called}: {type(error).__name__}: {said}") from error
    steps = _Steps(torch, tracer.root, called, values)
    result = steps.run(traced)
    unknown = sorted(set(values) - steps.arguments)
    if unknown:
        raise GradvizError(
            f"{called} has no argument {unknown[0]!r}", expected="one of " + ", ".join(sorted(steps.arguments))
        )
    if getattr(result, "shape", None) and result.size == 1:
        result = result.item()  # as PyTorch's backward takes it
    return Graph.of(*steps.inputs, tracing.output(result, called, bool(steps.inputs)))


class _Steps:
    """Runs the steps of a ``torch.fx`` graph on Values and arrays of Values."""

    def __init__(self, torch: Any, owner: Any, called: str, values: Mapping[str, Any]) -> None:
        self.torch, self.owner, self.called, self.values = torch, owner, called, values
        self.arguments: set[str] = set()
        self.inputs: list[Value] = []
        self.parameters: dict[str, Any] = {}

    def run(self, traced: Any) -> Any:
        """The result."""
        known: dict[Any, Any] = {}
        from torch.fx import node as fx

        for node in traced.nodes:
            args = fx.map_arg(node.args, lambda n: known[n])
            named = fx.map_arg(node.kwargs, lambda n: known[n])
            if node.op == "placeholder":
                known[node] = self.argument(node)
            elif node.op == "get_attr":
                known[node] = self.parameter(node.target)
            elif node.op == "output":
                return args[0]
            elif node.op == "call_method":
                known[node] = self.method(node.target, args, named)
            else:
                known[node] = self.function(node.target, args, named)
            if isinstance(known[node], Value) and known[node].name is None and known[node].operands:
                known[node].name = node.name  # tanh, mul_1: as torch.fx calls its steps
        raise AssertionError("a torch.fx graph ends with its output")

    # --- where numbers come from --------------------------------------------------------------------------

    def argument(self, node: Any) -> Any:
        """An argument, with the number given for it."""
        name = str(node.target).lstrip("*")
        self.arguments.add(name)
        if name in self.values:
            return self.given(name, self.values[name])
        if node.args:
            return self.given(name, node.args[0])
        raise GradvizError(
            f"no number for {name} of {self.called}",
            expected="a number for every argument without a default",
            hint=f"from_torch({self.called}, {name}=1.0)",
        )

    def parameter(self, path: str) -> Any:
        """A parameter or buffer of a module, the same Values wherever it is used."""
        if path not in self.parameters:
            found: Any = self.owner
            for part in path.split("."):
                found = getattr(found, part)
            constant = not getattr(found, "requires_grad", False)
            self.parameters[path] = objects(_plain(found)) if constant else self.given(path, found)
        return self.parameters[path]

    def given(self, name: str, data: Any) -> Any:
        """Numbers as inputs; anything else as it is."""
        data = _plain(data)
        if tracing.is_number(data):
            value = Value(data, label=name)
            self.inputs.append(value)
            return value
        if tracing.holds_numbers(data):
            made = array(name, data)
            self.inputs.extend(made.flat)
            return made if made.shape else made.item()
        return data

    # --- steps --------------------------------------------------------------------------------------------

    def method(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """``x.tanh()``: a method is the function of that name."""
        if name in _NOTHING:
            return args[0]
        if name in ("size", "dim"):
            shape = np.shape(objects(args[0]))
            return len(shape) if name == "dim" else shape[args[1]] if len(args) > 1 else shape
        if name in _WHOLE:
            return self.whole(name, args, named)
        function = getattr(self.torch, name, None) or getattr(self.torch.Tensor, name, None)
        return self.function(function, args, named) if function is not None else self.refuse(name)

    def function(self, target: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A function of PyTorch, or an operator of Python."""
        name = getattr(target, "__name__", str(target)).strip("_")
        if name in _NOTHING:
            return args[0]
        if name == "dropout":
            training = named.get("training", args[2] if len(args) > 2 else True)
            return self.refuse("dropout while training, which is random,") if training else args[0]
        if name in _WHOLE:
            return self.whole(name, args, named)
        if not any(map(_ours, (*args, *named.values()))):  # on plain numbers: torch.tensor(3.0), 2 * 3
            return _plain(target(*args, **named))
        if target is getattr:
            return self.attribute(args[0], args[1])
        if hasattr(operator, getattr(target, "__name__", "")) and getattr(operator, target.__name__) is target:
            return wrapped(target(*[_plain(arg) for arg in args], **named))
        operands = [_plain(arg) for arg in args]
        held = [i for i, operand in enumerate(operands) if isinstance(operand, (np.ndarray, Value))]
        options = {key: _plain(data) for key, data in named.items()}
        for key in ("input", "other", "min", "max"):  # operands that came by name
            if isinstance(options.get(key), np.ndarray) and options[key].shape:
                return self.refuse(f"{name}(…, {key}=…) on arrays")

        def one(*entries: Any) -> Any:
            full = list(operands)
            for i, entry in zip(held, entries, strict=True):
                full[i] = entry
            return torch_on_values(target, tuple(full), options)

        if not held:
            return torch_on_values(target, tuple(operands), options)
        return wrapped(elementwise(one, [operands[i] for i in held], f"torch.{name}"))

    def whole(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A function of whole tensors: NumPy's, under PyTorch's names."""
        first, *rest = [_plain(arg) for arg in args]
        options = {("axis" if k == "dim" else "keepdims" if k == "keepdim" else k): v for k, v in named.items()}
        if name in ("max", "min", "maximum", "minimum") and (rest or options):
            if name in ("max", "min") and not _ours(rest[0] if rest else None):
                return self.refuse(f"{name} along one dimension (it also gives positions)")
            return wrapped(getattr(np, name[:3] + "imum")(array(first) if isinstance(first, list) else first, *rest))
        if name in ("var", "std"):
            options.setdefault("ddof", 1.0 if options.pop("unbiased", True) else 0.0)
        if isinstance(first, Value):
            first = array([first]).reshape(())
        return wrapped(_WHOLE[name](first, *rest, **options))

    def attribute(self, thing: Any, name: str) -> Any:
        """``x.T``, ``x.shape``."""
        if name in ("T", "mT", "shape", "ndim"):
            return getattr(objects(thing), "T" if name == "mT" else name) if name != "T" else wrapped(objects(thing).T)
        return self.refuse(f"the attribute {name}")

    def refuse(self, name: str) -> Any:
        """What is not made of gates."""
        raise GradvizError(
            f"torch: {name} does not work on Values, so no gradient could pass it",
            expected="functions of single numbers; sum, mean, matmul, linear, reshape on small tensors",
        )


def _ours(thing: Any) -> bool:
    if isinstance(thing, (list, tuple)):
        return any(map(_ours, thing))
    return isinstance(thing, Value) or (isinstance(thing, np.ndarray) and thing.dtype == object)


def _plain(thing: Any) -> Any:
    """Tensors as numbers and arrays."""
    if hasattr(thing, "detach") and hasattr(thing, "numpy"):
        numbers = thing.detach().cpu().numpy()
        return numbers if numbers.shape else numbers.item()
    return thing


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    out = matmul(x, objects(weight).T)
    return out if bias is None else elementwise(lambda a, b: a + b, (out, bias), "linear")


def _by_numpy(name: str) -> Callable[..., Any]:
    return lambda *args, **named: array_functions.call(name, args, named)


def _flattened(a: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    shape = np.shape(objects(a))
    last = end_dim % len(shape)
    return objects(a).reshape(*shape[:start_dim], -1, *shape[last + 1 :])


def _shaped(a: Any, *shape: Any) -> Any:
    return objects(a).reshape(*(shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape))


def _mse(a: Any, b: Any, reduction: str = "mean", **others: Any) -> Any:
    squares = elementwise(lambda x, y: (x - y) ** 2, (a, b), "mse_loss")
    return squares if reduction == "none" else array_functions.call(reduction, (squares,), {})


#: Functions of whole tensors.
_WHOLE: dict[str, Callable[..., Any]] = {
    **{name: _by_numpy(name) for name in ("sum", "mean", "prod", "var", "std", "cumsum", "outer", "dot", "max", "min")},
    **{"amax": _by_numpy("max"), "amin": _by_numpy("min"), "vdot": _by_numpy("vdot")},
    **dict.fromkeys(("matmul", "mm", "mv", "bmm"), matmul),
    "linear": _linear,
    "mse_loss": _mse,
    "flatten": _flattened,
    **dict.fromkeys(("reshape", "view"), _shaped),
    "squeeze": lambda a, axis=None: np.squeeze(objects(a), axis),
    "unsqueeze": lambda a, axis: np.expand_dims(objects(a), axis),
    "t": lambda a: objects(a).T,
    "transpose": lambda a, i, j: np.swapaxes(objects(a), i, j),
    "permute": lambda a, *axes: objects(a).transpose(*axes),
    "stack": lambda parts, axis=0: np.stack([objects(part) for part in parts], axis),
    "cat": lambda parts, axis=0: np.concatenate([objects(part) for part in parts], axis),
    "norm": lambda a: array_functions.call("linalg.norm", (a,), {}),
}
#: Methods and functions that change no number.
_NOTHING = frozenset(("contiguous", "clone", "float", "double", "to", "requires_grad", "type_as"))
