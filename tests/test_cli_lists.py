"""gradviz gates, examples, --help, --version, completion."""

from __future__ import annotations

import inspect
import json
import re
import shlex

import click
import pytest

import gradviz
from gradviz.cli import gates as gates_command
from gradviz.cli.packaged import examples
from gradviz.cli.program import COMMANDS, program
from gradviz.draw.options import Options
from gradviz.gates import GATES, Gate, register, remove
from gradviz.language import build
from gradviz.language.library import LIBRARY
from tests.cli_run import ROOT, fails, process, run


def commands() -> dict[str, click.Command]:
    context = click.Context(program)
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def examples_in(text: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in re.findall(r"^ *(gradviz .*)$", text, re.M)]


# --- gates ----------------------------------------------------------------------------------------------


def test_every_gate_is_listed() -> None:
    done = run("gates")
    assert [line.split()[0] for line in done.out.splitlines()[2 : 2 + len(GATES)]] == list(GATES)
    assert max(map(len, done.out.splitlines()[: 2 + len(GATES)])) <= 100


@pytest.mark.parametrize("name", [*GATES, *LIBRARY])
def test_everything_about_one_gate(name: str) -> None:
    done = run("gates", name)
    assert done.code == 0
    if name not in GATES:
        assert (f"--expand {name}" in done.out) == (name != "softmax")  # several outputs make no box
        return
    row = GATES[name]
    assert row.about in done.out
    assert row.pattern.value in done.out
    assert row.kink is None or row.kink.convention in done.out
    (example,) = examples_in(done.out.replace("try: ", ""))
    tried = run(*example)
    assert tried.code == 0
    assert "warning" not in tried.err


@pytest.mark.parametrize("row", GATES.values(), ids=GATES)
def test_spellings_are_read_as_that_gate(row: Gate) -> None:
    for spelling in gates_command.spellings(row):
        graph = build(spelling if row.name == "copy" else f"f = {spelling.replace(', …', '')}")
        assert graph.gates[graph.output].name == row.name


def test_gates_are_found_by_sign_and_by_their_other_names() -> None:
    for word, name in (
        ("+", "add"),
        ("-", "sub"),
        ("*", "mul"),
        ("×", "mul"),
        ("^", "pow"),
        ("σ", "sigmoid"),
        ("ln", "log"),
    ):
        assert run("gates", word).out.startswith(f"{name}:")
    fails(run("gates", "sigmiod"), 2, "gradviz gates sigmoid")
    fails(run("gates", "add", "mul"), 2, "2 names")
    fails(run("gates", "--jsno"), 2, "--json")


def test_gates_as_json() -> None:
    data = json.loads(run("gates", "--json").out)
    assert [row["name"] for row in data] == list(GATES)
    assert all(len(row["partials"]) == (row["arity"] or 1) for row in data)
    (one,) = json.loads(run("gates", "relu", "--json").out)
    assert one["kink"]["convention"] == "relu'(0) = 0"


def test_a_new_gate_shows_up_by_itself() -> None:
    row = register(Gate("cube", "x³", "a * a * a", ("3 * a * a",), about="a to the third"))
    try:
        assert "cube" in run("gates").out
        assert "∂out/∂a = 3·a·a" in run("gates", "cube").out
    finally:
        remove(row)


# --- examples -------------------------------------------------------------------------------------------


def test_every_example_is_listed_with_its_line() -> None:
    found = examples()
    assert {one.name for one in found} >= {"three-gate", "sigmoid-neuron", "max-router", "copy-adder"}
    done = run("examples")
    for one in found:
        assert re.search(rf"^{re.escape(one.name)} +{re.escape(one.about)}$", done.out, re.M)
        assert one.about


@pytest.mark.parametrize("name", [one.name for one in examples()])
def test_an_example_is_printed_with_commands_that_work(name: str) -> None:
    done = run("examples", name)
    source = (ROOT / "examples" / f"{name}.gradviz").with_suffix("")
    text = next(p for p in (source.with_suffix(".gradviz"), source.with_suffix(".py")) if p.exists()).read_text("utf-8")
    assert done.out.startswith(text)
    tried = [words for words in examples_in(done.out.replace("#", "")) if words[0] == "show"]
    assert tried
    assert all(run(*words).code == 0 for words in tried)
    assert run("show", f"example:{name.replace('_', '-')}").code == 0


def test_an_unknown_example() -> None:
    fails(run("examples", "three-gat"), 2, "three-gate")
    assert json.loads(run("examples", "max-router", "--json").out)[0]["name"] == "max-router"


def test_packaged_examples_that_are_gone_are_the_surroundings_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("os.path.isfile", lambda path: False)
    fails(run("examples"), 1, "examples are missing")


# --- help -----------------------------------------------------------------------------------------------


def test_alone_it_helps() -> None:
    assert run() == run("--help") == run("-h")
    assert run().code == 0
    assert run("--version").out == f"gradviz {gradviz.__version__}\n"


def test_the_table_of_commands_is_the_commands() -> None:
    for name, command in commands().items():
        assert (command.help or "").splitlines()[0] == COMMANDS[name]
    assert list(commands()) == list(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "check"])  # its examples need files of their own
def test_help_has_examples_that_work_and_exit_codes(
    name: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    text = run(name, "--help").out
    found = examples_in(text)
    assert len(found) >= 3
    assert "Exit codes: 0 done, 2" in text
    for words in found:
        assert run(*words).code == 0, words
    for line in text.splitlines():
        assert len(line) <= 100
        if line.lstrip().startswith("gradviz "):
            assert not set(line) & set("$!`'"), line


def test_the_examples_of_the_program_work(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    for words in examples_in(run("--help").out):
        assert run(*words).code == 0, words


def test_options_are_the_keywords_of_draw() -> None:
    """Keyword names are the command line's option names: of two, render's."""
    offered = {
        o.removeprefix("--").replace("-", "_")
        for p in commands()["render"].params
        for o in p.opts
        if isinstance(p, click.Option)
    }
    fields = set(inspect.signature(Options).parameters)
    assert fields - {"ascii"} <= offered
    assert "ascii" in {p.name for p in commands()["show"].params}


def test_completion() -> None:
    def completed(*words: str) -> str:
        env = {
            "_GRADVIZ_COMPLETE": "zsh_complete",
            "COMP_WORDS": shlex.join(["gradviz", *words]),
            "COMP_CWORD": str(len(words)),
        }
        return process(env=env).stdout.decode()

    assert "render" in completed("re")
    assert "example:three-gate" in completed("show", "example:th")
    assert "colorblind" in completed("render", "x*y", "--theme", "col")
    assert "max-router" in completed("examples", "max")
    script = process(env={"_GRADVIZ_COMPLETE": "zsh_source"}).stdout.decode()
    assert "#compdef gradviz" in script


def test_a_pipe_gets_the_table_of_gates_uncut() -> None:
    whole = run("gates", env={"COLUMNS": ""}).out
    assert all("…" not in line or "(a, b, …)" in line for line in whole.splitlines())
    assert "tanh(0.7978845608028654" in whole


def test_a_function_of_several_outputs_is_not_said_to_be_a_box() -> None:
    assert "several outputs" in run("gates", "softmax").out
    for name in ("mse", "cross_entropy", "multi_hinge", "huber"):
        assert f"--expand {name}" in run("gates", name).out
