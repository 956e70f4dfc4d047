"""What the documentation shows is what happens: README, docstrings, examples."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest
import readme

from gradviz.cli.packaged import examples

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "gradviz").rglob("*.py")
    if path.name not in ("__main__.py", "layout_child.py")
)


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    found = importlib.import_module(module.removesuffix(".__init__"))
    assert doctest.testmod(found).failed == 0


def test_most_modules_have_an_example() -> None:
    """The oracle's oracle: doctests are found at all."""
    counts = [
        sum(len(test.examples) for test in doctest.DocTestFinder().find(importlib.import_module(m)))
        for m in ("gradviz.passes", "gradviz.gates", "gradviz.numerals")
    ]
    assert all(counts)


def test_readme_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parser, runner, names = doctest.DocTestParser(), doctest.DocTestRunner(), {}
    for number, block in enumerate(readme.blocks("python")):
        test = parser.get_doctest(block, names, f"README block {number + 1}", "README.md", 0)
        assert test.examples
        assert runner.run(test, clear_globs=False).failed == 0
        names = test.globs


@pytest.mark.parametrize("number", range(len(readme.blocks("console"))))
def test_readme_console_blocks(number: int) -> None:
    block = readme.blocks("console")[number]
    assert "$ gradviz " in block
    assert readme.transcript(block) == block, "README is out of date: python -m tests.readme"


@pytest.mark.parametrize("name", readme.PICTURES)
def test_readme_pictures(name: str) -> None:
    shown = ROOT / "examples" / "pictures" / f"{name}.svg"
    assert readme.picture(name) == shown.read_bytes(), "pictures are out of date: python -m tests.readme"


def test_readme_names_two_commands_first() -> None:
    install, test = readme.blocks("sh")
    assert "gradviz render" in install
    assert "pytest" in test
    assert not any("\n" in command.strip() for command in (install, test))


def test_every_example_runs_and_says_what_it_is(tmp_path: Path) -> None:
    assert len(examples()) >= 9
    for name in (one.name for one in examples()):
        assert re.search(r"[.?]$", readme.gradviz(["examples", name], tmp_path).splitlines()[0]), name
        output = readme.gradviz(["show", f"example:{name}"], tmp_path)
        assert "gradient" in output, output
        assert "Error" not in output, output


def test_examples_are_small() -> None:
    for path in (ROOT / "examples").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40, path
