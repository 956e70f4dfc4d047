"""How the words of a command line are read: SOURCE by its form, options exactly, good advice for the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradviz.cli.quoting import line
from gradviz.cli.source import form_of
from tests.cli_run import fails, run

NEGATIVE = ("-log(p)", "-o*x", "-y*log(p)-(1-y)*log(1-p)", "-e", "-x", "--x", "-2*x", "-(x)", "-json")


def shown(*words: str, **settings: object) -> dict[str, object]:
    done = run("show", "--json", *words, **settings)  # type: ignore[arg-type]
    assert done.code == 0, done.err
    data = json.loads(done.out)
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("source", [s for s in NEGATIVE if s != "-e"])
def test_source_may_begin_with_a_minus(source: str) -> None:
    data = shown(source)
    assert {node["gate"] for node in data["nodes"]} >= {"input"}  # type: ignore[attr-defined]
    assert data == shown("-e", source) == shown("--", source) == shown(f"--expr={source}")


def test_a_short_option_takes_no_glued_value() -> None:
    names = [node["name"] for node in shown("-o*x", "o=2", "x=3")["nodes"]]  # type: ignore[attr-defined]
    assert names[:1] == ["o"]
    fails(run("show", "x*y", "-of.svg"), 2, "-o f.svg")


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("-", "stdin"),
        ("net.gradviz", "file"),
        ("a b.txt", "file"),
        ("notes.md", "file"),
        ("./x*y", "file"),
        ("../x", "file"),
        ("/x", "file"),
        ("~/x", "file"),
        ("C:\\x", "file"),
        ("d:/x", "file"),
        ("example:three-gate", "example"),
        ("example:", "example"),
        ("net.py:loss", "python"),
        ("./net.py:loss", "python"),
        ("C:\\code\\net.py:loss", "python"),
        ("net.py", "python"),
        ("package.module:loss", "python"),
        ("x*y", "text"),
        ("q = x + y; f = q * z", "text"),
        ("-log(p)", "text"),
        ("x", "text"),
        ("", "text"),
        ("a/b", "text"),
    ],
)
def test_the_form_decides(word: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert form_of(word) == form
    (tmp_path / "x").write_text("y*2")  # what exists does not matter
    assert form_of(word) == form


def test_a_file_called_like_an_expression_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x+y").write_text("a*b*c")
    assert [n["name"] for n in shown("x+y")["nodes"]][:2] == ["x", "y"]  # type: ignore[attr-defined]
    assert [n["name"] for n in shown("--file", "x+y")["nodes"]][:2] == ["a", "b"]  # type: ignore[attr-defined]


def test_every_form_reads_the_same_circuit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "q = x + y\nf = q * z\n"
    (tmp_path / "net.gradviz").write_text(text)
    (tmp_path / "odd").write_text(text)
    (tmp_path / "net.py").write_text("def f(x, y, z):\n    q = x + y\n    f = q * z\n    return f\n")
    values = ("x=-2", "y=5", "z=-4")
    expected = shown(text, *values)
    grads = {n["name"]: n["grad"] for n in expected["nodes"]}  # type: ignore[attr-defined]
    assert (grads["x"], grads["y"], grads["z"]) == (-4, -4, 3)
    assert shown("net.gradviz", *values) == shown("./odd", *values) == expected
    assert shown("--file", "odd", *values) == shown("-", *values, stdin=text.encode()) == expected
    assert shown("-", *values, stdin=text.encode("utf-16")) == expected
    traced = shown("net.py:f", *values)
    assert {n["name"]: n["grad"] for n in traced["nodes"]} == grads  # type: ignore[attr-defined]


def test_values_stand_anywhere_among_options() -> None:
    one = run("show", "x*y", "x=2", "--decimals", "2", "y=3", "--plain")
    two = run("show", "--plain", "--decimals=2", "x*y", "y=3", "x=2")
    assert one.code == two.code == 0
    assert one.out == two.out
    assert "6.00" in one.out


# --- good advice ----------------------------------------------------------------------------------------


def test_no_command() -> None:
    fails(run("x*y", "x=2"), 2, 'gradviz show "x*y" x=2')
    fails(run("-log(p)", "p=0.5"), 2, 'gradviz show "-log(p)" p=0.5')
    fails(run("f = x^2; f"), 2, 'gradviz show "f = x^2; f"')


def test_unknown_command() -> None:
    fails(run("shwo", "x*y"), 2, "no command 'shwo'", 'gradviz show "x*y"')
    fails(run("rendr", "x*y", "-o", "f.svg"), 2, 'gradviz render "x*y" -o f.svg')
    fails(run("--quiet", "show", "x"), 2, "no option --quiet", "command first")


def test_what_other_programs_understand() -> None:
    fails(run("help"), 2, "try: gradviz --help")
    fails(run("help", "render"), 2, "try: gradviz render --help")
    fails(run("-v"), 2, "try: gradviz --version")


def test_misspelled_options() -> None:
    fails(run("show", "x*y", "--dpi", "100"), 2, "gradviz render has")
    fails(run("render", "x*y", "--them", "dark"), 2, "no option --them", "--theme")
    fails(run("render", "--them", "dark", "x*y"), 2, "no option --them", "--theme")
    fails(run("render", "x*y", "--theme", "drak"), 2, "did you mean dark")
    fails(run("show", "x*y", "--digits", "99"), 2, "--digits", "1 to 17")
    fails(run("show", "x*y", "--digits", "many"), 2, "--digits")
    fails(run("show", "x*y", "--explain=3"), 2, "--explain takes no value")
    fails(run("show", "x*y", "-o"), 2, "-o needs a value")
    fails(run("show", "x*y", "-o", "--json"), 2, "-o needs a value", "--json")
    fails(run("show", "-e", "-o", "x=1"), 2, "--expr=-o")
    fails(run("show", "--", "x*y", "--json"), 2, "--json stands after --")
    told = run("show", "--explian")
    assert told.code == 0
    assert "the option is called --explain" in told.err


def test_missing_source_and_two_sources() -> None:
    fails(run("show"), 2, "SOURCE is missing")
    fails(run("show", "-e", "x", "--file", "y"), 2, "-e and --file")
    fails(run("show", "x=3", "x*y", "y=2"), 2, 'gradviz show "x*y" x=3 y=2')


def test_files_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network.gradviz").write_text("x*y")
    (tmp_path / "folder.txt").mkdir()
    fails(run("show", "netwrok.gradviz"), 2, "no such file: netwrok.gradviz", "try: network.gradviz")
    fails(run("show", "./nowhere/net.gradviz"), 2, "no folder ./nowhere")
    fails(run("show", "folder.txt"), 2, "folder.txt is no file")
    fails(run("show", "net.py:f"), 2, "no such file: net.py")
    fails(run("show", "no_such_module_here:f"), 2, "no module")
    fails(run("show", "example:three-gat"), 2, "example:three-gate")
    fails(run("show", "./a\0b"), 2, "cannot be the name of a file")


def test_python_is_run_only_for_the_python_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bomb.py").write_text("raise SystemExit('ran')\n")
    fails(run("show", "./bomb"), 2, "no such file")
    assert run("show", "bomb").code == 0  # a name
    fails(run("show", "bomb.py:f"), 2, "bomb.py")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "empty"),
        ("(x", "never closed"),
        ("x +", "line 1"),
        ("sigmiod(x)", "sigmoid"),
        ("x = y; y = x", ""),
        ("x = 1; x = 2", ""),
        ("x\0y", ""),
        ("1 = x", ""),
        ("(" * 10_000, ""),
    ],
)
def test_sources_that_do_not_read(source: str, said: str) -> None:
    fails(run("show", "-e", source), 2, said)


def test_ten_megabytes_of_brackets() -> None:
    fails(run("show", "-", stdin=b"(" * 10_000_000), 2)


def test_a_message_holds_no_path_the_user_did_not_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.gradviz").write_text("x + * y")
    (tmp_path / "bad.py").write_text("def f(x):\n    return x + undefined\n")
    for source in ("bad.gradviz", "bad.py:f", "nope.gradviz", "bad.py:g", "example:nope"):
        done = run("show", source, "x=1")
        assert done.code == 2
        assert str(tmp_path) not in done.err
        assert "/" not in done.err.replace("name/", ""), done.err


@pytest.mark.parametrize(
    "word", ["x*y", "a b", "it's", 'say "hi"', "$HOME", "a`b`", "!x", "", "W=[[1,2]]", "x=-2", "π"]
)
def test_quoted_words_come_back_from_a_shell(word: str) -> None:
    import shlex

    assert shlex.split(line([word])) == [word]


def test_values_typed_like_options_are_offered_without_the_dashes() -> None:
    from tests.cli_run import fails, run

    fails(run("show", "x*y", "--x=3", "y=2"), 2, "values are given without --", "try: x=3")


def test_a_message_cannot_steer_the_terminal() -> None:
    from tests.cli_run import run

    for word in ("a\x1b[31mb.gradviz", "a\x07\u202eb.txt"):
        done = run("show", word)
        assert done.code == 2
        assert all(c.isprintable() or c == "\n" for c in done.err)
    assert r"a\x1b[31mb.gradviz" in run("show", "a\x1b[31mb.gradviz").err


def test_nobody_is_told_to_make_folders_in_the_systems_own_ones() -> None:
    from tests.cli_run import run

    done = run("render", "x*y", "-o", "/proc/none/y.svg")
    assert done.code == 2
    assert "mkdir" not in done.err
