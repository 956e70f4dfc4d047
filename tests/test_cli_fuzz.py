"""Whatever is typed: an exit code of the contract, and never a traceback."""

from __future__ import annotations

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradviz.cli.program import COMMANDS, program
from tests.cli_run import run


def command(name: str) -> click.Command:
    found = program.get_command(click.Context(program), name)
    assert found is not None
    return found


OPTIONS = sorted({spelling for name in COMMANDS for option in command(name).params for spelling in option.opts})
WORDS = """
    x y z p - -- -log(p) -o*x x*y x=1 y=-2 p=0.5 = 3 x= =3 W=[[1,2],[3,4]] sum(W) W=@no.csv dot json svg all none
    chained f.dot nowhere/f.dot example:three-gate example: nope.py:f nope:f ./nope ~nope x.gradviz 9**9**9**9 log(x)
    ( é 损失 1e400 -0 max sigmoid [ ] { %s {0} 🙂 --help --version --shwo --them
"""
PIECES = [*WORDS.split(), "", "q = x + y; f = q*z", "x\u0301", "\ud800", "\x00", "\x1b[31m"]

word = st.one_of(
    st.sampled_from(PIECES),
    st.sampled_from(OPTIONS),
    st.text(max_size=12),
    st.text(alphabet="xyz+-*/^()=[],; 0123456789.", max_size=20),
    st.builds("{}={}".format, st.sampled_from(("x", "y", "z", "--digits", "--hide", "-o", "π")), st.text(max_size=6)),
    st.builds("-{}".format, st.text(alphabet="oexlg(p)*2-", max_size=8)),
)
line = st.one_of(
    st.lists(word, max_size=5),
    st.builds(lambda command, words: [command, *words], st.sampled_from(list(COMMANDS)), st.lists(word, max_size=6)),
)


@pytest.fixture(autouse=True)
def _here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("fuzz"))


@given(line, st.binary(max_size=40))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_traceback_and_an_exit_code_of_the_contract(words: list[str], stdin: bytes) -> None:
    if words[:1] == ["render"]:  # the layout has its own tests; here it would take a second each
        words = [*words, "--format", "dot"]
    done = run(*words, stdin=stdin)
    assert "Traceback" not in done.err
    assert "internal error" not in done.err, done.err
    refused = done.err.startswith("Error: ") or "\nError: " in done.err
    if words[:1] == ["check"] and not refused:  # a report, and the code that it comes to
        assert done.code in (0, 1, 2, 3)
        assert done.out
        return
    assert done.code in (0, 1, 2)
    assert (done.code == 0) == (not refused)
    assert done.code == 0 or not done.out


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_as_an_expression(text: str) -> None:
    done = run("show", "-e", text, "--random", "--json")
    assert done.code in (0, 2)
    assert "internal error" not in done.err, done.err
