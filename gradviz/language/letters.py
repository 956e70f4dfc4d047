"""How the letters of a problem may be spelled: ``w_{11}^{(2)}``, ``w11_2`` and ``w₁₁⁽²⁾`` are one name.

The names of the problem rule: what is not among them is never invented.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from gradviz.language import characters

_LOWER = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega"
)
_UPPER = "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
_GREEK = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", _LOWER.split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΦΨΩ", _UPPER.split(), strict=True)),
    **{"ℓ": "ell", "ϵ": "epsilon", "ϕ": "phi"},
}

#: Words that LaTeX spells with a backslash and that are letters.
GREEK_WORDS = frozenset(_GREEK.values()) | {"varepsilon", "varphi", "vartheta", "varsigma"}

#: Accents as separate Unicode marks.
_ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot"}

_RUN = re.compile(r"[A-Za-z]+|[0-9]+|[^\W\d_]+")
Key = tuple[str, ...]


@lru_cache(maxsize=4096)
def key(spelling: str) -> Key:
    """What a spelling says, letter runs and digit runs apart.

    >>> key("w_1"), key("w1"), key("ŷ"), key("w11_2"), key("η")
    (('w', '1'), ('w', '1'), ('yhat',), ('w', '11', '2'), ('eta',))
    """
    letters = []
    for c in unicodedata.normalize("NFD", spelling):
        letters.append(_ACCENTS.get(c) or _GREEK.get(c) or characters.SUBSCRIPTS.get(c) or ("p" if c in "'′’" else c))
    return tuple(_RUN.findall("".join(letters)))


class Letters:
    """The names of a problem, found from any of their spellings.

    Args:
        names: as the problem writes them.
        headed: names that stand for a function of the listed variables, ``f(x, y)``; they are nodes.
        output: the node whose gradients ``\\bar{z}`` and ``∇`` mean.

    >>> letters = Letters(["x", "w11_2", "yhat"])
    >>> letters.find("w_11^2"), letters.find("ŷ"), letters.find("X"), letters.find("q")
    ('w11_2', 'yhat', 'x', None)
    """

    def __init__(
        self, names: Iterable[str] = (), headed: Mapping[str, tuple[str, ...]] | None = None, output: str | None = None
    ) -> None:
        self.headed = dict(headed or {})
        self.output = output
        self.names: dict[str, None] = {}
        self._keys: dict[Key, list[str]] = {}
        self._loose: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """One more name."""
        if name in self.names:
            return
        self.names[name] = None
        parts = key(name)
        self._keys.setdefault(parts, []).append(name)
        self._loose.setdefault("".join(parts), []).append(name)
        self._folded.setdefault("".join(parts).casefold(), []).append(name)

    def find(self, spelling: str) -> str | None:
        """The one name that is spelled so, or None; another case counts where only one name fits."""
        if spelling in self.names:
            return spelling
        parts = key(spelling)
        if not parts:
            return None
        joined = "".join(parts)
        for found in (self._keys.get(parts), self._loose.get(joined)):
            if found:
                return found[0] if len(found) == 1 else None
        found = self._folded.get(joined.casefold()) if joined not in ("e", "pi") else None  # a loss E is no constant e
        # a single letter in the other case is another letter: w and W stand side by side in courses
        if found and len(found) == 1 and (len(joined) > 1 or joined.casefold() not in self._lower()):
            return found[0]
        return None

    def _lower(self) -> frozenset[str]:
        return frozenset(name for name in self._folded if len(self._folded[name]) > 1)

    def split(self, word: str) -> list[str] | None:
        """The names a word is glued from, fewest first, or None.

        >>> Letters(["x", "y", "xy2"]).split("xyx")
        ['x', 'y', 'x']
        """
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 30), end):
                before = best[start]
                if before is None or word[start] == "_" or word[start] in characters.SUBSCRIPTS:
                    continue  # an index is no factor
                name = self.exact(word[start:end])
                shortest = best[end]
                if name is not None and (shortest is None or len(before) + 1 < len(shortest)):
                    best[end] = [*before, name]
        return best[-1]

    def exact(self, spelling: str) -> str | None:
        """Like ``find``, but the case must be right."""
        found = self.find(spelling)
        return found if found is not None and "".join(key(found)) == "".join(key(spelling)) else None


def joined(base: str, below: str = "", above: str = "", primes: int = 0) -> str:
    """A name made of a letter and its indices, as an identifier.

    >>> joined("w", "11", "2"), joined("a", "", "L-1"), joined("w", "1", primes=1)
    ('w_11_2', 'a_Lm1', 'w_1_p')
    """
    parts = [base, slug(below), slug(above), "p" * primes]
    return "_".join(part for part in parts if part)


def slug(index: str) -> str:
    """An index as part of an identifier."""
    return re.sub(r"\W", "", index.replace("-", "m").replace("+", "p").replace("'", "p"))
