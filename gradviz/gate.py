"""Gate: what a row of the table is, and what its formulas turn into.

A row is data: names, a glyph, the value and the local derivatives as formulas. Its functions for floats, NumPy
blocks and mpmath numbers are compiled from them when first used.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from gradviz import formulas
from gradviz.errors import GradvizError

#: The table, by name: filled by ``gates.py``; formulas may call other rows.
GATES: dict[str, Gate] = {}


class Pattern(enum.Enum):
    """How a gate treats the gradient that arrives at it, in the word the lectures use."""

    DISTRIBUTES = "distributor"
    SWAPS = "swapper"
    PICKS = "router"
    COPIES = "adder"
    SCALES = "scaler"
    BLOCKS = "stop"
    NONE = "source"


@dataclass(frozen=True, slots=True)
class Kink:
    """A place without a derivative: which value we take there and which ones are right.

    ``low`` and ``high`` are the one-sided derivatives; every number between them is a subgradient.
    """

    where: str  # a formula: true at the kink
    low: str
    high: str
    convention: str  # in words, as shown to people


@dataclass(frozen=True, eq=False)
class Gate:
    """One row of the table.

    Args:
        name: the name in the language and in JSON.
        glyph: what the circle in the picture says.
        formula: the value, in a numerically stable form.
        partials: the local derivative for each operand (variadic gates: one, for ``a`` of ``args``).
        pattern: how it routes gradients.
        arity: number of operands; None for any number.
        infix: the operator that spells it, as Python writes it.
        spellings: further names it is called by.
        numpy: further names of the NumPy ufuncs and PyTorch functions that are this gate.
        folded: the glyph when the operands in these slots are constants.
        textbook: the form a lecturer writes on the board, when it differs from ``formula``.
        kink: where it has no derivative, and what we do there.
        defaults: numbers for trailing operands that may be left out.
        about: one line for ``gradviz gates``.
    """

    name: str
    glyph: str
    formula: str
    partials: tuple[str, ...]
    pattern: Pattern = Pattern.SCALES
    arity: int | None = 1
    infix: str | None = None
    spellings: tuple[str, ...] = ()
    numpy: tuple[str, ...] = ()
    folded: Mapping[tuple[int, ...], str] = field(default_factory=dict)
    textbook: str | None = None
    kink: Kink | None = None
    defaults: tuple[float, ...] = ()
    about: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        from gradviz.gates import gate

        return gate, (self.name,)

    def __repr__(self) -> str:
        return f"<gate {self.name}>"

    @property
    def commutes(self) -> bool:
        """Whether the operands may change places."""
        return self.arity is None or self.infix in ("+", "*", "==", "!=")

    @property
    def selects(self) -> bool:
        """Whether a local derivative of 0 means "not taken": then the contribution is 0 whatever the
        upstream gradient is, also for inf (0 times inf would be nan)."""
        return self.pattern in (Pattern.PICKS, Pattern.BLOCKS)

    @property
    def operand_names(self) -> str:
        """``a, b`` … as the formula names them."""
        return "*args" if self.arity is None else ", ".join("abc"[: self.arity])

    @cached_property
    def value(self) -> Callable[..., float]:
        """The gate on floats: ``value(*operands)``, IEEE inf and nan instead of exceptions."""
        return self._compile(formulas.FLOATS, (self.formula,), "value")

    @cached_property
    def locals(self) -> Callable[..., tuple[float, ...]]:
        """Its local derivatives: ``locals(out, *operands)``, one for every operand slot."""
        return self._compile(formulas.FLOATS, self.partials, "locals")

    @cached_property
    def constant_locals(self) -> tuple[float, ...] | None:
        """Its local derivatives where they are numbers, as for + and −; None where they depend on the operands."""
        try:
            return None if self.arity is None else tuple(map(float, self.partials))
        except ValueError:
            return None

    @cached_property
    def block_value(self) -> Callable[..., Any]:
        """The gate on NumPy arrays of points."""
        return self._compile(formulas.blocks(), (self.formula,), "block_value")

    @cached_property
    def block_locals(self) -> Callable[..., Any]:
        """Its local derivatives on NumPy arrays of points."""
        return self._compile(formulas.blocks(), self.partials, "block_locals")

    @cached_property
    def exact_value(self) -> Callable[..., Any]:
        """The gate on mpmath numbers."""
        return self._compile(formulas.digits(), (self.formula,), "exact_value")

    @cached_property
    def exact_locals(self) -> Callable[..., Any]:
        """Its local derivatives on mpmath numbers."""
        return self._compile(formulas.digits(), self.partials, "exact_locals")

    @cached_property
    def at_kink(self) -> Callable[..., bool]:
        """Whether these operands lie exactly on the kink: ``at_kink(out, *operands)``."""
        if self.kink is None:
            return lambda *operands: False
        tests = self._compile(formulas.FLOATS, (self.kink.where,), "at_kink", each=False)
        return lambda *operands: bool(tests(*operands)[0])

    @cached_property
    def one_sided(self) -> Callable[..., tuple[float, float]]:
        """The two one-sided derivatives at the kink: ``one_sided(out, *operands)``."""
        kink = self.kink
        if kink is None:
            raise GradvizError(f"the gate {self.name} has no kink")
        sides: Callable[..., tuple[float, float]] = self._compile(
            formulas.FLOATS, (kink.low, kink.high), "one_sided", each=False
        )
        return sides

    def _compile(
        self, dialect: formulas.Dialect, texts: tuple[str, ...], kind: str, *, each: bool | None = None
    ) -> Callable[..., Any]:
        value = kind.endswith("value")
        signature = self.operand_names if value else f"out, {self.operand_names}"
        row = kind if value else kind.replace("locals", "value") if "locals" in kind else "value"
        if each is None:
            each = not value and self.arity is None

        def compiled(in_dialect: formulas.Dialect, rescue: Callable[[], Any] | None = None) -> Callable[..., Any]:
            return formulas.compile_function(
                signature, texts, in_dialect, lambda name: getattr(GATES[name], row), each=each, careful=rescue
            )

        if dialect is formulas.FLOATS and _may_raise(texts):
            return compiled(dialect, cache(lambda: compiled(formulas.CAREFUL)))
        return compiled(dialect)


def _may_raise(texts: tuple[str, ...]) -> bool:
    """Whether Python can raise where IEEE has an answer: a division, a power, or a function call."""
    return any(sign in text for text in texts for sign in ("/", "**", "("))
