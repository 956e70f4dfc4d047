"""Signs, numbers and points as homework types them."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?:[0-9]+(?:\{,\}[0-9]+)+|[0-9]+(?:\{?\.\}?[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![A-Za-z]))?")
_VALUE = r"[ ]*[^\W\d]\w*[ ]*=[ ]*-?[0-9]+(?:\.[0-9]+)?"

#: ``_(x=2, y=3)`` or ``x=2`` behind a bar.
POINT = re.compile(rf"_?[ ]*\(?({_VALUE}(?:[ ]*,{_VALUE})*)[ ]*\)?")

#: Signs as typed, the longer before the shorter, and what they say.
SIGNS = (
    ("<->", "⇒"), ("<=>", "⇒"), ("==>", "⇒"), ("-->", "⇒"), ("**", "^"), ("==", "="), (":=", "="),
    ("≐", "≈"), ("≜", "="), ("≝", "="), ("≔", "="),
    ("~=", "≈"), ("≈", "≈"), ("≃", "≈"), ("≅", "≈"), ("≡", "="), ("<=", "<="), (">=", ">="), ("!=", "!="),
    ("=>", "⇒"), ("->", "⇒"), ("<-", "←"), ("+=", "+="), ("-=", "-="), ("←", "←"), ("→", "⇒"), ("⇒", "⇒"),
    ("⟹", "⇒"), ("⟶", "⇒"), ("⇔", "⇒"), ("∴", "⇒"), ("≤", "<="), ("≥", ">="), ("≠", "!="), ("⩽", "<="),
    ("⩾", ">="), ("=", "="), ("+", "+"), ("-", "-"), ("*", "*"), ("/", "/"), ("^", "^"), ("<", "<"),
    (">", ">"), ("(", "("), (")", ")"), ("[", "["), ("]", "]"), ("|", "|"), (",", ","), ("√", "√"),
    ("'", "'"), ("′", "'"), ("’", "'"), ("∂", "∂"), ("∇", "∇"), ("𝟙", "𝟙"), ("&", "&"), (";", ";"),
    (":", ":"),
)  # fmt: skip


def written_number(typed: str) -> str | None:
    """``1{,}000{,}000`` and ``0{,}5`` as numbers; None where both readings of ``{,}`` fit."""
    parts = typed.replace("{.}", ".").split("{,}")
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2 and (len(parts[1]) != 3 or parts[0] == "0"):
        return ".".join(parts)
    return "".join(parts) if len(parts) > 2 and all(len(part) == 3 for part in parts[1:]) else None
