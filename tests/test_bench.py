"""The benchmark runs and writes what it says. No test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import __main__ as bench
from tests.bench import compare, environment, plans
from tests.bench.plot import plot

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in the Python at hand."""
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", "--no-install", *arguments],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip


def test_smallest_workload(tmp_path):
    done = run(
        "--only",
        "gradviz --help",
        "--rounds",
        "1",
        "--json",
        str(tmp_path / "b.json"),
        "--plot",
        str(tmp_path / "b.svg"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert told["rounds"] == 1
    assert set(told) == {"python", "system", "machine", "rounds", "figures"}
    (figure,) = told["figures"]
    assert (figure["name"], figure["peer"], figure["unit"]) == ("gradviz --help", "python -c pass", "ms")
    assert figure["ours_all"] == [figure["ours"]]
    assert figure["ratio"] == figure["ours"] / figure["peers"]
    assert figure["reached"] == (figure["ratio"] <= 6)
    assert not figure["failed"]
    assert "gradviz --help" in done.stdout
    assert "of 1 goals met" in done.stdout
    assert "gradviz --help" in "".join(ElementTree.parse(tmp_path / "b.svg").getroot().itertext())


def test_unknown_word_lists_the_families():
    done = run("--only", "nonsense")
    assert done.returncode == 2
    assert "one point" in done.stderr
    assert "Traceback" not in done.stderr


def test_medians_and_failures_are_figures():
    ours, peers = iter([3.0, 1.0, 2.0]), iter([8.0, 4.0, 6.0])

    def broken():
        raise ArithmeticError("other numbers")

    sides = {"gradviz": lambda: lambda: next(ours), "bare": lambda: lambda: next(peers), "wrong": broken}
    good, bad = compare.figures(compare.Workload("f", "n", "µs", sides, {"bare": 4}), 3)
    assert (good["ours"], good["peers"], good["ratio"], good["reached"]) == (2.0, 6.0, 3.0, False)
    assert good["ours_all"] == [3.0, 1.0, 2.0]
    assert bad["ratio"] is None
    assert bad["failed"] == {"wrong": "ArithmeticError: other numbers"}
    assert "MISSED" in compare.line(good)
    assert "other numbers" in compare.line(bad)


def test_goal_at_most_and_limit():
    sides = {"gradviz": lambda: lambda: 3.0, "bare": lambda: lambda: 2.0}
    (figure,) = compare.figures(compare.Workload("f", "n", "ms", sides, {"bare": 1.5}, at_most=True), 1)
    assert figure["ratio"] == 1.5
    assert figure["reached"]
    assert figure["goal"] == "<= 1.5"
    (alone,) = compare.figures(compare.Workload("f", "n", "ms", {"gradviz": sides["gradviz"]}, limit=2), 1)
    assert alone["peer"] is None
    assert alone["reached"] is False


def test_engines_must_agree():
    right = plans.reference()
    plans.agreed(right)
    with pytest.raises(ArithmeticError):
        plans.agreed([*right[:-1], right[-1] * 1.001])
    with pytest.raises(ArithmeticError):
        plans.agreed(right[:-1])


def test_reference_is_the_plan_on_floats():
    plan, point = plans.steps(plans.NODES), [column[0] for column in plans.points(1)]
    assert plans.reference()[0] == pytest.approx(plans.run(plan, point, lambda v: max(v, 0.0)))


def test_plot_places_goal_and_bar():
    sides = {"gradviz": lambda: lambda: 1.0, "bare": lambda: lambda: 0.5}
    told = list(compare.figures(compare.Workload("f", "a < b", "ms", sides, {"bare": 4}), 1))
    root = ElementTree.fromstring(plot(told, {"python": "3", "system": "s", "machine": "m", "rounds": 1}))
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "a < b" in words
    assert "0.50× missed" in words


def test_environment_is_named_by_what_is_in_it(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "caches", lambda: tmp_path)
    all_of_it, less = environment.requirements(), environment.requirements(["torch"])
    assert [r for r in all_of_it if r not in less] == ["torch==2.13.0"]
    assert environment.folder(all_of_it) == environment.folder(all_of_it) != environment.folder(less)
    assert tmp_path in environment.folder(less).parents
    assert ROOT not in environment.folder(less).parents


def test_names_are_unique():
    names = [workload.name for workload in bench.chosen(None)]
    assert len(set(names)) == len(names)
