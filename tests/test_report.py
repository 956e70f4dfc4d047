"""Reports: what each format shows, what each hint level keeps back, and that no student's text does harm."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import gradviz
from gradviz.check.outcome import VERDICTS, FileOutcome, Link, Outcome, Spot, Verdict, Witness
from gradviz.check.reader.sheet import Sheet
from gradviz.check.report import FORMATS, report
from gradviz.check.reports.markdown import code, escaped, fenced
from gradviz.check.reports.text import as_text, excerpt, underlined
from gradviz.draw.grid.text import char_columns, columns
from tests.cli_run import ROOT, run

STAFF = "q = x + y\nf = q*z^2\nx = -2; y = 5; z = 1.7\nrequire df/dx, df/dz\n"
WRONG = "df/dq = 2*q\ndf/dx = df/dq\ndf/dz = quux\n"


def outcome(text: str = WRONG, problem: str | None = STAFF) -> Outcome:
    return gradviz.check(text, problem=problem)


# --- text -----------------------------------------------------------------------------------------------


def test_the_text_report_reads_like_a_compiler() -> None:
    lines = outcome().report("text").splitlines()
    assert lines[0] == (
        "read 2 of 3 statements, checked against f = q*z^2, q = x + y at x = -2, y = 5, z = 1.7 from problem"
    )
    at = lines.index("text:1:1: wrong: ∂f/∂q is not 2*q")
    assert lines[at + 1 : at + 4] == ["  df/dq = 2*q", "  ^^^^^^^^^^^", "  read as: ∂f/∂q = 2*q"]
    assert "text:2:1: wrong: ∂f/∂x is not ∂f/∂q" not in lines
    assert any(line.startswith("text:3:9: not read: quux") for line in lines)
    human = "needs a human: what is said of it, if anything, was not read, decided or carried through"
    assert f"text: df/dz: {human}" in lines
    assert lines[-2].startswith("text: wrong (3 links: 1 ok, 1 wrong, 1 not read)")
    assert lines[-1] == "  --hints 3 tells more"


def test_many_files_begin_with_one_row_each() -> None:
    files = (
        FileOutcome("a.txt", failure="a PDF"),
        FileOutcome("b.txt", links=(Link("1", Spot(1, 1, 1, "x"), "", "", "", "ok"),)),
    )
    lines = Outcome(files).report("text").splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["file", "a.txt", "b.txt"]
    assert lines[3:6] == ["", "2 files: 1 could not be read, 1 all right", ""]


HOMEWORK = sorted((ROOT / "examples" / "homework").iterdir())
MORE = (
    "f = relu(a*b - c) at a = 1, b = 2, c = 0.5\ndf/da = a",
    "u = x*y; v = u + x; L = v^2 at x = 0.1, y = -3\ndL/dx = 2*v",
    "h = sin(k); g = h/k\ndg/dk = h",
    "L = (w*x + b - t)^2 at w = 1e-3, x = 2, b = 0, t = 1\ndL/dw = 2*x",
    "λ = ξ*x at ξ = 2, x = 3\ndλ/dξ = ξ",
    "x̂ = 1: f(ξ, x) = ξ*x at ξ = 2, x = 3\nd f/dx = ξ + ξ",  # an input that is not used
    "L = max(x, y)*w_{11} at x = 1, y = 2, w_{11} = 3\ndL/dx = w_{11}",
)


@pytest.mark.parametrize("text", [*(path.read_text("utf-8") for path in HOMEWORK), *MORE])
def test_every_command_to_see_a_gate_runs(text: str) -> None:
    found = gradviz.check(text)
    commands = {*re.findall(r"see the gate: (.*)", found.report("text"))}
    wrong = [link for link in found.links if link.verdict == "wrong" and link.gate]
    assert len(commands) <= len(wrong)
    assert bool(commands) == bool(wrong)
    assert text not in MORE or wrong
    for line in sorted(commands):
        words = shlex.split(line)
        done = run(*words[1:], "--plain")
        assert words[0] == "gradviz"
        assert done.code == 0, (line, done.err)
        assert "Error" not in done.err
        assert words[-1] in done.out.splitlines()[0] + done.out


# any characters, the wide and the combining ones often
_WRITING = st.text(
    st.one_of(st.sampled_from("abc =权重x\u0302é+\u20d7"), st.characters(exclude_categories=["C"])), max_size=80
)


@given(_WRITING, st.integers(1, 90), st.integers(1, 90), st.integers(20, 60))
def test_the_mark_stands_under_the_link(text: str, column: int, width: int, room: int) -> None:
    spot = Spot(1, column, width, text)
    before, under, after = excerpt(spot, room)
    line, mark = underlined(spot, room)
    assert line == before + under + after
    assert columns(line) <= room
    assert mark == " " * columns(before) + "^" * max(1, columns(under))
    linked = text[column - 1 : column - 1 + width]
    assert linked == under or (under.endswith("…") and linked.startswith(under[:-1]))
    if columns(text) <= room:
        assert line == text
    assert all(char_columns(char) for char in before[1:2]) or not before.startswith("…")


@pytest.mark.parametrize(
    ("spot", "shown"),
    [
        (Spot(1, 1, 4, "abcd"), ("abcd", "^^^^")),
        (Spot(1, 3, 99, "权重 = 1"), ("权重 = 1", "    ^^^^")),
        (Spot(1, 290, 5, "x" * 300), ("…" + "x" * 20, " " * 10 + "^^^^^")),
        (Spot(1, 5, 1, ""), ("", "^")),
        (Spot(1, 3, 1, "e\u0302x = 1"), ("e\u0302x = 1", " ^")),
    ],
)
def test_marks(spot: Spot, shown: tuple[str, str]) -> None:
    assert underlined(spot) == shown


# --- hint levels ----------------------------------------------------------------------------------------

TEXTS = (
    "df/dq = q\ndf/dx = q\n",
    "df/dq = z^2\ndf/dz = 3*z\ndf/dx = df/dq = 1\nq = 4\n",
    WRONG,
)


def _as_screen(files: tuple[FileOutcome, ...], hints: int) -> str:
    from gradviz.check.report import visible
    from gradviz.check.reports.terminal import as_screen

    return as_screen(visible(Outcome(files), hints), hints, 80)


def _all_formats(files: tuple[FileOutcome, ...], hints: int) -> list[str]:
    found = Outcome(files, hints)
    shown = [report(found, format, hints) for format in FORMATS]
    return [*shown, found._repr_mimebundle_()["text/html"], _as_screen(files, hints)]


def _with_links(file: FileOutcome, links: list[Link]) -> tuple[FileOutcome]:
    return (replace(file, links=tuple(links), summary=file.summary, exit_code=file.exit_code),)


def _other_answer(link: Link) -> Link:
    witness = link.witness and Witness(link.witness.point, -98.7, link.witness.right)
    return replace(link, expected=link.expected and "another answer", witness=witness)


def _other_rule(link: Link) -> Link:
    ids = ("power_rule_wrong",) if link.misconceptions != ("power_rule_wrong",) else ()
    witness = None if link.witness else Witness({"x": 1.0}, 2.0, 3.0)
    return replace(link, rule="another rule", misconceptions=ids, gate="x", expected="f", witness=witness)


@pytest.mark.parametrize("text", TEXTS)
def test_what_lies_above_the_hint_level_is_in_no_byte(text: str) -> None:
    """Whatever lies above the level may be replaced by anything else: not a byte of any report changes."""
    [file] = outcome(text).files
    assert any(link.expected for link in file.links)
    answers = [_other_answer(link) for link in file.links]
    rules = [_other_rule(link) for link in file.links]
    for level, others in ((2, answers), (1, answers), (1, rules), (0, answers), (0, rules)):
        assert _all_formats((file,), level) == _all_formats(_with_links(file, others), level)
    for level, others in ((3, answers), (2, rules)):
        for one, other in zip(
            _all_formats((file,), level), _all_formats(_with_links(file, others), level), strict=True
        ):
            assert one != other


@pytest.mark.parametrize("text", TEXTS)
def test_at_level_0_no_byte_says_which_line_is_wrong(text: str) -> None:
    [file] = outcome(text).files
    judged = [i for i, link in enumerate(file.links) if link.verdict in ("ok", "wrong", "follows")]
    turned = [file.links[i] for i in (*judged[1:], judged[0])]
    links = list(file.links)
    for i, other in zip(judged, turned, strict=True):
        links[i] = replace(links[i], **{name: getattr(other, name) for name in ("verdict", "message", "rule", "notes")})
    assert [link.verdict for link in links] != [link.verdict for link in file.links]
    assert _all_formats((file,), 0) == _all_formats(_with_links(file, links), 0)
    assert _all_formats((file,), 1) != _all_formats(_with_links(file, links), 1)


@pytest.mark.parametrize("format", FORMATS)
def test_each_level_tells_its_part(format: str) -> None:
    """The right answer 2.89 = z², the rule's name, the place: each appears at its level and not below."""
    found = outcome("df/dq = q\n")
    place = {"text": "text:1:1", "md": "text:1:1", "html": "#f1-n1", "json": '"line": 1'}[format]
    shown = [found.report(format, hints=level) for level in range(4)]
    for level, text in enumerate(shown):
        assert (place in text) == (level >= 1)
        assert ("mul_not_swapped" in text.replace("\\", "")) == (level >= 2)
        assert ("2.89" in text) == (level >= 3)
    assert len({*shown}) == 4


def test_the_level_changes_neither_the_sums_nor_what_is_asked_for_nor_the_exit_code() -> None:
    found = outcome()
    shown = [json.loads(found.report("json", hints=level))["files"][0] for level in range(4)]
    for each in shown:
        assert each["summary"] == shown[3]["summary"]
        assert each["required"] == {"df/dx": "follows", "df/dz": "needs_human"}
    assert shown[0]["first_wrong"] is None
    assert [link["verdict"] for link in shown[0]["links"]] == ["not_read"]


# --- JSON -----------------------------------------------------------------------------------------------

_NUMBER = (int, float)
_LINK = {
    "problem": str, "line": int, "column": int, "cell": (int, type(None)), "left": str, "right": str, "read_as": str,
    "quantity": (str, type(None)), "verdict": str, "expected": (str, type(None)), "witness": (dict, type(None)),
    "misconceptions": list, "message": str,
}  # fmt: skip
_FILE = {
    "file": str,
    "problems": list,
    "links": list,
    "required": dict,
    "first_wrong": (int, type(None)),
    "summary": dict,
}


def _holds(found: dict[str, Any], schema: dict[str, Any], optional: tuple[str, ...] = ()) -> None:
    assert [key for key in found if key not in optional] == list(schema)
    for key, kind in schema.items():
        assert isinstance(found[key], kind), (key, found[key])


@pytest.mark.parametrize("hints", range(4))
def test_json_keeps_the_contract(hints: int) -> None:
    files = [gradviz.check(path.read_text("utf-8")).files[0] for path in HOMEWORK]
    files += [*outcome().files, FileOutcome("scan.pdf", failure="scan.pdf is a PDF"), *outcome("nothing here").files]
    found = json.loads(report(Outcome(tuple(files)), "json", hints))
    assert list(found) == ["files"]
    assert len(found["files"]) == len(files)
    for each in found["files"]:
        _holds(each, _FILE, ("failure", "notes"))
        assert list(each["summary"]) == list(VERDICTS)
        assert {*each["required"].values()} <= {"ok", "wrong", "follows", "missing", "needs_human"}
        for problem in each["problems"]:
            _holds(problem, {"id": str, "function": str, "inputs": dict, "read": list})
            assert all(isinstance(value, _NUMBER) for value in problem["inputs"].values())
            assert len(problem["read"]) == 2
        for link in each["links"]:
            _holds(link, _LINK)
            assert link["verdict"] in VERDICTS
        first = next((i for i, link in enumerate(each["links"]) if link["verdict"] == "wrong"), None)
        assert each["first_wrong"] == first


def test_what_json_says_of_a_link() -> None:
    [file] = json.loads(outcome().report("json", hints=3))["files"]
    assert file["problems"] == [
        {"id": "1", "function": "f = q*z^2, q = x + y", "inputs": {"x": -2.0, "y": 5.0, "z": 1.7}, "read": [2, 3]}
    ]
    first = file["links"][file["first_wrong"]]
    assert (first["line"], first["column"], first["cell"]) == (1, 1, None)
    assert (first["left"], first["right"], first["quantity"]) == ("df/dq", "2*q", "df/dq")
    assert first["witness"] == {"at": {"x": -2.0, "y": 5.0, "z": 1.7}, "left": pytest.approx(2.89), "right": 6.0}


# --- hostile text ---------------------------------------------------------------------------------------

HARM = "<script>alert(1)</script>\"'&lt; \x1b[31m\u202e\u200b `code` ``` ![x](http://evil) | [a](b) www.evil.com $x$ #"


def _harmful() -> Outcome:
    spot = Spot(1, 3, 5, HARM)
    verdicts: tuple[Verdict, ...] = VERDICTS
    links = tuple(Link("1", spot, HARM, HARM, HARM, v, HARM, notes=(HARM,), message=HARM) for v in verdicts)
    file = FileOutcome(HARM, links=links, notes=(HARM,), required={HARM: "missing"}, sheets=(Sheet(HARM),))
    return Outcome((file, FileOutcome(HARM, failure=HARM)))


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_student_writes_does_no_harm(format: str) -> None:
    text = _harmful().report(format)
    if format == "json":
        assert json.loads(text)["files"][0]["links"][0]["left"] == HARM
        return
    assert "\x1b" not in text
    assert not {"\u202e", "\u200b"} & set(text)


def test_a_student_cannot_colour_the_report() -> None:
    text = _as_screen(_harmful().files, 2)
    assert re.sub(r"\x1b\[[\d;]*m", "", text).replace("\n", "").isprintable()
    assert "\x1b[31m\u202e" not in text


def _markdown(text: str) -> list[tuple[str, str]]:
    """All kinds of tokens with their contents."""
    parser = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "linkify", "strikethrough"])
    found = []
    for token in parser.parse(text):
        found.append((token.type, token.content))
        found += [(child.type, child.content) for child in token.children or ()]
    return found


def test_a_student_cannot_break_out_of_markdown() -> None:
    found = _markdown(_harmful().report("md"))
    kinds = {kind for kind, _ in found}
    assert not kinds & {"link_open", "image", "html_block", "html_inline", "em_open", "strong_open", "s_open"}
    assert len([kind for kind, _ in found if kind == "table_open"]) == 1
    assert len([kind for kind, _ in found if kind == "tr_open"]) == 3
    assert len([kind for kind, _ in found if kind == "td_open"]) % 2 == 0
    assert len([kind for kind, _ in found if kind == "heading_open"]) == 1 + 2 + len(VERDICTS)
    fences = [content for kind, content in found if kind == "fence"]
    assert len(fences) == len(VERDICTS)
    assert all("`code` ```" in content and "^^^^^" in content for content in fences)
    assert not [kind for kind, _ in found if kind == "code_block"]


@given(_WRITING | st.text(st.sampled_from("`*_[]()<>|~#-+=1. \\:/wh.&$!"), max_size=30))
def test_escaped_text_is_only_text(text: str) -> None:
    text = " ".join(text.split())
    for prefix in ("note: ", "- ", ""):
        found = _markdown(prefix + escaped(text))
        said = "".join(content for kind, content in found if kind in ("text", "text_special"))
        assert (prefix.removeprefix("- ") + text).strip() == said.strip(), found
    spans = [content for kind, content in _markdown(f"- {code(text)}") if kind == "code_inline"]
    assert spans == ([text] if text else [])
    assert [content for kind, content in _markdown(fenced([text])) if kind == "fence"] == [text + "\n"]


def test_a_format_or_level_that_is_none() -> None:
    with pytest.raises(gradviz.GradvizError, match="no report as 'pdf'"):
        outcome().report("pdf")
    with pytest.raises(gradviz.GradvizError, match="hints cannot be 4"):
        outcome().report("text", hints=4)


def test_the_text_report_is_as_wide_as_it_is_told() -> None:
    link = Link("1", Spot(1, 50, 8, "x" * 200), "", "", "", "wrong")
    shown = as_text((FileOutcome("a", links=(link,)),), 2, width=40).splitlines()
    assert [len(line) for line in shown if "xxx" in line] == [2 + 40]
