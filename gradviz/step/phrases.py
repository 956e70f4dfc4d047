"""What only a stepper says: templates with named fields, together in one place, to be translated."""

from __future__ import annotations


class Phrases:
    """One language's templates; another language is a subclass."""

    start = "The inputs are given; no gate has computed anything yet."
    box = "The {function} box computes {name} from {operands}, all at once; z looks inside."
    box_back = "The {function} box hands its gradient back to {operands}, all at once; z looks inside."
    box_share = "∂{out}/∂{operand} gets {share}"
    seed_from = "set to 1 at the start of the backward pass"
    one_from = "handed back by {gate}"
    sum_from = "the sum of {parts}"
    shares_from = "the sum of {count} shares"
    upstream = "upstream {number} is ∂{out}/∂{node}: {how}"
    local = "local {number} comes from the rule{values}"
    kept = ", with {values} kept from the forward pass"
    given = "{name} = {number} is given"
    computed = "{name} = {number} was computed by {gate}"
    more = "{operand} feeds {times} places; contributions still to come: {missing}"
    rule = "{glyph} ({pattern}): out = {formula}; {partials}"
    moves = "Step against the gradient: {name} moves by -η times its gradient."
    moves_sum = "{name} ← {name} − η · ∂{out}/∂{name} = {value} − {rate} · {grad} = {new}"
    old = "∂{out}/∂{name} = {gradient} was computed with the old numbers of all inputs"
    taken = "All inputs have moved: with the new numbers {out} is {change}."
    taken_sum = "{out}: {before} → {after}   (change {change}; the gradient promised {promise})"
    again = "next: this update is taken, and a new round begins with these numbers"
    fell = "smaller"
    rose = "larger: the learning rate {rate} overshoots, or it is no loss"
    same = "the same"
    next_gate = "next: {gate} computes {name}"
    next_seed = "next: the backward pass starts at {name}"
    next_share = "next: {gate} hands its gradient back to {operands}"
    next_move = "next: {name} moves against its gradient"
    next_output = "next: {name} is computed anew"
    end = "The backward pass has finished: u makes an update with these gradients."
    nudged = "{name}: {old} → {new}   {out}: {before} → {after}"
    nudged_sum = "{out} changed by {change}; gradient × h = {gradient} × {h} = {promise}"
    nudged_rest = "they differ by {rest}: the gradient is the slope at this very point"
    nudged_same = "the gradient says exactly that"


ENGLISH = Phrases()
