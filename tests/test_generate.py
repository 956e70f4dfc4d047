"""Generated questions: the answer of the rule they are made for gets that rule's name, and no other."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from gradviz import GradvizError
from gradviz.language import build
from gradviz.misconceptions.catalogue import MISCONCEPTIONS
from gradviz.misconceptions.diagnosis import close, diagnose, mutants
from gradviz.numerals import Numerals
from gradviz.step.generate import LEVELS, RECIPES, Tally, fresh, generated, rules, stream, wrong_answer
from gradviz.step.questions import Question
from gradviz.step.walk import walk

SEEDS = range(25)


def rules_answer(question: Question, rule: str) -> float:
    found = wrong_answer(question.trace, question.asked, rule, mutants(question.trace.graph, question.asked))
    assert found is not None
    return found


@pytest.mark.parametrize("rule", RECIPES)
def test_the_rules_answer_gets_the_rules_name(rule: str) -> None:
    tally, named, rounded = Tally(), 0, 0
    for seed in SEEDS:
        question = generated(rule, seed, tally=tally)
        wrong = rules_answer(question, rule)
        assert not question.marking.accepts(wrong)
        found = diagnose(question.trace, question.asked, wrong)
        named += bool(found) and found[0].id == rule
        shown = Numerals(digits=3).rounded(wrong)  # as a person writes it
        found = diagnose(question.trace, question.asked, shown)
        rounded += bool(found) and found[0].id == rule
    assert named == len(SEEDS)
    assert rounded >= 0.95 * len(SEEDS)
    assert tally.kept == len(SEEDS)
    assert tally.drawn < 60 * len(SEEDS), "hardly any draw tells: the recipe is wrong"


def test_every_runnable_rule_has_a_recipe() -> None:
    loose = {"arithmetic", "copied_wrongly"}  # slips, not rules: they fit every question
    assert set(RECIPES) == {row.id for row in MISCONCEPTIONS.values() if row.runnable} - loose
    assert sorted(rule for level in LEVELS for rule in rules(level)) == sorted(rules())
    assert all(len(rules(level)) >= 3 for level in LEVELS)


@pytest.mark.parametrize("level", LEVELS)
def test_friendly_questions(level: int) -> None:
    for question, _ in zip(stream(5, level, Numerals()), range(12), strict=False):
        assert question.target in rules(level)
        assert question.marking.fair
        assert math.isfinite(question.right)
        assert abs(question.right) <= 1e4
        for name in question.trace.graph.inputs:
            value = question.trace[name].value
            assert value * 2 == int(value * 2)
            assert 0 < abs(value) <= 5
        assert question.prompt.startswith(question.trace.graph.text or "?")
        assert "{" not in question.prompt


def test_the_same_seed_gives_the_same_questions() -> None:
    def prompts(seed: int, level: int | None) -> list[str]:
        return [q.prompt for q, _ in zip(stream(seed, level, Numerals()), range(6), strict=False)]

    assert prompts(7, 3) == prompts(7, 3)
    assert prompts(7, 3) != prompts(8, 3)
    assert len(set(prompts(7, None))) == 6


def test_no_rule_twice_in_a_row() -> None:
    for level in LEVELS:
        targets = [q.target for q, _ in zip(stream(2, level, Numerals()), range(20), strict=False)]
        assert all(a != b for a, b in pairwise(targets))


def test_unknown_rules() -> None:
    with pytest.raises(GradvizError, match="no question can be made for 'symmetry'"):
        generated("symmetry", 1)


# --- the same question with other numbers -----------------------------------------------------------------


@pytest.mark.parametrize("rule", RECIPES)
def test_fresh_numbers(rule: str) -> None:
    for seed in range(3):
        old = generated(rule, seed)
        new = fresh(old, seed)
        assert new is not None
        assert new.trace.graph is old.trace.graph
        assert new.asked == old.asked
        assert not close(new.right, old.right) or old.right == 0 or "max" in rule or "relu" in rule
        assert new.prompt != old.prompt
        assert new == fresh(old, seed) or new.prompt == getattr(fresh(old, seed), "prompt", None)


def test_fresh_numbers_that_tell_rules_apart() -> None:
    graph = build("f = 2*(x*y)", {"x": 1, "y": 3})
    old = next(q for q in walk(graph.trace(), Numerals()) if q.asked.kind == "contribution" and q.asked.node == 3)
    two = ("mul_not_swapped", "local_dropped")  # both give 2
    assert [f.id for f in diagnose(old.trace, old.asked, 2)] == [
        "mul_not_swapped",
        "upstream_dropped",
        "local_dropped",
    ][::2]
    new = fresh(old, 1, two)
    assert new is not None
    numbers = {m.rule: m.number(new.trace) for m in mutants(graph, new.asked) if m.rule in two}
    assert numbers["mul_not_swapped"] != numbers["local_dropped"]


def test_probabilities_stay_probabilities() -> None:
    graph = build("-y*log(p) - (1 - y)*log(1 - p)", {"p": 0.8, "y": 1})
    for question in walk(graph.trace(), Numerals()):
        new = fresh(question, 3)
        if new is not None:
            assert 0 < new.trace["p"].value < 1
            assert math.isfinite(new.right)
