"""The quiz: what is right is called right, what is wrong is called wrong, and nothing is told too early."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator

import pytest

from gradviz import GradvizError, graph
from gradviz.bridges.tracing import from_function
from gradviz.cli.packaged import examples
from gradviz.cli.source import read as read_source
from gradviz.draw.grid.text import columns
from gradviz.draw.view import folded_calls
from gradviz.graph import Graph
from gradviz.language import build
from gradviz.misconceptions.diagnosis import Asked, mutants
from gradviz.numerals import Numerals
from gradviz.step import answers
from gradviz.step.cursor import Cursor
from gradviz.step.generate import RECIPES, generated, stream
from gradviz.step.marking import Marking
from gradviz.step.pages import StepPage
from gradviz.step.questions import Question
from gradviz.step.quiz import Session, opening
from gradviz.step.quiz_pane import QuizPage, before
from gradviz.step.screen import Look
from gradviz.step.walk import walk

EXAMPLES = [one.name for one in examples()]


def example(name: str) -> Graph:
    source = read_source(f"example:{name}")
    if source.function is not None:
        return from_function(source.function)
    return build(source.text)


def questions(g: Graph, **settings: object) -> Iterator[Question]:
    return walk(g.trace(), Numerals(**settings), tuple(folded_calls(g, frozenset())))  # type: ignore[arg-type]


def session(source: str = "q = x + y; f = q * z", **given: float) -> Session:
    g = graph(source, **(given or {"x": -2, "y": 5, "z": -4}))
    return Session(questions(g))


def every_question() -> Iterator[Question]:
    for name in EXAMPLES:
        yield from questions(example(name))
    for rule in RECIPES:
        yield from (generated(rule, 100 + seed) for seed in range(8))


# --- marking: thousands of answers --------------------------------------------------------------------------


def test_right_is_right_and_wrong_is_wrong() -> None:
    chance, judged = random.Random(4), 0
    for question in every_question():
        marking, right = question.marking, question.right
        assert marking.tolerance <= max(0.01 * abs(right), 0.01 if right == 0 else 0)
        assert marking.accepts(right)
        assert marking.accepts(question.numerals.rounded(right)), question.prompt
        for _ in range(6):
            inside = right + marking.tolerance * chance.uniform(-1, 1)
            assert marking.accepts(inside)
            away = marking.tolerance * (1 + 10 ** chance.uniform(-1, 3)) * chance.choice((-1, 1))
            allowed = marking.as_shown
            if all(abs(right + away - shown) > 1e-6 * max(abs(shown), 1e-3) for shown in allowed):
                assert not marking.accepts(right + away)
            judged += 2
        for wrong in (m.number(question.trace) for m in mutants(question.trace.graph, question.asked)):
            if wrong is not None and abs(wrong - right) > max(1e-4 * abs(right), 1e-9):
                assert not marking.accepts(wrong), (question.prompt, wrong)
                judged += 1
    assert judged > 5000


def test_the_tolerance_shrinks_where_a_wrong_rule_comes_near() -> None:
    near = Marking(graph("f = x*y").trace(x=1.01, y=1.02), Asked("local", 2, 0), Numerals())
    assert near.accepts(1.02)
    assert not near.accepts(1.01)
    assert near.fair
    too_near = Marking(graph("f = x*y").trace(x=1.0201, y=1.02), Asked("local", 2, 0), Numerals())
    assert not too_near.fair
    asked = [q.asked for q in questions(graph("f = x*y", x=1.0201, y=1.02))]
    assert Asked("local", 2, 0) not in asked, "a question that cannot be told from a mistake is not asked"


def test_zero_is_absolute() -> None:
    marking = Marking(graph("f = 3*relu(x)").trace(x=-2), Asked("gradient", 1), Numerals())
    assert marking.accepts(0)
    assert marking.accepts(0.009)
    assert not marking.accepts(0.02)


def test_rounding_at_every_step_is_right_too() -> None:
    """CS231n's neuron: exactly 0.39, and 0.40 with two decimals at every step."""
    numerals = Numerals(decimals=2)
    neuron = example("sigmoid-neuron")
    marking = Marking(neuron.trace(), Asked("gradient", neuron.id("x0")), numerals)
    assert marking.accepts(0.39)
    assert marking.accepts(0.4)
    assert not marking.accepts(0.41)
    chained = Marking(neuron.trace(rounded=numerals.rounded), Asked("gradient", neuron.id("x0")), numerals)
    assert chained.accepts(0.4)
    assert chained.accepts(0.39)


def test_infinity_can_be_asked() -> None:
    marking = Marking(graph("f = 1/x").trace(x=0), Asked("value", 2), Numerals())
    assert marking.accepts(math.inf)
    assert not marking.accepts(-math.inf)
    assert not marking.accepts(1e300)
    nothing = Marking(graph("f = 0/x").trace(x=0), Asked("value", 2), Numerals())
    assert nothing.accepts(math.nan)
    assert not nothing.accepts(0)


# --- reading answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3), (" -0.5 ", -0.5), ("−2", -2), ("1/3", 1 / 3), ("1e-3", 1e-3), ("0,25", 0.25), ("½", 0.5),
        ("q*z", -12), ("2x", -4), ("f = 3", 3), ("exp(0)", 1), ("-∞", -math.inf), ("inf", math.inf), ("pi", math.pi),
        ("x^2 + y", 9), ("5−2", 3), ("(1)(2)", 2),
    ],
)  # fmt: skip
def test_answers_are_read(text: str, number: float) -> None:
    trace = graph("q = x + y; f = q * z").trace(x=-2, y=5, z=-4)
    assert answers.read(text, trace, frozenset("xyzq")).number == pytest.approx(number)


@pytest.mark.parametrize(
    "text",
    ["", "f", "what", "1,2,3", "[1, 2]", "__import__('os')", "1 +", "(", "x = 1; y = 2", "9" * 600, "(" * 300, "\x00"],
)
def test_what_is_no_answer(text: str) -> None:
    trace = graph("q = x + y; f = q * z").trace(x=-2, y=5, z=-4)
    with pytest.raises(GradvizError):
        answers.read(text, trace, frozenset("xyzq"))


def test_towers_of_powers_end() -> None:
    trace = graph("f = x + 1").trace(x=1)
    assert answers.read("9**9**9**9", trace, frozenset("x")).number == math.inf


def test_what_is_not_known_yet_cannot_be_an_answer() -> None:
    one = session()
    assert "q" not in (one.question or pytest.fail("no question")).known
    assert "nothing that is known here" in one.reply("q")[0]
    assert one.reply("x + y")[0].startswith("Right.")


# --- a session ----------------------------------------------------------------------------------------------


def test_a_right_answer_has_one_line_of_why() -> None:
    one = session()
    assert one.prompt == "1. What is the value of q = x + y?  (x = -2, y = 5)"
    assert one.reply("3") == ["Right. q = x + y = -2 + 5 = 3"]
    assert one.prompt.startswith("2. What is the value of f = q · z?")


def test_a_wrong_answer_is_named_excused_and_refuted() -> None:
    one = session("f = 3*(x*y)", x=2, y=5)
    for right in ("10", "30", "3"):
        one.reply(right)
    while "hand back to x" not in one.prompt:
        one.reply(repr((one.question or pytest.fail("end")).right))
    said = one.reply("6")
    assert said[0] == "6 is what comes out with this mistake: own factor instead of the other."
    assert "swaps" in said[1]
    assert "x · x" in said[2]
    assert said[3].strip() == "The proof: x + 0.01 moves f by 0.15, not by 0.06."
    assert one.met == {"mul_not_swapped": 1}
    assert one.reply("15")[0].startswith("Right.")


def test_the_ladder() -> None:
    one = session()
    assert "Try once first" in one.reply(":hint")[0]
    first = one.reply("100")
    assert first[0] == "100 is not it."
    assert first[1] == "Hint: q comes out of the + gate, from x and y."
    assert one.reply(":hint") == ["Hint: q = x + y."]
    assert one.reply("101")[-1] == "Hint: q = x + y = -2 + 5 = ___"
    assert one.reply(":hint") == ["This is how it goes: q = x + y = -2 + 5 = 3"]
    assert one.prompt.startswith("The same with other numbers. What is the value of q = x + y?")
    assert one.asked == 1
    question = one.question
    assert question is not None
    assert question.right != 3
    assert one.reply(repr(question.right))[0].startswith("Right.")
    assert one.prompt.startswith("2. What is the value of f")
    assert (one.asked, one.first) == (1, 0)


def test_hints_are_not_counted_aloud_and_give_the_number_only_at_the_end() -> None:
    for question in every_question():
        *before, worked = question.hints
        assert len(before) == 3
        assert question.numerals.text(question.right) in worked
        assert before[2].endswith("___"), before
        for hint in before:
            assert not re.search(r"hint", hint, re.IGNORECASE)
            assert "{" not in hint


def test_commands() -> None:
    one = session()
    assert any("skip" in line for line in one.reply("?"))
    assert "Type a number" in one.reply("")[0]
    assert one.reply("skip") == ["Skipped: q = x + y = -2 + 5 = 3"]
    assert one.prompt.startswith("2.")
    assert one.reply("quit") == []
    assert one.done
    assert one.reply("3") == []
    assert one.summary() == ["Asked: 1. Right at the first try: 0.", "To revisit:", "  the value of q"]


def test_several_rules_with_the_same_number_are_separated() -> None:
    one = session("f = 2*(x*y)", x=1, y=3)
    while not one.prompt.split(". ", 1)[1].startswith("The gradient of f with respect to v1 is 2. What does"):
        one.reply(repr((one.question or pytest.fail("end")).right))
    said = one.reply("2")  # upstream 2 × own factor 1, and upstream alone
    assert said[0].startswith("2 comes out in more than one way: “own factor instead of the other” or “local")
    assert not one.met
    assert one.reply("6")[0].startswith("Right.")
    assert one.prompt.startswith("The same with other numbers.")
    question = one.question
    assert question is not None
    wrong = {m.rule: m.number(question.trace) for m in mutants(question.trace.graph, question.asked)}
    assert wrong["mul_not_swapped"] != wrong["local_dropped"]
    one.reply(repr(wrong["mul_not_swapped"]))
    assert one.met == {"mul_not_swapped": 1}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_quizzed(name: str) -> None:
    one, g = Session(questions(example(name))), example(name)
    count = 0
    while one.question is not None:
        count += 1
        assert one.reply(repr(one.question.right))[0].startswith("Right."), one.prompt
    assert one.asked == one.first == count
    assert count >= sum(bool(g.operands(i)) for i in range(len(g)) if g.reaches[i]) / 2
    assert one.summary() == [f"Asked: {count}. Right at the first try: {count}."]


def test_what_is_asked_is_not_told_before() -> None:
    """The right number stands in no prompt, unless an operand or the upstream gradient happens to be it."""
    for source, numbers in (("q = x + y; f = q * z", {"x": 7, "y": 11, "z": 23}), ("x*y + x", {"x": 7, "y": 11})):
        g = graph(source, **numbers)
        shown: list[str] = opening(next(questions(g)), Numerals())
        one = Session(questions(g))
        seen = {float(n) for n in re.findall(r"-?[\d.]*\d", " ".join(shown))}
        while one.question is not None:
            prompt = one.prompt.partition(" ")[2]
            told = seen | {float(n) for n in re.findall(r"-?[\d.]*\d", prompt)}
            right = one.question.right
            operands = {*numbers.values(), 1.0, *(float(v) for v in one.question.trace.values)}
            assert right not in told or right in operands or one.question.asked.kind == "contribution"
            if one.question.asked.kind == "value":
                assert right not in told
            one.reply(repr(right))


def test_folded_functions_are_one_box() -> None:
    g = example("two-layer-net")
    asked = [q.subject for q in questions(g)]
    hidden = {g.names[i] for call in g.calls for i in call.inside if i != call.output and call.function != "mse"}
    assert "the value of loss" in asked
    assert "the gradient of z[0]" in asked
    assert not [subject for subject in asked if subject.split()[-1] in hidden]
    assert not [line for line in opening(next(questions(g)), Numerals()) if line.split()[0] in hidden]
    loss = next(q for q in questions(g) if q.subject == "the value of loss")
    assert "cross_entropy(z, 0)" in loss.prompt
    score = next(q for q in questions(g) if q.subject == "the gradient of z[0]")
    assert "p − y" in score.hints[1]
    assert score.worked.startswith("∂loss/∂z[0] = 1 × (0.2689 − 1) = -0.7311")


def test_anything_can_be_typed() -> None:
    chance = random.Random(9)
    alphabet = [
        "x",
        "y",
        "z",
        "q",
        "1",
        "2",
        ".",
        ",",
        "/",
        "*",
        "(",
        ")",
        "-",
        "^",
        "∂",
        " ",
        "=",
        ":",
        "?",
        "é",
        "\t",
    ]
    one = Session(stream(1, None, Numerals()), 60)
    for _ in range(1500):
        typed = "".join(chance.choice(alphabet) for _ in range(chance.randrange(8)))
        assert all(isinstance(line, str) for line in one.reply(typed))
        if one.done:
            one = Session(stream(chance.randrange(99), None, Numerals()), 60)


# --- on the screen --------------------------------------------------------------------------------------------


def typed(page: QuizPage, text: str) -> None:
    for char in text:
        assert page.key(char, char) == "stay"
    assert page.key("enter", None) == "stay"


def painted(page: QuizPage, width: int = 80, height: int = 24) -> str:
    rows = page.rows(width, height)
    assert len(rows) == height
    lines = ["".join(text for text, _ in row) for row in rows]
    assert max(columns(line) for line in lines) <= width
    return "\n".join(lines)


def test_q_asks_about_what_is_stepped_through() -> None:
    step = StepPage(Cursor(graph("q = x + y; f = q * z", x=-2, y=5, z=-4)), Look("three"))
    step.saves = False
    page = step.key("Q", "Q")
    assert isinstance(page, QuizPage)
    typed(page, "3")
    assert "Right. q = x + y = -2 + 5 = 3" in painted(page)
    assert page.key("f2", None) == "stay"
    assert "Try once first" in painted(page)
    assert page.key("f3", None) == "stay"
    page.paste("-4\n")
    page.key("enter", None)
    assert page.session.asked == 3
    assert page.key("escape", None) == "back"


def test_it_is_told_once_how_it_went() -> None:
    told: list[tuple[int, int, dict[str, int]]] = []
    cursor = Cursor(graph("f = x * y", x=3, y=4))
    page = QuizPage.of(cursor, "f", lambda *how: told.append(how))
    while page.session.question is not None:
        typed(page, repr(page.session.question.right))
    assert "Right at the first try: 3." in painted(page)
    assert page.key("x", "x") == "ignored"
    assert page.key("enter", None) == "back"
    page.leave()
    assert told == [(3, 3, {})]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_picture_shows_nothing_that_is_asked_or_follows(name: str) -> None:
    g = example(name)
    for question in questions(g):
        cursor, asked = before(question), question.asked
        known = cursor.known
        if asked.kind == "value":
            later = [i for i in range(asked.node, len(g)) if g.with_output(i).reaches[asked.node]]
            assert all(known.value(i) is None for i in later if g.operands(i) and g.reaches[i])
            assert not any(cell.grad for cell in cursor.shown.cells)
        elif asked.kind == "gradient":
            gradient = known.gradient(asked.node)
            assert gradient is None or gradient.missing
        else:
            done = cursor.script.events[: known.done]
            assert (asked.node, asked.slot) not in {(e.node, e.slot) for e in done}


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24), (120, 40), (200, 60), (20, 5), (1, 1)])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_size(size: tuple[int, int], ascii: bool) -> None:
    page = QuizPage(Session(stream(3, None, Numerals()), 8), "level", ascii=ascii)
    chance = random.Random(size[0])
    while not page.session.done:
        assert not ascii or painted(page, *size).isascii()
        painted(page, *size)
        typed(page, f"{chance.uniform(-9, 9):.2f}")
    painted(page, *size)
