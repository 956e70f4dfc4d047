"""The parts of ``equivalence``: sides as tapes, points and kinks, numbers that may be rounded, many digits."""
