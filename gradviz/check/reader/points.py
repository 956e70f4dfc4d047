"""Where a side is claimed: ``|_{x=2}``, ``f'(3)``, ``∂f/∂x(2, 3)``, ``df/dx (x=3)``.

The words of the point are taken out of the side; what is left is the quantity at that point.
"""

from __future__ import annotations

from gradviz.check.problem import Problem
from gradviz.language.source import Source
from gradviz.language.syntax import names_in
from gradviz.language.tokens import Token

Group = list[Token]
_CONSTANTS = ("e", "pi", "π")
_OPEN, _CLOSE = ("(", "["), (")", "]")


def behind(problem: Problem, name: str) -> list[str]:
    """The nodes and inputs that a node hangs on."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        formula = problem.definitions.get(waiting.pop())
        used = [] if formula is None else [n for n in names_in(formula) if n not in found and n not in _CONSTANTS]
        found.update(dict.fromkeys(used))
        waiting += used
    return list(found)


def variables(problem: Problem, name: str) -> tuple[str, ...]:
    """What a node is a function of: its header, else the inputs that it hangs on.

    >>> from gradviz.check.problem import read_problems
    >>> [problem] = read_problems("q = x^2; f = q*y")
    >>> variables(problem, "q"), variables(problem, "f")
    (('x',), ('y', 'x'))
    """
    if name in problem.headers:
        return problem.headers[name]
    return tuple(each for each in behind(problem, name) if each not in problem.definitions)


def without_points(
    tokens: Group, problem: Problem, source: Source, *, first: bool
) -> tuple[Group, dict[str, Group], list[Group]]:
    """A side without its points, the value of each name there, and the points that say something else.

    Args:
        tokens: of the side.
        problem: says what ``f`` in ``f(3)`` is a function of.
        source: for errors.
        first: whether it is the left side, where ``df/dx(3)`` is no product.

    Raises:
        GradvizError: a number without one name that it could be of.
    """
    out: Group = []
    point: dict[str, Group] = {}
    others: list[Group] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        marked = token.kind == "op" and token.text == "@"
        stop = _closing(tokens, at + marked) if marked or token.text == "(" else at
        inner = tokens[at + marked + 1 : stop - 1]
        whole = first and stop == len(tokens)
        if not marked and not (token.kind == "op" and token.text == "(" and _is_point(inner, out, problem, whole)):
            out.append(token)
            at += 1
            continue
        found = _values(inner, _subject(out), problem, source)
        if any(_texts(point.get(name, value)) != _texts(value) for name, value in found.items()):
            source.fail("two points on one side are not read", (inner[0].span[0], inner[-1].span[1]))
        point.update(found)
        if not found and any(t.kind == "number" or t.text == "=" for t in inner):
            source.fail("this point is not read", (inner[0].span[0], inner[-1].span[1]), expected="x = 2, y = 3")
        if not found:
            others.append(inner)
        at = stop
    return _primed(out, problem), point, others


def _texts(group: Group) -> list[str]:
    return [token.text for token in group]


def _closing(tokens: Group, at: int) -> int:
    """Behind the bracket that opens at a token."""
    depth = 0
    for stop in range(at, len(tokens)):
        if tokens[stop].kind == "op":
            depth += (tokens[stop].text in _OPEN) - (tokens[stop].text in _CLOSE)
        if depth == 0:
            return stop + 1
    return len(tokens)


def _is_point(inner: Group, out: Group, problem: Problem, whole: bool) -> bool:
    """Whether a bracket behind a quantity says where, and is neither a factor nor an argument."""
    subject = _subject(out)
    parts = _split(inner)
    if subject not in problem.names() or subject is None or not inner:
        return False
    if all(_assigns(part) for part in parts):
        return True
    if not all(_numeric(part) for part in parts):
        return False
    if out[-1].text == ")":  # D(f, x) (3)
        return len(parts) > 1 or (whole and out[-1].span[1] == inner[0].span[0] - 1)
    if out[-1].text == "'" or len(problem.headers.get(subject, ())) == len(parts):
        return True
    return whole and len(out) == 1 and (subject in problem.definitions or len(parts) > 1)


def _subject(out: Group) -> str | None:
    """The node at the end of a side: ``f``, ``f'``, or the f of ``D(f, x)``."""
    if len(out) > 5 and out[-1].text == ")" and out[-3].text == "," and out[-6].text == "D":
        return out[-4].text
    if len(out) > 1 and out[-1].text == "'" and out[-2].kind == "name":
        return out[-2].text
    return out[-1].text if out and out[-1].kind == "name" else None


def _values(inner: Group, subject: str | None, problem: Problem, source: Source) -> dict[str, Group]:
    parts = _split(inner if any(t.text == "=" for t in inner) else _unwrapped(inner))
    signs = [at for at, t in enumerate(inner) if t.kind == "op" and t.text == "="]
    if len(signs) == 1 and inner[0].text == "(":  # (x, y) = (2, 3)
        names, numbers = (_split(_unwrapped(side)) for side in (inner[: signs[0]], inner[signs[0] + 1 :]))
        if len(names) == len(numbers) and all(len(name) == 1 for name in names):
            return {name[0].text: number for name, number in zip(names, numbers, strict=True)}
    if parts and all(_assigns(part) for part in parts):
        return {part[0].text: part[2:] for part in parts}
    if subject is None or not all(_numeric(part) for part in parts):
        return {}
    known = variables(problem, subject)
    if len(known) != len(parts) or (len(known) > 1 and subject not in problem.headers):
        said = ", ".join(known) or "nothing that is known here"
        span = (inner[0].span[0], inner[-1].span[1])
        source.fail(f"{subject} depends on {said}: say which name has which number", span, expected="df/dx at x = 2")
    return dict(zip(known, parts, strict=True))


def _primed(out: Group, problem: Problem) -> Group:
    """``f'`` without a bracket as the derivative by the one name that f depends on."""
    for at in range(len(out) - 1):
        name, mark = out[at], out[at + 1]
        alone = at + 2 == len(out) or out[at + 2].text not in ("(", "[", "'")
        if name.kind != "name" or mark.text != "'" or not alone or name.text not in problem.definitions:
            continue
        known = variables(problem, name.text)
        if len(known) == 1:
            span = (name.span[0], mark.span[1])
            signs = [Token("op", "D", span), Token("op", "(", span), name, Token("op", ",", span)]
            by = [Token("name", known[0], mark.span), Token("op", ")", span)]
            return [*out[:at], *signs, *by, *_primed(out[at + 2 :], problem)]
    return out


def _split(inner: Group) -> list[Group]:
    parts: list[Group] = [[]]
    depth = 0
    for token in inner:
        if token.kind == "op":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0 and (token.kind == "newline" or (token.kind == "op" and token.text in (",", ";", "␣"))):
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _unwrapped(side: Group) -> Group:
    return side[1:-1] if side and side[0].text in _OPEN and side[-1].text in _CLOSE else side


def _assigns(part: Group) -> bool:
    return len(part) > 2 and part[0].kind == "name" and part[1].text == "=" and _numeric(part[2:])


def _numeric(part: Group) -> bool:
    numbers = any(t.kind == "number" for t in part)
    return numbers and all(t.kind == "number" or (t.kind == "op" and t.text in "-/.()") for t in part)
