"""Reports: what each format shows, what each hint level keeps back, and that no student's text does harm."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

import gradviz
from gradviz.check.outcome import VERDICTS, FileOutcome, Link, Outcome, Spot
from gradviz.check.report import FORMATS
from gradviz.check.report_text import as_text, underlined

# the right slope by q, 31.4, and the right value by z appear nowhere in what the student writes
TEXT = (
    "f(x,y,z) = (x+y)z at x = -2, y = 5, z = 31.4\nq = x + y = 3\ndf/dq = q = 3\ndf/dz = 17\nbla = quux*3\ndf/dx = 3\n"
)
STAFF = "q = x + y\nf = q*z^2\nx = -2; y = 5; z = 1.7\nrequire df/dx, df/dz\n"
WRONG = "df/dq = 2*q\ndf/dx = df/dq\ndf/dz = quux\n"


def outcome(text: str = WRONG, problem: str | None = STAFF) -> Outcome:
    return gradviz.check(text, problem=problem)


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside styles and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "mark/", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "svg" not in self.open:
            self.words.append(data)


def test_the_text_report_reads_like_a_compiler() -> None:
    lines = outcome().report("text").splitlines()
    assert lines[0] == (
        "read 2 of 3 statements, checked against f = q*z^2, q = x + y at x = -2, y = 5, z = 1.7 from problem"
    )
    at = lines.index("text:1:1: wrong: ∂f/∂q is not 2*q")
    assert lines[at + 1 : at + 4] == ["  df/dq = 2*q", "  ^^^^^^^^^^^", "  read as: ∂f/∂q = 2*q"]
    assert "text:2:1: wrong: ∂f/∂x is not ∂f/∂q" not in lines
    assert any(line.startswith("text:3:9: not read: quux") for line in lines)
    assert "text: df/dz: needs human" in lines
    assert lines[-2].startswith("text: wrong (3 links: 1 ok, 1 wrong, 1 not read)")


def test_the_command_that_shows_the_gate_works() -> None:
    from tests.cli_run import run

    text = outcome("df/dz = q\n").report("text")
    [command] = re.findall(r"see the gate: (.*)", text)
    words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', command)]
    assert words[0] == "gradviz"
    done = run(*words[1:], "--plain")
    assert done.code == 0, done.err


@pytest.mark.parametrize("format", FORMATS)
def test_what_lies_above_the_hint_level_is_in_no_byte(format: str) -> None:
    """The right answer 2.89 = z², the rule's name, the place: each appears at its level and not below."""
    found = outcome("df/dq = q\n")
    answer, expected, rule, place = ("2.89", "z^2"), "right is", "mul_not_swapped", "df/dq"
    shown = [found.report(format, hints=level) for level in range(4)]
    without_function = [text.replace("q*z^2", "").replace(r"q\*z^2", "") for text in shown]
    for level, text in enumerate(without_function):
        assert any(word in text for word in answer) == (level >= 3), (level, text)
        assert (rule in text.replace("\\", "")) == (level >= 2)
        assert (place in text) == (level >= 1)
        if format in ("text", "md"):
            assert (expected in text) == (level >= 3)
    assert len({*shown}) == 4


def test_the_level_changes_neither_the_sums_nor_the_exit_code() -> None:
    found = outcome()
    shown = [json.loads(found.report("json", hints=level))["files"][0] for level in range(4)]
    assert all(each["summary"] == shown[3]["summary"] for each in shown)
    assert shown[0]["required"] == {}
    assert shown[0]["first_wrong"] is None


def test_json_keeps_the_contract() -> None:
    [file] = json.loads(outcome().report("json", hints=3))["files"]
    assert set(file) == {"file", "problems", "links", "required", "first_wrong", "summary"}
    assert file["problems"] == [
        {"id": "1", "function": "f = q*z^2, q = x + y", "inputs": {"x": -2.0, "y": 5.0, "z": 1.7}, "read": [2, 3]}
    ]
    assert file["required"] == {"df/dx": "ok", "df/dz": "needs_human"}
    assert set(file["summary"]) == set(VERDICTS)
    first = file["links"][file["first_wrong"]]
    assert list(first) == [
        "problem", "line", "column", "cell", "left", "right", "read_as", "quantity", "verdict", "expected", "witness",
        "misconceptions", "message",
    ]  # fmt: skip
    assert (first["line"], first["column"], first["cell"]) == (1, 1, None)
    assert (first["left"], first["right"], first["quantity"]) == ("df/dq", "2*q", "df/dq")
    assert first["witness"] == {"at": {"x": -2.0, "y": 5.0, "z": 1.7}, "left": pytest.approx(2.89), "right": 6.0}


def test_the_page_is_whole_and_self_contained() -> None:
    page = Page(outcome().report("html"))
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "img", "base", "form", "input"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href"):
                assert (value or "").startswith("#"), (tag, value)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_first_wrong_gate_is_marked_in_the_picture() -> None:
    page = Page(outcome("df/dx = 2\n").report("html", hints=2))
    assert [a["id"] for _, a in page.tags if a.get("class") == "first-wrong"] == ["f1p1-node-q"]
    assert not [
        a for _, a in Page(outcome("df/dx = 2\n").report("html", hints=0)).tags if a.get("class") == "first-wrong"
    ]


def test_the_picture_has_numbers_at_level_3_alone() -> None:
    pictures = [re.findall(r"<svg.*?</svg>", outcome().report("html", hints=level), re.DOTALL)[0] for level in (2, 3)]
    assert ["2.89" in picture for picture in pictures] == [False, True]


HARM = "<script>alert(1)</script>\"'&lt; \x1b[31m\u202e\u200b `code` ![x](http://evil) | [a](b)"


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_student_writes_does_no_harm(format: str) -> None:
    spot = Spot(1, 3, 5, HARM)
    link = Link("1", spot, HARM, HARM, HARM, "wrong", HARM, notes=(HARM,), message=HARM)
    text = Outcome((FileOutcome(HARM, links=(link,), notes=(HARM,), required={HARM: "missing"}),)).report(format)
    if format == "json":
        assert json.loads(text)["files"][0]["links"][0]["left"] == HARM
        return
    assert "\x1b" not in text
    assert not {"\u202e", "\u200b"} & set(text)
    if format == "html":
        assert "script" not in {tag for tag, _ in Page(text).tags}
    if format == "md":
        outside = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
        assert not re.search(r"(?<!\\)[<`\[]", outside)


def test_a_student_cannot_colour_the_report() -> None:
    from gradviz.check.report import visible

    link = Link("1", Spot(1, 1, 3, "\x1b[31mx"), "", "", "\x1b[31m", "wrong", message="\x1b[31m")
    text = as_text(visible(Outcome((FileOutcome("a", links=(link,)),))), 2, coloured=True)
    assert "\x1b[31mx" not in text
    assert re.sub(r"\x1b\[(31;1|0)m", "", text).isprintable() or "\x1b" not in re.sub(r"\x1b\[(31;1|0)m", "", text)


@pytest.mark.parametrize(
    ("spot", "shown"),
    [
        (Spot(1, 1, 4, "abcd"), ("abcd", "^^^^")),
        (Spot(1, 3, 99, "权重 = 1"), ("权重 = 1", "    ^^^^")),
        (Spot(1, 90, 5, "x" * 300), ("…" + "x" * 100, " " * 11 + "^^^^^")),
        (Spot(1, 5, 1, ""), ("", "    ^")),
    ],
)
def test_the_mark_stands_under_the_link(spot: Spot, shown: tuple[str, str]) -> None:
    line, mark = underlined(spot)
    assert line == shown[0]
    assert mark.rstrip("^") in (shown[1].rstrip("^"), "")
    assert "^" in mark


def test_many_files_begin_with_one_row_each() -> None:
    files = (
        FileOutcome("a.txt", failure="a PDF"),
        FileOutcome("b.txt", links=(Link("1", Spot(1, 1, 1, "x"), "", "", "", "ok"),)),
    )
    lines = Outcome(files).report("text").splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["file", "a.txt", "b.txt"]
    assert lines[3] == ""


def test_a_format_or_level_that_is_none() -> None:
    with pytest.raises(gradviz.GradvizError, match="no report as 'pdf'"):
        outcome().report("pdf")
    with pytest.raises(gradviz.GradvizError, match="hints cannot be 4"):
        outcome().report("text", hints=4)
