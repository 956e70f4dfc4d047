"""Are two sides equal: thousands of pairs by construction, and every special case that the checker promises."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from rewriting import Rewriter, call, number, random_expression, random_problem, tree, two

from gradviz import graph
from gradviz.calculus.notation import formula
from gradviz.check.deciding.building import read_side
from gradviz.check.deciding.decision import Decision
from gradviz.check.equivalence import decide, derivative
from gradviz.check.naming.naming import candidates
from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.graph import Graph, Tape
from gradviz.language.syntax import Expression, Name, Prime, names_in, unparse
from gradviz.misconceptions.wrong_edges import PARTIALS

D = derivative


def verdict(*sides: object, **options: object) -> str:
    return decide(*sides, **options).verdict  # type: ignore[arg-type]


def values(text: str, names: str, dice: random.Random, count: int = 40) -> list[float]:
    """The oracle: the formula at random points, by the engine's float pass."""
    made = graph(text, **dict.fromkeys(names, 1.0)) if set(names) else graph(text)
    found = []
    for k in range(count):
        scale = (0.5, 1.0, 3.0, 8.0)[k % 4]
        point = {name: dice.uniform(-scale, scale) if k % 2 else dice.uniform(0.05, scale) for name in names}
        found.append(float(made.trace({n: x for n, x in point.items() if n in made.inputs}, backward=False).output))
    return found


def text_of(expression: Expression) -> str:
    return "out = " + unparse(expression) + " + 0*(x + y + z)"


def differ(a: Expression, b: Expression, seed: int, least: float = 1e-9) -> bool:
    """Whether doubles see a clear difference at some point."""
    left, right = (values(text_of(e), "xyz", random.Random(seed)) for e in (a, b))
    return any(
        math.isfinite(p) and math.isfinite(q) and abs(p - q) > least * max(1.0, abs(p), abs(q))
        for p, q in zip(left, right, strict=True)
    )


def defined(a: Expression) -> bool:
    """Whether it is a number at a fair part of all points."""
    return sum(map(math.isfinite, values(text_of(a), "xyz", random.Random(1)))) >= 8


# --- pairs by construction --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kinks", "count", "seed"), [(False, 1200, 1), (True, 500, 2)])
def test_true_pairs_are_never_called_different(kinks: bool, count: int, seed: int) -> None:
    dice = random.Random(seed)
    rewriter = Rewriter(dice, smooth=not kinks)
    undecided = made = 0
    while made < count:
        left = random_expression(dice, "xyz", 3, kinks=kinks)
        if not defined(left):
            continue
        made += 1
        right = rewriter.rewritten(left)
        found = decide(left, right, free="xyz")
        assert found.verdict != "different", f"{unparse(left)} = {unparse(right)}: {found}"
        undecided += found.verdict == "not_decided"
    assert undecided <= 0.005 * made


def nearly(e: Expression, dice: random.Random) -> Expression | None:
    """A different function, sometimes by very little, sometimes far away only; None where doubles cannot see it."""
    letter = dice.choice("xyz")
    x, far, k = Name((0, 0), letter), dice.choice((7, 12, 30, 200)), dice.randrange(8)
    if k in (3, 4, 5):  # only far away
        made = graph(text_of(e), x=1, y=1, z=1)
        there = float(made.trace({letter: -far if k == 4 else 2.0 * far}, backward=False).output)
        if not abs(there) < 1e5:
            return None
    ways = (
        lambda: two("+", e, two("*", number("1e-6"), x)),
        lambda: two("*", e, number("1.000001")),
        lambda: two("+", e, number("1e-6")),
        lambda: two("+", e, call("relu", two("-", x, number(str(far))))),
        lambda: two("-", e, call("relu", two("-", two("*", number("-2"), x), number(str(far))))),
        lambda: two("+", e, two("*", number("0.001"), two(">", x, number(str(far))))),
        lambda: two("+", e, call("relu", two("-", number("0.0001"), call("abs", two("-", x, number("1.5")))))),
        lambda: two("+", e, two("*", number("1e-9"), call("sin", x))),
    )
    return ways[k]()


@pytest.mark.parametrize(("kinks", "count", "seed"), [(False, 700, 3), (True, 400, 4)])
def test_near_copies_are_never_called_equal(kinks: bool, count: int, seed: int) -> None:
    dice = random.Random(seed)
    rewriter = Rewriter(dice, smooth=not kinks)
    undecided = made = 0
    while made < count:
        left = random_expression(dice, "xyz", 2, kinks=kinks)
        everywhere = values(text_of(left), "xyz", random.Random(5))
        if not names_in(left) or not all(map(math.isfinite, everywhere)) or max(map(abs, everywhere)) < 1e-9:
            continue  # what is added must be visible wherever it is added
        right = nearly(rewriter.rewritten(left, 0.15), dice)
        if right is None:
            continue
        made += 1
        found = decide(left, right, free="xyz")
        assert found.verdict != "equal", f"{unparse(left)} = {unparse(right)}: {found}"
        undecided += found.verdict == "not_decided"
    assert undecided <= 0.005 * made


@pytest.mark.parametrize("change", ["sign", "factor", "term", "name"])
def test_slips_in_a_formula_are_told(change: str) -> None:
    dice = random.Random(change)
    made = 0
    while made < 150:
        left = random_expression(dice, "xyz", 3, kinks=made % 3 == 0)
        text = unparse(left)
        swapped = {
            "sign": text.replace("+", "-", 1),
            "factor": f"2*({text})",
            "term": text.replace("*", "+", 1),
            "name": text.replace("x", "y", 1) if "exp" not in text and "max" not in text else text,
        }[change]
        right = tree(swapped)
        if differ(left, right, made, 1e-6):
            made += 1
            assert verdict(left, right, free="xyz") == "different", f"{text} = {swapped}"


def whole(problem: Graph) -> Expression:
    """The output and its slope as one formula of the inputs."""
    slope = problem.gradient("x")
    assert isinstance(slope, Graph)
    return two("+", tree(formula(problem)), tree(formula(slope)))


@pytest.mark.parametrize("kinks", [False, True])
def test_derivatives_rewritten(kinks: bool) -> None:
    """∂f/∂x by the backward pass, against the gradient as a formula, rewritten."""
    dice = random.Random(11 + kinks)
    rewriter = Rewriter(dice, smooth=not kinks)
    undecided = made = 0
    while made < 120:
        problem = random_problem(dice, kinks=kinks)
        try:
            text = formula(problem.gradient("x"))  # type: ignore[arg-type]
        except GradvizError:
            continue
        right = tree(text, list(problem.names))
        if len(text) > 300 or not defined(whole(problem)):
            continue
        made += 1
        if ">" not in text and "<" not in text and "==" not in text:
            right = rewriter.rewritten(right, 0.15)
        found = decide(D("f", "x"), right, problem)
        assert found.verdict != "different", f"{problem.text}: {unparse(right)}: {found}"
        undecided += found.verdict == "not_decided"
        wrong = two("+", two("*", number("1.000001"), right), number("1e-7"))
        assert verdict(D("f", "x"), wrong, problem) != "equal", problem.text
    assert undecided <= 0.005 * made


RULES = [(rule, variant) for rule, rows in PARTIALS.items() for variant in range(max(map(len, rows.values())))]


def by_wrong_rule(problem: Graph, rule: str, variant: int) -> Graph:
    """The gradient formula of a learner who follows the rule at every gate."""
    rows = PARTIALS[rule]
    gates = []
    for i, row in enumerate(problem.gates):
        variants = rows.get(row.name, ())
        texts = variants[variant] if variant < len(variants) else row.partials
        gates.append(replace(row, partials=tuple(text.format(n=len(problem.operands(i))) for text in texts)))
        if gates[-1].partials == row.partials:
            gates[-1] = row
    tape = Tape(gates, problem.tape.first, problem.tape.second, problem.tape.more)
    found = replace(problem, tape=tape).gradient("x")
    assert isinstance(found, Graph)
    return replace(found, tape=found.tape._replace(gates=[GATES.get(row.name, row) for row in found.gates]))


PROBLEMS = (
    "f = 3*sigmoid(2*x) + y*x + z",
    "f = tanh(x*y)^3 * z",
    "f = exp(x*y)/z + log(x^2 + 1)",
    "f = y*max(x*z, x^2) - relu(x - y)",
    "f = (z - x*y)^2/2 + sqrt(x^2 + y^2)",
    "f = 5/(x*y + 3) - cos(x)*square(y - x)",
    "f = y*clip(x*z, -1, 2) + abs(x - z) + min(x, 2*y)",
    "f = reciprocal(x*y + 4) - leaky_relu(x*z) + softplus(x*y)",
)


@pytest.mark.parametrize("text", PROBLEMS)
def test_wrong_rules_as_formulas_are_never_accepted(text: str) -> None:
    problem = graph(text)
    right = tree(formula(problem.gradient("x")))  # type: ignore[arg-type]
    assert verdict(D("f", "x"), right, problem) == "equal"
    told = 0
    for rule, variant in RULES:
        wrong = tree(formula(by_wrong_rule(problem, rule, variant)))  # type: ignore[arg-type]
        if differ(right, wrong, 7, 1e-6):
            told += 1
            assert verdict(D("f", "x"), wrong, problem) == "different", rule
    assert told >= 2


@pytest.mark.parametrize("text", PROBLEMS)
@pytest.mark.parametrize("at", [(1, 1, 1), (2, -1, 3)])
def test_wrong_rules_do_not_pass_by_value(text: str, at: tuple[float, float, float]) -> None:
    """A wrong formula whose number is right at these inputs, on or off a kink, is no number put in for a name."""
    free = graph(text)
    problem = graph(text, **{n: x for n, x in zip("xyz", at, strict=True) if n in free.inputs})
    right = tree(formula(free.gradient("x")))  # type: ignore[arg-type]
    for rule, variant in RULES:
        wrong = tree(formula(by_wrong_rule(free, rule, variant)))
        if differ(right, wrong, 7, 1e-6):
            found = decide(D("f", "x"), wrong, problem)
            assert found.verdict == "different" or found.in_cell, (rule, unparse(wrong))


@pytest.mark.extra("sympy")
def test_true_and_false_pairs_of_sympy() -> None:
    import sympy

    from gradviz.bridges.from_sympy import from_sympy

    dice = random.Random(21)
    x, y = sympy.symbols("x y", real=True)
    atoms = [x, y, x + y, x * y - 1, x**2 + 1, 2 - y]
    outer = [sympy.sin, sympy.exp, sympy.tanh, lambda u: u**3, lambda u: 1 / (1 + sympy.exp(-u)), lambda u: u]
    forms = [sympy.expand, sympy.factor, sympy.together, lambda e: e.rewrite(sympy.exp), sympy.expand_trig]
    made = 0
    for _ in range(120):
        e = dice.choice(outer)(dice.choice(atoms)) * dice.choice(atoms) + dice.choice(outer)(dice.choice(atoms))
        slope = sympy.diff(e, x)
        changed = dice.choice(forms)(slope)
        numbers = [part for part in sympy.preorder_traversal(changed) if part.is_number]
        if not changed.free_symbols or any(not part.is_Rational for part in numbers):
            continue  # our literals are decimal
        made += 1
        problem = replace(from_sympy(e), given=tuple(from_sympy(e).given))
        problem = graph("f = " + formula(problem))
        right = "(" + formula(from_sympy(changed)) + ")"
        assert verdict(D("f", "x"), right, problem) == "equal", (e, changed)
        assert verdict(D("f", "x"), right + " + 1e-6*x", problem) == "different", (e, changed)
    assert made > 60


# --- what the method promises -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x*y + 1e-4*z", "x*y"),
        ("x*y + 1e-12*z", "x*y"),
        ("sqrt(x^2)", "x"),
        ("abs(x)", "x"),
        ("max(0, x)", "x"),
        ("max(0, 10 - x)", "10 - x"),
        ("max(0, 1000 - x)", "1000 - x"),
        ("max(0, x - 1e6)", "0*x"),
        (" + ".join(f"relu(x - {k}000)" for k in range(1, 60)), " + ".join(f"relu(x - {k}000)" for k in range(1, 59))),
        ("clip(x, 0.5, 0.5001)", "where(x < 0.5, 0.5, 0.5001)"),
        ("(x > 3)*x", "(x >= 3.001)*x"),
        ("asin(sin(x))", "x"),
        ("x^2", "x^2.0000001"),
        ("exp(x)", "2.71828182846^x"),
        ("x/3", "0.33333333333*x"),
    ],
)
def test_different(left: str, right: str) -> None:
    found = decide(left, right, free="xyz")
    assert found.verdict == "different"
    assert found.witness is not None
    assert found.witness.left != found.witness.right


def test_numbers_too_small_for_doubles_are_told() -> None:
    assert verdict("exp(-1000*x^2 - 800)", "2*exp(-1000*x^2 - 800)", free="x") == "different"
    assert verdict("exp(-1000*x^2 - 800)", "1/exp(1000*x^2 + 800)", free="x") == "equal"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("max(0, 10 - x)", "max(10, x) - x"),
        ("e^x", "exp(x)"),
        ("sin(pi - x)", "sin(x)"),
        ("0.1*x + 0.2*x", "0.3*x"),
        ("(x + 1)^10 - x^10 - 1", "x*(10*x^8 + 45*x^7 + 120*x^6 + 210*x^5 + 252*x^4 + 210*x^3 + 120*x^2 + 45*x + 10)"),
        ("sqrt(z*(y - y))", "sqrt(z*(y - y*(sin(x)^2 + cos(x)^2)))"),
        ("relu(x)*(x > 0)", "relu(x)"),
        ("max(x, y, z)", "max(x, max(z, y))"),
        ("abs(relu(x))", "relu(x)"),
        ("log(exp(x)*exp(y))", "x + y"),
        ("tanh(x)", "2*sigmoid(2*x) - 1"),
        ("softplus(x) - softplus(-x)", "x"),
        ("asin(x) + acos(x)", "pi/2"),
        ("log(log(x - 40))", "log(-log(1/(x - 40)))"),
    ],
)
def test_equal(left: str, right: str) -> None:
    found = decide(left, right, free="xyz")
    assert found.verdict == "equal", found


# --- pieces that are hard to find --------------------------------------------------------------------------


def lying(dice: random.Random, name: str) -> str:
    """A condition on one letter, as an indicator or as a hinge: far out, in a thin window, at an irrational place."""
    far, place = dice.choice((7, 10, 50, 300, 1000)), dice.choice((0.37, 1.4142, 12.34, 33.3, 3.14159))
    width, odd = dice.choice((0.1, 0.01, 0.001)), dice.choice(("pi", "sqrt(2)", "e", "log(3)"))
    return dice.choice(
        (
            f"({name} > {far})", f"relu({name} - {far})", f"(-{name} > {far})", f"relu(-{name} - {far})",
            f"({name} > {place})*({name} < {place + width:.6g})", f"relu({width / 2:.6g} - abs({name} - {place}))",
            f"({name} >= {odd})", f"(max({name}, {odd}) - {odd})",
        )
    )  # fmt: skip


def anywhere(dice: random.Random, names: str) -> str:
    a, b = dice.choice(names), dice.choice(names)
    ways = (
        f"{a}*{b}",
        f"relu({a})*{b}",
        f"abs({a} - {b})",
        f"{a} - 3*{b}",
        f"min({a}, 2*{b})",
        f"log({a}^2 + 1)",
        "0*x",
    )
    return dice.choice(ways)


def test_what_hides_on_a_piece_is_found() -> None:
    """Where one, two or three conditions hold together, and six wide ones; regions that only a tie opens."""
    dice = random.Random(31)
    for made in range(240):
        many = (1, 2, 3)[made % 3]
        piece = "*".join(f"({lying(dice, name)})" for name in dice.sample("xyz", many))
        same = anywhere(dice, "xyz")
        hidden = f"{same} + {dice.choice(('0.01', '1', '1e-4'))}*{piece}"
        assert verdict(same, hidden, free="xyz") == "different", (same, hidden)
    for _ in range(40):
        wide = "*".join(f"relu({dice.choice(('', '-'))}{name} - {dice.choice((1, 10, 100))})" for name in "xyzuvw")
        assert verdict("x*y", f"x*y + {wide}", free="xyzuvw") == "different", wide
        margins = [f"relu({name} - x + {dice.choice((1, -4, -19))})" for name in "yzuvw"]
        corner = "*".join(f"({name} > x + {dice.choice((1, 5))})" for name in "yzuvw")
        assert verdict(" + ".join(margins), " + ".join([*margins, f"0.01*{corner}"]), free="xyzuvw") == "different"
    for tie in (
        "relu(0.001 - abs(x - y))",
        "relu(0.001 - abs(x*y - z))",
        "relu(x - y)*relu(y - z)*relu(z - x + 0.001)",
    ):
        assert verdict("x*y", f"x*y + {tie}", free="xyz") == "different", tie


@pytest.mark.parametrize(
    ("left", "right"),
    [
        # a fold of a root changes no sign
        ("sqrt((x - 50)^2)", "50 - x"),
        ("sqrt(x^2 - 2000*x + 1e6)", "1000 - x"),
        ("((x - 50)^2)^0.5", "50 - x"),
        ("exp(log((x - 50)^2)/2)", "50 - x"),
        ("atan(1/(x - 50)) + atan(x - 50)", "-pi/2"),
        ("asin(sin(x/1000))", "x/1000"),
        # 0 on the grid of the points
        ("sin(1024*pi*x)", "0*x"),
        # a number lost beside a much larger one, for doubles
        ("x + 1e9", "1.000001*x + 1e9"),
        ("y*1e9 + x", "y*1e9 + 1.000001*x"),
        ("exp(1e-9*x)", "exp(1.000001e-9*x)"),
        ("(1e17 + x) - 1e17", "0*x"),
        ("tanh(x + 25)", "tanh(x + 26)"),
        ("4*(x - 3)^3*(y + 7)^4", "4*(x - 3)^3*(y + 7)^4 + 0.01*(y > 1000)*(x < -10)"),
        # 0 on a whole piece is no kink
        ("where(min(x, 50) == 50, 7, 0)", "0*x"),
        ("abs(min(x, 20) - 20)", "abs(min(x, 20) - 20) + 5*(x > 20)"),
        # pieces where doubles overflow, and domains far out
        ("max(0, 1 + 2*x - exp(3*x))", "max(0, 1 + 2*x - exp(3*x)) + relu(x - 1000)*0.01"),
        ("exp(y)/(exp(y) + exp(x))", "exp(y)/(exp(y) + exp(x)) + relu(y - 1000)*0.01"),
        ("exp(1000)*x", "2*exp(1000)*x"),
        ("log(x - 1000)", "log(x - 1001)"),
        ("sqrt(x - 1e5)", "sqrt(x - 100001)"),
        # seen at few points, among many where doubles only round
        (
            "exp(5*abs(x))/(exp(5*abs(x)) + exp(6*x)) - 1/(1 + exp(6*x - 5*abs(x)))",
            "relu(0.005 - abs(x - 12.77)) + 0*x",
        ),
        # corners and small regions
        ("x", "x + (abs(x + y - 1.5) < 0.005)*(abs(x - y - 2.5) < 0.005)"),
        ("x", "x + (abs(x - 1.5) < 0.005)*(abs(y - 2.5) < 0.005)*(abs(z + 3.5) < 0.005)"),
        ("relu(1e-4 - (x - 3)^2 - (y - 7)^2)", "0*x"),
        ("relu(1e-4 - abs(x - 3) - abs(y - 7) - abs(z + 20))", "0*x"),
        ("relu(5 - x - y)*relu(x - 4)*relu(y - 0.9)", "0*x"),
        ("relu(-log(x) - 20)", "0*x"),
        ("x*(x > 1e-12)", "relu(x)"),
    ],
)  # fmt: skip
def test_near_copies_by_mechanism(left: str, right: str) -> None:
    assert verdict(left, right, free="xyz") == "different"
    assert verdict(right, left, free="xyz") == "different"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("log(exp(1000))*x", "1000*x"),
        ("log(x - 1e5) + log(2)", "log(2*x - 2e5)"),
        ("1 - sigmoid(400*x)", "sigmoid(-400*x)"),
        ("exp(x + 1000)/exp(y + 1000)", "exp(x - y)"),
        ("max(x*y*(y - y), square(max(y, 3)))", "max(x*y*(y - y*(sin(z)^2 + cos(z)^2)), square(max(y, 3)))"),
        ("relu(x)*sigmoid(4*x)*(1 - sigmoid(4*x))", "relu(x)*sigmoid(-4*x)*(1 - sigmoid(-4*x))"),
        ("exp(2/x^2)/(exp(2/x^2) + exp(1/x))", "1/(1 + exp(1/x - 2/x^2))"),
        ("x*(x + 1 > 0)", "x*(exp(log(x)) + 1 > 0)"),  # a comparison of what is undefined says nothing
        ("gelu(x)", "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))"),
    ],
)
def test_true_pairs_by_mechanism(left: str, right: str) -> None:
    assert verdict(left, right, free="xyz") == "equal"


def test_slopes_that_cancel_by_hundreds_of_digits() -> None:
    problem = graph("p = 1/x^2; f = exp(2*p)/(exp(2*p) + exp(x*p))")
    slope = "(-4/x^3 + 1/x^2)*sigmoid(2/x^2 - 1/x)*sigmoid(1/x - 2/x^2)"
    assert verdict(D("f", "x"), slope, problem) == "equal"
    assert verdict(D("f", "x"), f"{slope}*1.000001", problem) == "different"


def test_integers_in_formulas_are_exact() -> None:
    problem = graph("f = 150*x^2", x=3)
    assert verdict(D("f", "x"), "300*x", problem) == "equal"
    assert verdict(D("f", "x"), "301*x", problem) == "different"
    assert verdict(D("f", "x"), "900", problem) == "equal"
    leaky = graph("f = leaky_relu(x)", x=-3)
    assert verdict("f", "0.02*x", leaky) == "different"
    assert verdict("395306/4", "395307/4") == verdict("-134/4", "-33.75") == "different"
    assert verdict("3^40", "3^40 + 1") == "different"
    assert verdict("2^70", "1180591620717411303424") == "equal"


def test_inputs_at_which_doubles_lose_their_digits() -> None:
    problem = graph("q = exp(x)/sin(log(x)); f = log(x)*log(1 - sigmoid(q))", x=3)
    value = D("f", "x")
    assert verdict(value, "-28.077155", problem) == "equal"  # by mpmath's differences
    assert verdict(value, "-28.077152", problem) == "different"
    large = graph("p = log(exp(x*z) + 2*exp(w)); f = p*p - p", x=1000, z=3, w=-1000)
    assert verdict(D("f", "x"), "17997.00", large) == "equal"
    assert verdict(D("f", "x"), "17998.00", large) == "different"


def test_domains_that_differ_are_accepted_with_a_note() -> None:
    for pair in (("log(x*y)", "log(x) + log(y)"), ("sqrt(x)^2", "x"), ("log(x^2)", "2*log(x)")):
        found = decide(*pair, free="xy")
        assert found.verdict == "equal"
        assert found.domain
    assert not decide("log(x)", "-log(1/x)", free="x").domain


def test_too_few_points_decide_nothing() -> None:
    for pair in (("sqrt(-1 - x^2)", "x"), ("log(x - x)", "1"), ("9^9^9^9", "5"), ("9^9^9^9", "9^9^9^9 + 1")):
        assert verdict(*pair, free="x") == "not_decided"


def test_numbers_are_intervals() -> None:
    equal = [
        ("2/3", "0.67"), ("2/3", "0.66"), ("0.73*(1 - 0.73)", "0.20"), ("0.73*0.27", "0.1966"), ("1/3", "0.333"),
        ("0.74136507", "0.7414"), ("0.74136507", "0.7413"), ("-2/3", "-0.66"), ("1.5^9*10", "384"), ("1*2", "2"),
    ]  # fmt: skip
    different = [
        ("2/3", "0.65"), ("2/3", "0.68"), ("0.73*(1 - 0.73)", "0.25"), ("1/3", "0.334"), ("-2/3", "0.67"), ("1*2", "3"),
        ("0.74136507", "0.7415"), ("0.46", "0.5"), ("2.9", "3"), ("1/2^99", "1/2^98"), ("0.1966119332", "0.1966129332"),
    ]  # fmt: skip
    for left, right in equal:
        assert verdict(left, right) == "equal", (left, right)
    for left, right in different:
        assert verdict(left, right) == "different", (left, right)
    assert verdict("2.9", "3", approx=True) == "equal"


SHARED = "q = x + y; f = q * x"


def test_the_two_readings_of_a_partial() -> None:
    problem = graph(SHARED, x=3, y=4)
    total, local = decide(D("f", "x"), "q + x", problem), decide(D("f", "x"), "q", problem)
    assert (total.verdict, total.reading) == ("equal", "total")
    assert (local.verdict, local.reading) == ("equal", "local")
    assert "local" in " ".join(local.notes)
    assert verdict(D("f", "x"), "x", problem) == "different"
    assert decide(D("f", "q"), "x", problem).reading is None
    # within one formula a fan-out has no second reading
    assert verdict(D("f", "x"), "y", graph("f = x*y + x")) == "different"


def test_formulas_hold_everywhere_and_numbers_at_the_inputs() -> None:
    problem = graph("q = x + y; f = q * z", x=-2, y=5, z=3)
    assert verdict(D("f", "q"), "z", problem) == "equal"
    assert verdict(D("f", "q"), "q", problem) == "different"  # although q = z = 3 here
    assert decide(D("f", "q"), "3", problem).by_value
    assert verdict(D("f", "q"), "3", graph("q = x + y; f = q * z")) == "different"
    assert decide(D("f", "x"), "(3)*1", problem).by_value
    assert decide("f", "q*3", problem).by_value
    assert verdict("f", "q*2", problem) == "different"


def test_a_right_number_from_a_wrong_rule_is_wrong() -> None:
    problem = graph("f = x^3", x=1)
    assert verdict(D("f", "x"), "3*x^2", problem) == "equal"
    assert verdict(D("f", "x"), "3*x", problem) == "different"  # 3x = 3x² at x = 1
    assert decide(D("f", "x"), "3", problem).by_value


def test_on_the_piece_of_the_inputs() -> None:
    text = "z = w*x + b; h = relu(z); L = (h - t)^2"
    opened, shut = graph(text, w=1, x=2, b=0.5, t=1), graph(text, w=1, x=2, b=-9, t=1)
    found = decide(D("L", "z"), D("L", "h"), opened)
    assert found.verdict == "equal"
    assert found.in_cell
    assert verdict(D("L", "z"), D("L", "h"), shut) == "different"
    assert verdict(D("L", "z"), D("L", "h"), graph(text)) == "different"
    assert decide(D("L", "z"), "0", shut).in_cell


def test_every_subgradient_passes_at_a_kink() -> None:
    problem = graph("z = w*x + b; h = relu(z); L = 3*h", w=1, x=2, b=-2)
    for claim in ("0", "3", "1.5", "2.25"):
        found = decide(D("L", "z"), claim, problem)
        assert found.verdict == "equal", claim
        assert found.at_kink == ("relu'(0) = 0",)
        assert any("relu'(0) = 0" in note for note in found.notes)
    for claim in ("-0.5", "3.5"):
        assert verdict(D("L", "z"), claim, problem) == "different"
    tie = graph("f = max(x, y)", x=2, y=2)
    assert [verdict(D("f", "x"), claim, tie) for claim in ("0", "1", "0.5", "2")] == ["equal"] * 3 + ["different"]
    prime = Prime((0, 0), "relu", Name((0, 0), "z"))
    assert [verdict(prime, claim, problem) for claim in ("0", "1", "2")] == ["equal", "equal", "different"]


def test_primes_and_derivatives_of_formulas() -> None:
    a = Name((0, 0), "a")
    sigma = Prime((0, 0), "σ", a)
    assert verdict(sigma, "sigmoid(a)*(1 - sigmoid(a))", free="a") == "equal"
    assert verdict(sigma, "a*(1 - a)", free="a") == "different"
    assert candidates(sigma, "a*(1 - a)", free="a") == ["sigmoid_derivative_wrong"]
    inner = replace(D("x", "y"), of=tree("(y - t)^2", "yt"))  # type: ignore[call-arg]
    assert verdict(inner, "2*(y - t)", graph("L = (y - t)^2")) == "equal"
    problem = graph("f = x^2", x=3)
    assert verdict(Prime((0, 0), "f", Name((0, 0), "x")), "2*x", problem) == "equal"
    assert verdict(Prime((0, 0), "f", number("3")), "6", problem) == "not_decided"
    second = replace(D("f", "x"), of=D("f", "x"))  # type: ignore[call-arg]
    assert "derivative of a derivative" in decide(second, "2", problem).reason
    assert "turned round" in decide(D("x", "f"), "1/(2*x)", problem).reason


def test_vectors_by_entry() -> None:
    problem = graph("L = cross_entropy(z, 0)", z=[1, 2, 3])
    z0 = read_side("z[0]", problem.names)
    left = replace(D("L", "L"), by=z0)  # type: ignore[call-arg]
    assert verdict(left, "softmax(z)[0] - 1", problem) == "equal"
    found = candidates(left, "softmax(z)[0]", problem)
    assert found[0] == "target_not_subtracted"


def test_only_partly_given_inputs() -> None:
    problem = graph("f = w*x*y", w=2)
    assert verdict(D("f", "x"), "2*y", problem) == "equal"
    assert decide(D("f", "x"), "2*y", problem).by_value
    assert verdict(D("f", "x"), "3*y", problem) == "different"
    assert verdict(D("f", "x"), "2*y", problem, given={"w": 3}) == "different"


def test_the_witness_is_the_given_point_where_it_can_be() -> None:
    found = decide(D("f", "x"), "y", graph("f = 2*x*y", x=3, y=4))
    assert found.witness is not None
    assert (dict(found.witness.point), found.witness.left, found.witness.right) == ({"x": 3.0, "y": 4.0}, 8.0, 4.0)


def test_errors_and_answers() -> None:
    with pytest.raises(GradvizError, match="no name of this problem"):
        decide("x*w", "x", graph("f = x"))
    with pytest.raises(GradvizError, match="one expression"):
        decide("a = x", "x", graph("f = x"))
    with pytest.raises(GradvizError, match="three answers"):
        bool(Decision("equal"))


def test_the_same_answer_every_time() -> None:
    sides = ("max(x, y)*sin(z)", "max(x, y)*sin(z) + 1e-5*(x > 9)")
    first = decide(*sides, free="xyz")
    assert all(decide(*sides, free="xyz") == first for _ in range(3))
    code = f"from gradviz.check.equivalence import decide; print(decide(*{sides!r}, free='xyz'))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(first)


def test_mpmath_is_loaded_only_on_disagreement() -> None:
    code = (
        "import sys; from gradviz.check.equivalence import decide\n"
        "assert decide('x*(y + 1)', 'x*y + x', free='xy').verdict == 'equal'\n"
        "print('mpmath' in sys.modules)\n"
        "assert decide('x*(y + 1)', 'x*y + 2*x', free='xy').verdict == 'different'\n"
        "print('mpmath' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("9^9^9^9", "9^9^9", "not_decided"),
        ("10^10^10", "x", "different"),
        ("x^999999999", "x^999999998", "different"),
        ("1e308*10*x", "x", "different"),
        ("exp(exp(exp(exp(x))))", "exp(exp(exp(exp(x + 1))))", "different"),
        (" + ".join(["x"] * 20_000), "20000*x", "equal"),
        (" + ".join(["x"] * 20_000), "20001*x", "different"),
        ("*".join(["x"] * 3_000), "x^3000", "equal"),
        (" + ".join(f"max(x, {k})" for k in range(300)), "x", "different"),
        ("(" * 150 + "x" + ")" * 150, "x", "equal"),
    ],
)
def test_bounded_time(left: str, right: str, expected: str) -> None:
    sides = [read_side(side, "x") for side in (left, right)]
    start = time.process_time()
    assert verdict(*sides, free="x") == expected
    assert time.process_time() - start < 5  # a bound, not a benchmark: it takes a tenth of that


@pytest.mark.extra("sympy")
def test_proofs() -> None:
    assert decide("sin(x)^2 + cos(x)^2", "1", free="x", prove=True).proved is True
    problem = graph("q = x + y; f = q * sigmoid(z)")
    assert decide(D("f", "z"), "q*sigmoid(z)*(1 - sigmoid(z))", problem, prove=True).proved is True
    assert decide("q", "x + y", problem, prove=True).proved is True


# --- names for what went wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "by", "claim", "rule"),
    [
        ("f = x*y", "x", "x", "mul_not_swapped"),
        ("f = 3*(x*y)", "x", "3*x", "mul_not_swapped"),
        ("f = x*y + x", "x", "y", "fanout_not_summed"),
        ("q = x + y; f = q*x", "x", "x", "fanout_not_summed"),
        ("q = x*y; f = q*z", "x", "y", "upstream_dropped"),
        ("q = x*y; f = q*z", "x", "z", "local_dropped"),
        ("q = x*y; f = q*z", "x", "z + y", "added_not_multiplied"),
        ("f = sin(x^2)", "x", "cos(x^2)", "inner_derivative_missing"),
        ("f = sin(x^2)", "x", "cos(x)*2*x", "derivative_at_wrong_point"),
        ("f = y - x", "x", "1", "sign_error"),
        ("f = 3*max(x, y)", "x", "3*(x < y)", "max_wrong_branch"),
        ("f = 3*max(x, y)", "x", "3", "max_both_branches"),
        ("f = y*relu(x)", "x", "y", "relu_gate_ignored"),
        ("f = y*sigmoid(x)", "x", "y*x*(1 - x)", "sigmoid_derivative_wrong"),
        ("f = y*sigmoid(x)", "x", "y*(1 - sigmoid(x))", "sigmoid_derivative_wrong"),
        ("f = y*tanh(x)", "x", "y*(1 - tanh(x))", "tanh_derivative_wrong"),
        ("f = x^3", "x", "x^2", "power_rule_wrong"),
        ("f = exp(x)", "x", "x*exp(x - 1)", "power_rule_on_exponential"),
        ("f = y/x", "x", "y/x^2", "quotient_swapped"),
        ("f = 1/x", "x", "1/x^2", "reciprocal_wrong"),
        ("f = 1/x", "x", "log(x)", "reciprocal_wrong"),
        ("f = y*log(x)", "x", "y/(x*2.302585092994046)", "log_base"),
        ("f = (x - y)^2/2", "x", "2*(x - y)", "half_lost"),
        ("f = x + 2*y", "x", "0.5", "split_in_half"),
        ("f = w*x + v*y", "w", "y", "wrong_variable_in_local_gradient"),
    ],
)
def test_wrong_links_get_their_name(text: str, by: str, claim: str, rule: str) -> None:
    problem = graph(text)
    assert verdict(D("f", by), claim, problem) == "different"
    assert rule in candidates(D("f", by), claim, problem)


def test_candidates_by_number() -> None:
    problem = graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
    assert candidates(D("f", "z"), "-4", problem) == ["mul_not_swapped"]
    assert candidates(D("f", "x"), "4", problem) == ["sign_error"]
    assert candidates(D("f", "x"), "-4.1", problem) == ["arithmetic"]
    assert candidates(D("f", "x"), "-40", problem) == ["arithmetic"]
    assert candidates(D("f", "x"), "17.3", problem) == []
    assert candidates(D("f", "x"), "sin(z)", problem) == []


def test_a_right_link_has_no_candidates() -> None:
    problem = graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
    assert candidates(D("f", "x"), "z", problem) == []
    assert candidates(D("f", "x"), "-4", problem) == []


def test_the_more_specific_rule_is_named() -> None:
    assert candidates(D("f", "x"), "cos(x^2)", graph("f = sin(x^2)"))[0] == "inner_derivative_missing"


def test_overflow_is_no_question_of_the_domain() -> None:
    g = graph("S = exp(x) + exp(y); p = exp(x)/S; L = -log(p)")
    assert decide(derivative("L", "y"), "exp(y)/S", g).notes == ()
    assert "defined" in decide("log(x*y)", "log(x) + log(y)", free="xy").notes[0]
