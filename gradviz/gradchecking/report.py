"""The report of a gradcheck: a small table, and what a person would say about it."""

from __future__ import annotations

from collections.abc import Sequence

from gradviz.gradchecking.verdicts import Row, diagnosis, same
from gradviz.numerals import Numerals

_MOST = 12  # rows of right entries that are shown
_NUMBERS = Numerals(digits=6)
_ROUGH = Numerals(digits=2)

_SUMMARY = {
    "one right": "The gradient is right.",
    "one wrong": "The gradient is not right.",
    "one undecided": "The gradient cannot be decided here.",
    "all right": "All {n} gradients are right.",
    "some right": "{k} of {n} gradients are right.",
    "itself": "gradviz's own gradient agrees with differences in all {n} places.",
    "more": "… and {n} more that are right",
    "untraced": "Checked against differences alone; gradviz could not follow the function: {why}",
}

#: What is said about one row, by its verdict.
_SENTENCES = {
    "wrong": "{label}: you have {given}, and it is {true}{doubt}.",
    "suspicious": "{label}: you have {given}, and it is {true}{doubt}: near, but a right gradient would be nearer.",
    "close": "{label}: right to {digits} digits. Rounded constants or float32 would do that.",
    "close differences": "{label}: right as far as differences can tell, which is {doubt_number} here.",
    "kink": "{label}: {at} is on a kink. The slope is {left} before it and {right} behind it, and {given} is between.",
    "kink agreed": "{label}: a gate stands on its kink here; {given} is what the usual convention gives, differences"
    " give {differences}.",
    "kink wrong": "{label}: you have {given}. {at} is on a kink: the slope is {left} before it and {right} behind it,"
    " and {given} is not between.",
    "missing": "{label}: there is no gradient for it; it is {true}.",
    "rounding": "{label}: not decided. Rounding drowns the differences, whatever the step: at best {differences} ±"
    " {doubt_number}. Try a point where the function is smaller.",
    "jump": "{label}: not decided. The function jumps at {at}, so it has no slope there.",
    "edge": "{label}: not decided. The function ends at {at}, or is vertical there: differences do not settle.",
    "undefined": "{label}: not decided. The function has no finite value around {at}.",
    "we are wrong": "{label}: you and the differences say {given}, gradviz says {own}: a local derivative in the gate"
    " table is wrong.",
    "nan": "{label}: you have {given}, which is no slope; it is {true}{doubt}.",
}

#: What may have gone wrong, by the name of the mistake.
_REASONS = {
    "sign": "Only the sign differs.",
    "twice": "That is twice as much: is something added up twice, or a 1/2 missing?",
    "half": "That is half of it: is a factor 2 missing, as from a square?",
    "swapped": "That is the gradient of {other}: are two of them swapped?",
    "fan_out": "{label} is used {uses} times, and {given} is the share of one use: a copy adds, {sum}.",
    "zero": "Is it set somewhere, and not only initialized?",
    "times_input": "That is the right one times {label} itself.",
    "beyond": "There is a kink at {label} = {kink}, and {given} is the slope on its other side.",
}


def text(rows: Sequence[Row], untraced: str | None, itself: bool) -> str:
    """The whole report."""
    shown = [row for row in rows if row.verdict != "right"]
    shown = list(rows) if len(rows) <= _MOST else [*shown[:_MOST], *[r for r in rows if r.verdict == "right"][:3]]
    lines = _table([row for row in rows if row in shown], itself, own=untraced is None)
    if len(shown) < len(rows):
        lines.append(_SUMMARY["more"].format(n=len(rows) - len(shown)))
    lines += ["", _summary(rows, itself)]
    lines += [said for row in shown if (said := _said(row, rows))]
    if untraced is not None:
        lines.append(_SUMMARY["untraced"].format(why=untraced.rstrip(".") + "."))
    return "\n".join(lines)


def _table(rows: Sequence[Row], itself: bool, *, own: bool) -> list[str]:
    heads = ["input", "yours", "differences", "gradviz", "relative error", ""]
    table = [
        [
            row.label,
            "none" if row.given is None else _NUMBERS.text(row.given),
            _with_doubt(row),
            "" if row.own is None else _NUMBERS.text(row.own),
            "" if row.given is None else _ROUGH.text(row.error),
            row.verdict,
        ]
        for row in rows
    ]
    kept = [i for i in range(6) if not (i == 1 and itself) and not (i == 3 and not own)]
    cells = [[line[i] for i in kept] for line in (heads, *table)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(kept))]
    left = (0, len(kept) - 1)
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _with_doubt(row: Row) -> str:
    """The difference, with its uncertainty where that shows in the digits."""
    number = _NUMBERS.text(row.differences)
    if row.slope is not None and row.slope.kind == "kink":
        return f"{_NUMBERS.text(row.slope.left)} | {_NUMBERS.text(row.slope.right)}"
    if row.uncertainty > 1e-5 * max(abs(row.differences), 1e-6):
        return f"{number} ± {_ROUGH.text(row.uncertainty)}"
    if row.own is not None and abs(row.differences - row.own) <= 10 * row.uncertainty:
        return _NUMBERS.text(row.own) if abs(row.differences) < 1e-9 or abs(row.own) < 1e-9 else number
    return number


def _summary(rows: Sequence[Row], itself: bool) -> str:
    right = sum(row.ok for row in rows)
    if len(rows) == 1 and not itself:
        key = "one right" if right else "one undecided" if rows[0].verdict == "undecided" else "one wrong"
    else:
        key = "some right" if right < len(rows) else "itself" if itself else "all right"
    return _SUMMARY[key].format(n=len(rows), k=right)


def _said(row: Row, rows: Sequence[Row]) -> str | None:
    """The sentence about one row; None for a right one."""
    kind = None if row.slope is None else row.slope.kind
    key: str = row.verdict
    if row.verdict == "right":
        if row.own is None or row.given is None or abs(row.own - row.given) <= 1e-6 * abs(row.given) + 1e-8:
            return None
        if row.own == row.given:  # both infinite
            return None
        key = "we are wrong"
    elif row.verdict == "undecided":
        key = kind if kind in ("jump", "edge", "undefined") else "rounding"
    elif row.verdict == "close" and row.own is None:
        key = "close differences"
    elif row.verdict == "kink" and kind != "kink":
        key = "kink agreed"
    elif row.verdict == "wrong" and kind == "kink":
        key = "kink wrong"
    elif row.given is not None and row.given != row.given:
        key = "nan"
    said = _SENTENCES[key].format(**_fields(row))
    mistake = diagnosis(row, rows) if row.verdict in ("wrong", "suspicious") else None
    return said if mistake is None else f"{said} {_REASONS[mistake].format(**_reason(row, rows))}"


def _fields(row: Row) -> dict[str, str]:
    true = row.differences if row.own is None else row.own
    digits = 0
    while digits < 12 and row.error < 10.0 ** -(digits + 1):
        digits += 1
    large = row.own is None and row.uncertainty > 1e-5 * abs(true)
    return {
        "label": row.label,
        "at": f"{row.label} = {_NUMBERS.text(row.at)}",
        "given": "none" if row.given is None else _NUMBERS.text(row.given),
        "true": _NUMBERS.text(true),
        "own": "" if row.own is None else _NUMBERS.text(row.own),
        "differences": _NUMBERS.text(row.differences),
        "doubt": f" ± {_ROUGH.text(row.uncertainty)}" if large else "",
        "doubt_number": _ROUGH.text(row.uncertainty),
        "digits": str(digits),
        "left": "" if row.slope is None else _NUMBERS.text(row.slope.left),
        "right": "" if row.slope is None else _NUMBERS.text(row.slope.right),
    }


def _reason(row: Row, rows: Sequence[Row]) -> dict[str, str]:
    assert row.given is not None
    others = [r.label for r in rows if r is not row and same(row.given, r.differences if r.own is None else r.own)]
    terms = [_NUMBERS.text(part) for part in row.parts]
    added = " + ".join(f"({term})" if term.startswith("-") and i else term for i, term in enumerate(terms))
    return {
        **_fields(row),
        "other": others[0] if others else "",
        "uses": str(len(row.parts)),
        "sum": f"{added} = {_NUMBERS.text(row.own)}" if row.own is not None else "",
        "kink": "" if row.kink is None else _NUMBERS.text(row.kink[0]),
    }
