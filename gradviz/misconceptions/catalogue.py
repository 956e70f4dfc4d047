"""The misconceptions, by name: one row each. The ids are stable for ever.

No controlled study of misconceptions about backprop is known to us: the list was gathered from threads, issues and
course notes. Which rule a row stands for, ``wrong_rules`` knows; here stand the words, to be translated.
"""

from __future__ import annotations

from typing import NamedTuple


class Misconception(NamedTuple):
    """One way to go wrong.

    Args:
        id: its name in files and programs; it never changes.
        name: its name for people.
        sentence: what was done, in one sentence. Fields: gate, node (the gate's name), operand, out (the output).
        right_when: where that would have been right.
        runnable: whether it is a rule that can be run against an answer.
        special_case_of: rules that give the same number wherever this one says something: then this one is named.
    """

    id: str
    name: str
    sentence: str
    right_when: str
    runnable: bool = True
    special_case_of: tuple[str, ...] = ()


_LIST = (
    Misconception(
        "fanout_not_summed",
        "one branch counted, not all",
        "{operand} is used in more than one place, and this is not the sum of what all of them hand back.",
        "It is right for a node that feeds one place only.",
    ),
    Misconception(
        "evaluation_order",
        "fired too early",
        "Here a node passed its gradient on before every gate that uses it had handed its share back.",
        "It is right where every node feeds one place only: then nothing has to wait.",
    ),
    Misconception(
        "stale_gradient",
        "old gradients left in",
        "This number still contains gradients of an earlier backward pass: they were not set to zero.",
        "It is right when you add up the gradients of several examples on purpose.",
    ),
    Misconception(
        "mul_not_swapped",
        "own factor instead of the other",
        "The multiply gate swaps: what {operand} gets is multiplied by the other input, not by {operand} itself.",
        "It is right for x · x, where both inputs are the same number.",
    ),
    Misconception(
        "upstream_dropped",
        "upstream forgotten",
        "This is the local derivative alone; it still has to be multiplied by the gradient that arrives at {node}.",
        "It is right at the output, where the arriving gradient is 1.",
    ),
    Misconception(
        "local_dropped",
        "local derivative forgotten",
        "The arriving gradient was handed on unchanged, but the {gate} gate multiplies it by its local derivative.",
        "It is right for the inputs of a + gate and for a copy, whose local derivative is 1.",
    ),
    Misconception(
        "added_not_multiplied",
        "added instead of multiplied",
        "Upstream and local were added; along one path the chain rule multiplies them.",
        "Adding is right at a fork, between the shares of different paths.",
    ),
    Misconception(
        "inner_derivative_missing",
        "inner derivative missing",
        "The chain stopped one function early: the derivative of the inner one, {node}, is still to be multiplied.",
        "It is right when the inner function is just x plus a constant: its derivative is 1.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "split_in_half",
        "gradient split up",
        "The gradient was shared out between the inputs of a + gate, but every input gets all of it.",
        "It is right for the mean (a + b)/2: there the factor ½ stands in the formula.",
    ),
    Misconception(
        "sign_error",
        "sign lost",
        "The size is right and the sign is not: a minus got lost, or one too many came in.",
        "It is right for an input that is added, not subtracted.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "max_wrong_branch",
        "routed to the loser",
        "The {gate} gate hands the gradient to the input that it took, and here another one got it.",
        "It is right for the opposite gate: min for max, max for min.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "max_both_branches",
        "everybody gets the gradient",
        "The {gate} gate takes one input, and only that one gets the gradient; the others get 0.",
        "It is right for a + gate, which hands its gradient to every input.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "relu_gate_ignored",
        "shut gate ignored",
        "The {gate} gate was treated as if it stood open; which slope it has depends on its input.",
        "It is right where the input is in the part of slope 1: above 0 for ReLU, between its bounds for clip.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "derivative_at_wrong_point",
        "derivative at the wrong point",
        "The formula of the derivative is right, and another number was put into it than the gate's own input.",
        "σ′ = σ(z)·(1 − σ(z)) is a·(1 − a) when a is the gate's output; with any other number it is not.",
    ),
    Misconception(
        "sigmoid_derivative_wrong",
        "another formula for σ′",
        "The derivative of the sigmoid is out·(1 − out), where out is what the gate gives.",
        "z·(1 − z) is right in code that calls the OUTPUT z.",
    ),
    Misconception(
        "tanh_derivative_wrong",
        "another formula for tanh′",
        "The derivative of tanh is 1 − out², where out is what the gate gives: mind the square.",
        "out·(1 − out) is right for the sigmoid.",
    ),
    Misconception(
        "power_rule_wrong",
        "power rule",
        "The power rule takes the exponent down as a factor and lowers it by one: xⁿ has the slope n·xⁿ⁻¹.",
        "It is right for n = 1, where nothing shows the difference.",
    ),
    Misconception(
        "power_rule_on_exponential",
        "power rule on an exponential",
        "Here the exponent moves, so the power rule does not hold: eᶻ is its own slope, and aˣ has aˣ·ln a.",
        "The power rule is right where the base moves and the exponent stands still.",
    ),
    Misconception(
        "reciprocal_wrong",
        "derivative of 1/x",
        "The derivative of 1/x is −1/x²: with a minus, and with the square.",
        "ln x goes the other way: its derivative is 1/x.",
    ),
    Misconception(
        "quotient_swapped",
        "quotient rule turned round",
        "The two terms of the quotient rule changed places, which turns the sign: u/v has (u′v − uv′)/v².",
        "It is right for −u/v.",
        special_case_of=("sign_error",),
    ),
    Misconception(
        "half_lost",
        "½ or 2 lost",
        "The constant factor at {node} was lost; a factor in front stays when one takes the derivative.",
        "It is right for ½·x² as a whole, where the ½ and the 2 of the square cancel.",
        special_case_of=("local_dropped",),
    ),
    Misconception(
        "log_base",
        "base of the logarithm",
        "log is the natural logarithm here: its derivative is 1/x, without ln 10.",
        "1/(x·ln 10) is right for the logarithm to base 10.",
    ),
    Misconception(
        "wrong_variable_in_local_gradient",
        "a neighbour's number",
        "The local derivative at {node} uses the other input of {node}; this is a number of a neighbouring gate.",
        "It is right for that neighbour.",
    ),
    Misconception(
        "fused_gradient_mislabelled",
        "σ′ applied twice",
        "For a cross-entropy the short form a − y is already the gradient before the σ; σ′ was applied once more.",
        "Applying σ′ is right to ∂L/∂a, the gradient after the σ, which is (a − y)/(a·(1 − a)).",
    ),
    Misconception(
        "target_not_subtracted",
        "target not subtracted",
        "This is the probability p; for the right class the gradient of the loss is p − 1, because the target is 1.",
        "It is right for every class but the target's own.",
        special_case_of=("fanout_not_summed",),
    ),
    Misconception(
        "double_softmax",
        "softmax twice",
        "The loss takes the scores and has a softmax inside; here a softmax was applied before it.",
        "It is right for a loss that takes probabilities.",
    ),
    Misconception(
        "not_backpropagated_through_time",
        "one step of many",
        "{operand} is used again at every step, and only the last use was counted; the shares of all steps add up.",
        "It is right if every step has a weight of its own.",
        special_case_of=("fanout_not_summed",),
    ),
    Misconception(
        "value_clipped",
        "value clipped, not gradient",
        "The {gate} gate limits the value, and outside its bounds it passes no gradient; it does not limit gradients.",
        "It is right for gradient clipping, which is done to the gradients after the backward pass.",
    ),
    Misconception(
        "ascent",
        "uphill",
        "The step went with the gradient, and that makes {out} larger; descent goes against it: w − η·g.",
        "It is right when you want {out} to grow.",
        special_case_of=("sign_error",),
    ),
    Misconception(
        "update_too_early",
        "updated too early",
        "A weight that had already been updated was used for this gradient; all gradients belong to the old weights.",
        "It is right if you run forward and backward again after every single update.",
    ),
    Misconception(
        "symmetry",
        "equal weights drift apart",
        "Weights that start equal and stand in equal places get equal gradients, so they stay equal for ever.",
        "They learn different things once something random has made them differ.",
        runnable=False,
    ),
    Misconception(
        "arithmetic",
        "slip of the pen",
        "This is near the right number, or right but for its decimal point: look at the arithmetic again.",
        "The rule behind it was probably right.",
    ),
    Misconception(
        "copied_wrongly",
        "a number from another line",
        "This is {source}, and something else is asked.",
        "It would be right if {source} were asked for.",
    ),
)

#: The list, by id.
MISCONCEPTIONS: dict[str, Misconception] = {row.id: row for row in _LIST}
