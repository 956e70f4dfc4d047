"""What the quiz says: templates with named fields, together in one place, so that they can be translated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentences:
    """One language's templates."""

    value: str = "What is the value of {node} = {formula}?"
    local: str = "What is the local derivative ∂{node}/∂{operand} of the {gate} gate {node} = {formula}?"
    contribution: str = (
        "The gradient of {out} with respect to {node} is {upstream}. "
        "What does the {gate} gate {node} = {formula} hand back to {operand}?"
    )
    gradient: str = "What is the gradient of {out} with respect to {operand}?"
    sum: str = "{operand} is used in {times} places. What is its whole gradient, ∂{out}/∂{operand}?"
    update: str = "One step of gradient descent on {out}, learning rate {rate}: what is the new value of {operand}?"
    with_numbers: str = "  ({numbers})"
    hint_value: str = "{node} comes out of the {gate} gate, from {operands}."
    hint_gate: str = "The gate is {shown}: {pattern}."
    hint_sum: str = "{operand} goes to {users}: each of them hands something back."
    hint_box_value: str = "{node} is what the function {formula} gives."
    hint_box: str = "It is defined as {box}."
    hint_loss: str = "The gradient of a cross-entropy by a score is p − y: its probability, minus 1 for the target."
    hint_add: str = "A fork adds: the gradient is the sum of what comes back along all branches."
    hint_against: str = "Gradient descent goes against the gradient, by the learning rate times its size."
    hint_step: str = "new {operand} = {operand} − {rate} · ∂{out}/∂{operand}, with all numbers from before the step."
    local_rule: str = (
        "The local derivative asks how {node} alone moves when {operand} moves: ∂{node}/∂{operand}{symbol}."
    )
    adds: str = "The shares of all branches add up: "
    blank: str = "___"
    now: str = "Now {numbers}."
    # the session
    given: str = "Given: {numbers}."
    again: str = "The same with other numbers. {prompt}"
    empty: str = "Type a number, a fraction or a formula; ? lists what else you can type."
    help: tuple[str, ...] = (
        "Answer with a number (-2, 0.5), a fraction (1/3) or a formula (2*x); it is right within 1 %.",
        "  :hint   a hint, once you have tried",
        "  skip    show the answer and go on",
        "  quit    stop, with a summary",
    )
    try_first: str = "Try once first: a wrong answer often shows more than a hint."
    unreadable: str = "That does not read as a number: {error}"
    right: str = "Right. {because}"
    wrong: str = "{shown} is not it."
    named: str = "{shown} is what comes out with this mistake: {name}."
    several: str = "{shown} comes out in more than one way: {names}."
    which: str = "  {name}: {sentence}"
    either: str = " or "
    proof: str = "  The proof: {refutation}"
    once_more: str = "Once more?"
    hint: str = "Hint: {hint}"
    worked: str = "This is how it goes: {worked}"
    skipped: str = "Skipped: {worked}"
    nothing: str = "Nothing was answered."
    summary: str = "Asked: {asked}. Right at the first try: {first}."
    revisit: str = "To revisit:"
    idea: str = "  {name}{times}"
    place: str = "  {subject}"


ENGLISH = Sentences()

PATTERNS = {
    "DISTRIBUTES": "a distributor, it hands its gradient on to every input",
    "SWAPS": "a swapper, each input gets the gradient times the other input",
    "PICKS": "a router, what was taken gets the gradient, the rest gets 0",
    "COPIES": "another name for a wire, which hands its gradient on",
    "SCALES": "a function, it multiplies the gradient by its own slope",
    "BLOCKS": "a step, it passes no gradient",
}
