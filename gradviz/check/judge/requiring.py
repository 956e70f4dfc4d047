"""How the gradients that are asked for stand: by the last chain that was carried through for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from gradviz.check.outcome import Link, Required
from gradviz.language.syntax import Derivative, Expression, Name, children

UNFINISHED = "this is not carried through: what stands on the right is stated nowhere as a formula or a number"
CORRECTED = "a later line says it rightly"
NOT_TOTAL = "what is asked for is the total derivative, over all paths, and that is something else here"
LOCAL = "∂ is read as the local one, with the other named nodes held fixed"


class Told(NamedTuple):
    """One chain, judged.

    Args:
        quantity: what it speaks about, ``df/dx``.
        links: its links.
        names: the derivatives that its last side still names, so that it says only as much as they do.
        also: the derivatives that are sides of it further on, each with the place of the link that begins there:
            ``df/dx = df/dy = -4`` states both.
    """

    quantity: str | None
    links: tuple[Link, ...]
    names: tuple[str, ...] = ()
    also: tuple[tuple[str, int], ...] = ()

    def views(self) -> Iterator[Told]:
        """The chain, and what it says of the derivatives further on in it."""
        yield self
        for name, at in self.also:
            if name != self.quantity:
                yield Told(name, self.links[at:], self.names)

    @property
    def decided(self) -> bool:
        """Whether all of it was read and decided."""
        return all(link.verdict in ("ok", "wrong", "follows") for link in self.links)

    @property
    def wrong(self) -> bool:
        """Whether it breaks somewhere."""
        return any(link.verdict == "wrong" for link in self.links)


def required(asked: Iterable[tuple[str, str]], chains: Sequence[Told]) -> dict[str, Required]:
    """How every gradient that is asked for stands.

    Of several chains for one gradient the last completed one counts: who corrects a slip has corrected it, and who
    spoils what was right has spoilt it. A chain is completed when its last side is a formula or a number, or names
    only derivatives that are stated elsewhere; one that breaks counts too. A gradient needs a human where it may
    stand in an unread line, where the last word on it was not decided, where it is nowhere carried through, and where
    it is right only with the other named nodes held fixed, because what is asked for is the total derivative.

    Args:
        asked: pairs (of, by).
        chains: what was said, in order; unread lines are chains about nothing.
    """
    chains = [view for chain in chains for view in chain.views()]
    unread = any(not chain.decided for chain in chains)
    found: dict[str, Required] = {}
    for of, by in asked:
        name = f"d{of}/d{by}"
        about = [chain for chain in chains if chain.quantity == name]
        found[name] = _state(name, about, chains) if about else "needs_human" if unread else "missing"
    return found


def _state(name: str, about: Sequence[Told], chains: Sequence[Told]) -> Required:
    last = last_word(about, chains)
    if last is None or not last.decided:
        return "needs_human"
    if last.wrong:
        return "wrong"
    if any(link.verdict == "follows" for link in last.links) or _rests_on_errors(last, chains, frozenset({name})):
        return "follows"
    return "needs_human" if any(LOCAL in link.notes for link in last.links) else "ok"


def _rests_on_errors(chain: Told, chains: Sequence[Told], seen: frozenset[str]) -> bool:
    """Whether a derivative that a chain ends with was itself last said wrongly: ``dL/dw = dL/da · da/dz · x``."""
    for name in chain.names:
        last = None if name in seen else last_word([other for other in chains if other.quantity == name], chains)
        if last is not None and (
            any(link.verdict in ("wrong", "follows") for link in last.links)
            or _rests_on_errors(last, chains, seen | {name})
        ):
            return True
    return False


def last_word(about: Sequence[Told], chains: Sequence[Told]) -> Told | None:
    """Of the chains about one quantity the last one that was completed, that breaks, or that was not decided."""
    last: Told | None = None
    for chain in about:
        if not chain.decided or chain.wrong or completed(chain, chains):
            last = chain
    return last


def with_remarks(chains: Sequence[Told], asked: Iterable[tuple[str, str]]) -> list[Link]:
    """All links, with what only the whole shows: a slip corrected further down, a reading that was not asked for."""
    wanted = {f"d{of}/d{by}" for of, by in asked}
    by_name: dict[str, list[Told]] = {}
    for chain in chains:
        if chain.quantity is not None:
            by_name.setdefault(chain.quantity, []).append(chain)
    right = {
        name
        for name, about in by_name.items()
        if len(about) > 1 and any(chain.wrong for chain in about)
        if (last := last_word(about, chains)) is not None
        if all(link.verdict == "ok" for link in last.links)
    }
    unfinished = {name for name, about in by_name.items() if name in wanted and last_word(about, chains) is None}
    found = []
    for chain in chains:
        for at, link in enumerate(chain.links, 1):
            remarks = [CORRECTED] if link.verdict == "wrong" and chain.quantity in right else []
            remarks += [NOT_TOTAL] if chain.quantity in wanted and LOCAL in link.notes else []
            remarks += [UNFINISHED] if chain.quantity in unfinished and at == len(chain.links) else []
            found.append(replace(link, notes=(*link.notes, *remarks)) if remarks else link)
    return found


def completed(chain: Told, chains: Sequence[Told], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a chain comes to an end: what it still names is stated elsewhere, and not by going round in circles.

    >>> rule, rest = Told("df/dx", (), ("df/dq", "dq/dx")), [Told("df/dq", ()), Told("dq/dx", ())]
    >>> completed(rule, [rule]), completed(rule, [rule, *rest])
    (False, True)
    """
    around = seen | {chain.quantity or ""}
    return all(
        name not in around
        and any(other.quantity == name and other.decided and completed(other, chains, around) for other in chains)
        for name in chain.names
    )


def derivatives_in(side: Expression) -> tuple[str, ...]:
    """The derivatives that a side names."""
    return tuple(dict.fromkeys(f"d{of}/d{by}" for of, by in derivative_pairs(side)))


def derivative_pairs(side: Expression) -> Iterator[tuple[str, str]]:
    """The derivatives in a side as pairs (of, by); of a formula, what is differentiated is called ?."""
    waiting = [side]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Derivative):
            yield node.of.name if isinstance(node.of, Name) else "?", node.by.name
        else:
            waiting += children(node)
