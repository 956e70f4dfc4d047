"""The page: the whole text escaped, verdicts beside the lines, safe, bounded, and no stranger to its surroundings."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradviz
from gradviz.check.checking import check_document
from gradviz.check.document import read_document
from gradviz.check.outcome import VERDICTS, FileOutcome, Link, Outcome, Spot, Verdict
from gradviz.check.reader.sheet import Sheet
from gradviz.check.reports.html import as_html
from gradviz.check.reports.picture import ringed
from gradviz.check.reports.rows import Budget, Gap, Row, by_place, pieces, rows
from gradviz.check.reports.style import SCOPE, style
from gradviz.check.reports.wording import SIGNS, verdict_word
from tests.cli_run import ROOT

VOID = ("meta", "br", "wbr")
HOMEWORK = sorted((ROOT / "examples" / "homework").iterdir())


class Page(HTMLParser):
    """Tags, texts and the lines of the sheets."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[str] = []  # the student's text as it is shown
        self.words: list[str] = []
        self.sheets: list[list[str]] = []
        self.open: list[str] = []
        self._line = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "ol":
            self.sheets.append([])
        if tag == "code" and self.open[-1] == "li":
            self._line = True
            self.sheets[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "code":
            self._line = False

    def handle_data(self, data: str) -> None:
        if self._line:
            self.sheets[-1][-1] += data
        if "style" not in self.open and "svg" not in self.open:
            self.words.append(data)

    def of_class(self, tag: str, name: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == tag and name in (a.get("class") or "").split()]


def checked(text: str, name: str = "hw.txt", suffix: str | None = None) -> FileOutcome:
    return check_document(read_document(text, name, suffix))


@pytest.mark.parametrize("path", HOMEWORK, ids=lambda path: path.name)
def test_the_whole_text_is_there_as_typed(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    suffix = path.suffix  # type: ignore[attr-defined]
    page = Page(Outcome((checked(text, "hw", suffix),)).report("html"))
    if suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        texts = ["".join(cell["source"]) for cell in cells]
        assert "Markdown cell 2" in page.words
        assert "(a code cell, not read)" in page.words
        for cell in json.loads(text)["cells"]:
            if cell["cell_type"] == "code":
                assert not any(line.strip() in "".join(page.words) for line in cell["source"] if line.strip())
    else:
        texts = [text]
    assert page.sheets == [each.split("\n")[: None if each.split("\n")[-1] else -1] for each in texts]


LINES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("&<> \t\"'"), max_size=20),
    min_size=1,
    max_size=8,
)


@given(LINES, st.data())
def test_any_text_and_any_marks(lines: list[str], data: st.DataObject) -> None:
    """What is shown, unescaped, is the text; every mark covers exactly what some link of its verdict covers."""
    places = st.tuples(st.integers(1, 9), st.integers(1, 25), st.integers(1, 25), st.sampled_from(VERDICTS))
    links = [
        Link("1", Spot(line, column, width, ""), "", "", "", verdict, message=f"m{i}")
        for i, (line, column, width, verdict) in enumerate(data.draw(st.lists(places, max_size=6)))
        if line <= len(lines)
    ]
    file = FileOutcome("a", links=tuple(links), sheets=(Sheet("\n".join(lines) + "\n"),))
    page = Page(as_html((file,), 2))
    assert page.sheets == [lines]
    assert page.open == []
    for row in rows(file.sheets[0], by_place(links).get(None, {}), Budget()):
        assert isinstance(row, Row)
        at = 0
        for text, verdict in row.pieces:
            for place in range(at, at + len(text)):
                here = {
                    link.verdict for link in links
                    if link.spot.line == row.number and 0 <= place - link.spot.column + 1 < link.spot.width
                }  # fmt: skip
                assert verdict == next(
                    (v for v in ("wrong", "follows", "not_decided", "not_read", "ok") if v in here), None
                )
            at += len(text)


def test_a_line_shows_its_worst_verdict_in_sign_and_word() -> None:
    page = Outcome((checked("f(x, y) = x*y at x = 2, y = 3\ndf/dx = x = 2\nfree prose\ndf/dy = quux\n"),)).report(
        "html"
    )
    shown = re.findall(
        r'<span class="no">(\d)</span><span class="is">(?:<span aria-hidden="true">(.)</span> ([\w ]+))?', page
    )
    expected: list[Verdict | None] = ["ok", "wrong", None, "not_read"]
    assert shown == [(str(n), SIGNS[v] if v else "", verdict_word(v) if v else "") for n, v in enumerate(expected, 1)]
    assert len({*SIGNS.values()}) == len(VERDICTS)


@pytest.mark.parametrize("hints", range(4))
def test_every_finding_is_listed_on_top_and_leads_to_its_place(hints: int) -> None:
    files = tuple(checked(path.read_text("utf-8"), path.name, path.suffix) for path in HOMEWORK)
    for shown in (files, files[-1:], (*files, FileOutcome("x.pdf", failure="x.pdf is a PDF"))):
        for text in (
            Outcome(shown).report("html", hints=hints),
            Outcome(shown, hints)._repr_mimebundle_()["text/html"],
        ):
            page = Page(text)
            assert page.open == []
            ids = [a["id"] for _, a in page.tags if "id" in a]
            assert len(ids) == len({*ids})
            links = [a["href"] or "" for t, a in page.tags if t == "a"]
            assert {link[0] for link in links} <= {"#"}
            assert {link[1:] for link in links} <= {*ids}
            findings = [a["id"] for t, a in page.tags if "finding" in (a.get("class") or "").split()]
            assert {f"#{id}" for id in findings} <= {*links}
            wanted = sum(link.verdict != "ok" for each in shown for link in each.links) if hints else 0
            assert len(findings) == wanted
            for name in ("aria-labelledby",):
                assert {id for _, a in page.tags for id in (a.get(name) or "").split()} <= {*ids}


def test_the_page_is_self_contained_and_accessible() -> None:
    files = tuple(checked(path.read_text("utf-8"), path.name, path.suffix) for path in HOMEWORK)
    text = Outcome(files).report("html")
    page = Page(text)
    names = [tag for tag, _ in page.tags]
    assert not {*names} & {"script", "iframe", "object", "embed", "img", "base", "form", "input", "link"}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), tag
            assert name not in ("src", "srcset", "style"), (tag, value)
    outside = re.sub(r"url\(data:font/ttf;base64,[A-Za-z0-9+/=]+\)", "", text.replace("http://www.w3.org/2000/svg", ""))
    assert "url(" not in outside
    assert "://" not in outside
    assert "@import" not in outside
    assert dict(page.tags[names.index("html")][1]) == {"lang": "en"}
    heads = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]
    assert heads[0] == 1
    assert heads.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(heads))
    assert names.count("main") == 1
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
    assert all(a.get("role") == "img" and a.get("aria-labelledby") for t, a in page.tags if t == "svg")


def test_the_first_wrong_gate_is_ringed() -> None:
    found = gradviz.check("df/dx = 2\n", problem="q = x + y; f = q*z; x = 1; y = 2; z = 3\nrequire df/dx")
    for hints, marked in ((0, []), (1, []), (2, ["f1p1-node-q"]), (3, ["f1p1-node-q"])):
        page = Page(found.report("html", hints=hints))
        assert [a["id"] for a in page.of_class("g", "first-wrong")] == marked
        assert any("the ring marks" in word for word in page.words) == bool(marked)


def test_a_ring_goes_round_any_shape() -> None:
    circle = '<svg><g id="node-w_0_">\n<ellipse fill="#fff" stroke="#000" cx="1" cy="2" rx="3" ry="4" /></g></svg>'
    assert 'rx="9" ry="10"' in ringed(circle, "w[0]")
    box = '<svg><g id="node-l">\n<path fill="#fff" stroke="#000" d="M1,2" /><text>l</text></g></svg>'
    assert ringed(box, "l").count("stroke=") == 1
    assert 'stroke-width="3" fill="#fff"' in ringed(box, "l")
    assert ringed(box, "nope") == ringed(box, None) == box


def test_numbers_in_the_picture_are_answers() -> None:
    found = gradviz.check("df/dx = 2\n", problem="q = x + y; f = q*z; x = 1; y = 2; z = 31.4\nrequire df/dx")
    shown = [re.findall(r"<svg.*?</svg>", found.report("html", hints=level), re.DOTALL)[0] for level in (2, 3)]
    assert [">31.4<" in picture for picture in shown] == [False, True]


def test_pictures_share_their_font() -> None:
    one = checked("f(x, y) = x*y\ndf/dx = y\n")
    text = as_html((one, one, one), 2)
    assert text.count("<svg") == 3
    assert text.count("base64,") == as_html((one,), 2).count("base64,")


# --- bounded --------------------------------------------------------------------------------------------


def unread(line: int, column: int, text: str) -> Link:
    return Link("1", Spot(line, column, 5, text), "", "", "", "not_read", message="what this is")


@pytest.mark.parametrize("kind", ["lines", "one line", "empty lines", "many findings"])
def test_a_megabyte_makes_no_huge_page(kind: str) -> None:
    if kind == "one line":
        text = "df/dx < & y; " * 80_000
        links = [unread(1, column, text) for column in range(1, 900_000, 300)]
    elif kind == "empty lines":
        text, links = "\n" * 1_000_000, [unread(900_000, 1, "")]
    elif kind == "many findings":
        text = "df/dx = <quux>\n" * 66_000
        links = [unread(line, 1, "df/dx = <quux>") for line in range(1, 66_000, 3)]
    else:
        text = "words & more <words>\n" * 50_000
        links = [unread(49_000, 1, "words")]
    file = FileOutcome("a.txt", links=tuple(links), sheets=(Sheet(text),))
    page = Outcome((file,)).report("html")
    assert len(page) < 3_000_000
    shown = Page(page)
    assert shown.open == []
    if len(links) == 1:
        assert [a["id"] for a in shown.of_class("div", "finding")] == ["f1-n1"]
        gaps = [int(word.replace(",", "")) for word in re.findall(r"… ([\d,]+) lines? not shown …", page)]
        assert sum(gaps) + len(shown.sheets[0]) == text.count("\n")
    else:
        assert "There are more findings than fit on a page" in page


def test_left_out_lines_are_counted() -> None:
    found = list(rows(Sheet("\n".join("abcdefgh")), {7: [(0, unread(7, 1, "g"))]}, Budget(lines=2)))
    assert [row.lines if isinstance(row, Gap) else row.number for row in found] == [1, 2, 2, 5, 6, 7, 8]


def test_a_mark_past_the_end_of_a_line_marks_nothing() -> None:
    assert list(pieces("ab", [unread(1, 9, "ab")])) == [("ab", None)]
    assert list(pieces("", [unread(1, 1, "")])) == []


# --- the style, and notebooks ---------------------------------------------------------------------------


def rules(sheet: str) -> list[str]:
    """The selectors of all rules, those inside of @media too."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found, depth, at = [], 0, 0
    for place, char in enumerate(sheet):
        if char == "{":
            head = sheet[at:place].strip()
            if not head.startswith("@"):
                found.append(head)
            else:
                assert head.startswith("@media"), head
            depth, at = depth + 1, place + 1
        elif char == "}":
            depth, at = depth - 1, place + 1
    assert depth == 0
    return found


@pytest.mark.parametrize("page", [True, False])
def test_every_rule_is_scoped(page: bool) -> None:
    for selector in (part.strip() for rule in rules(style(page=page)) for part in re.split(r",(?![^(]*\))", rule)):
        last = selector.replace(SCOPE, "\0", 1)
        before, found, after = last.partition("\0")
        assert found, selector
        assert not after or after[0] in " :", selector
        if before:  # the notebook's theme, seen from outside; the rule speaks of the report itself
            assert not page
            assert re.fullmatch(r'(\[data-jp-theme-light="(true|false)"\]|\.vscode-(light|dark)) ', before), selector
            assert not after


def test_in_a_notebook_it_is_a_part_of_the_page() -> None:
    one, other = gradviz.check("f(x, y) = x*y\ndf/dx = x"), gradviz.check("f(x, y) = x*y\ndf/dx = y")
    bundle = one._repr_mimebundle_()
    assert {*bundle} == {"text/html", "text/plain"}
    assert bundle["text/plain"] == one.report("text")
    page = Page(bundle["text/html"])
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"html", "head", "body", "meta", "main"}
    assert page.tags[0] == ("div", {"class": "gradviz-check"})
    # font faces of pictures are global, but their names are made of their contents
    for sheet in re.findall(r"<style>(.*?)</style>", bundle["text/html"], re.DOTALL):
        faces = re.sub(r"@font-face\{font-family:'gv[0-9a-f]{8}';[^{}]*\}", "", sheet)
        assert not [rule for rule in rules(faces) if SCOPE not in rule]
    together = Page(bundle["text/html"] + other._repr_mimebundle_()["text/html"])
    ids = [a["id"] for _, a in together.tags if "id" in a]
    assert len(ids) == len({*ids})


def test_which_kinds_of_a_bundle() -> None:
    found = gradviz.check("f(x, y) = x*y\ndf/dx = x")
    assert {*found._repr_mimebundle_(include=["text/html"])} == {"text/html"}
    assert {*found._repr_mimebundle_(exclude=["text/html"])} == {"text/plain"}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_writing_has_contrast_in_light_and_dark() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    palettes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in style(page=True).split("\n")[:2]]
    assert len(palettes) == 2
    for palette in palettes:
        backs = ("paper", "wrong-back", "follows-back", "unsure-back")
        for ink in ("ink", "soft", "link", "ok", "wrong", "follows", "unsure"):
            for back in backs:
                assert contrast(palette[ink], palette[back]) >= 4.5, (ink, back)
        assert contrast(palette["gv-blame"], palette["gv-ground"]) >= 3
        assert contrast(palette["gv-line"], palette["gv-ground"]) >= 4.5
