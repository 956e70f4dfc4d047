"""PyTorch's functions on Values: ``torch.tanh(v)`` builds our gate.

PyTorch asks ``__torch_function__`` of an operand that is not its own; we look at the function's name and at
nothing else, so PyTorch is never imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import GATES
from gradviz.value import METHODS, Value, apply, lifted


def torch_on_values(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Value:
    """A PyTorch function on Values and numbers.

    Raises:
        GradvizError: it is not made of gates, gets an option that its gate does not have, or a tensor.
    """
    name = getattr(function, "__name__", str(function)).rstrip("_")
    operands = [_operand(name, arg) for arg in args]
    options = {k: v for k, v in kwargs.items() if k not in ("inplace", "out") or v}
    special = _SPECIAL.get(name)
    try:
        if special is not None:
            return special(*operands, **options)
        row = METHODS.get(name) or GATES.get(name)
        if row is None:
            near = did_you_mean(name, [*METHODS, *_SPECIAL])
            raise GradvizError(
                f"torch.{name} is not made of gates, so no gradient could pass it",
                expected="the gates: torch.exp log tanh sigmoid relu maximum where clamp …; arithmetic and comparisons",
                hint=f"torch.{near}" if near else None,
            )
        if "input" in options:
            operands.insert(0, _operand(name, options.pop("input")))
        if "other" in options:
            operands.append(_operand(name, options.pop("other")))
        if options:
            raise TypeError(f"no option {', '.join(options)}")
        return apply(row, *operands)
    except TypeError as error:
        raise GradvizError(f"torch.{name} does not take these arguments on Values: {error}") from None


def _operand(name: str, arg: Any) -> Any:
    """A Value, a number or None; a tensor of one number is that number if nothing depends on it in PyTorch."""
    if isinstance(arg, (Value, bool, str)) or arg is None:
        return arg
    if hasattr(arg, "requires_grad"):
        if arg.requires_grad or arg.numel() != 1:
            raise GradvizError(
                f"torch.{name} mixes a Value with a tensor that "
                + ("requires a gradient" if arg.requires_grad else f"has {arg.numel()} numbers"),
                expected="Values and plain numbers",
                hint="gradviz.Value(float(t)) for a number out of a tensor t",
            )
        return arg.item()
    if isinstance(arg, (list, tuple)):
        raise GradvizError(
            f"torch.{name} got a {type(arg).__name__} of Values", expected="one Value", hint="gradviz.array and NumPy"
        )
    return lifted(arg) if lifted(arg) is not None else arg


def _clamp(input: Any, min: Any = None, max: Any = None) -> Value:
    if min is not None and max is not None:
        return apply(GATES["clip"], input, min, max)
    if min is None and max is None:
        raise TypeError("at least one of min and max is needed")
    return apply(GATES["max"], input, min) if max is None else apply(GATES["min"], input, max)


def _gelu(input: Any, approximate: str = "none") -> Value:
    if approximate != "tanh":
        raise GradvizError(
            "our gelu is the tanh form; torch.nn.functional.gelu without it uses erf, which is no gate",
            hint='gelu(v, approximate="tanh")',
        )
    return apply(GATES["gelu"], input)


def _softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Value:
    # Above the threshold PyTorch uses the straight line, which softplus equals there to 2e-9.
    return apply(GATES["softplus"], input) if beta == 1 else apply(GATES["softplus"], input * beta) / beta


def _leaky_relu(input: Any, negative_slope: float = 0.01) -> Value:
    return apply(GATES["leaky_relu"], input, negative_slope)


def _elu(input: Any, alpha: float = 1.0) -> Value:
    return apply(GATES["elu"], input, alpha)


def _plus(input: Any, other: Any, *, alpha: float = 1.0) -> Value:
    return apply(GATES["add"], input, other if alpha == 1 else apply(GATES["mul"], alpha, other))


def _minus(input: Any, other: Any, *, alpha: float = 1.0) -> Value:
    return apply(GATES["sub"], input, other if alpha == 1 else apply(GATES["mul"], alpha, other))


def _divide(input: Any, other: Any, *, rounding_mode: str | None = None) -> Value:
    if rounding_mode is not None:
        raise TypeError(f"rounding_mode={rounding_mode!r} has no derivative")
    return apply(GATES["div"], input, other)


def _where(condition: Any, input: Any, other: Any) -> Value:
    return apply(GATES["where"], condition, input, other)


#: Where PyTorch's arguments are not just the operands of the gate.
_SPECIAL: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(("clamp", "clip", "hardtanh"), _clamp),
    "gelu": _gelu,
    "softplus": _softplus,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    **dict.fromkeys(("add", "__radd__"), _plus),
    **dict.fromkeys(("sub", "subtract"), _minus),
    **dict.fromkeys(("div", "divide", "true_divide"), _divide),
    "where": _where,
    "rsub": lambda a, b: apply(GATES["sub"], b, a),
}
