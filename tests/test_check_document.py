"""Files of homework: every format, places that point at the line, several problems, and nothing hostile gets far."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradviz.check.claims import Claim
from gradviz.check.document import MAX_FILE, Document, read_document
from gradviz.check.problem import read_problems
from gradviz.check.reader.files import files, load
from gradviz.check.reading import Reading, read
from gradviz.errors import GradvizError

TEX = r"""
\documentclass{article}
\newcommand{\grad}[2]{\frac{\partial #1}{\partial #2}} % f = 99
\begin{document}
\section*{Problem 1}
% q = 99
Let $q = x + y$ in $f(x,y,z) = (x+y) z$, $x = -2, y = 5, z = -4$.
\begin{align*}
  \grad{f}{x} &= \grad{f}{q} \grad{q}{x} \\
              &= z \cdot 1 = -4
\end{align*}
\begin{verbatim}
df/dx = 77
\end{verbatim}
\[ \grad{f}{z} = q = 3 \]
\end{document}
"""

MARKDOWN = """# Homework

Consider $f(x,y,z) = (x+y)z$ with $x=-2$, $y=5$ and $z=-4$; let `q` be q = x + y.

- df/dz = q = 3
- $\\frac{\\partial f}{\\partial q} = z$

```python
df/dz = 99
```

$$
\\frac{\\partial f}{\\partial x}
  = \\frac{\\partial f}{\\partial q} \\frac{\\partial q}{\\partial x}
$$

```math
df/dy = z
```
"""

TEXT = """f(x, y, z) = (x + y)z at x=-2, y=5, z=-4
q = x + y
df/dx = df/dq * dq/dx
      = z * 1
      = -4
1) df/dz = q = 3
"""


def only(document: Document) -> Reading:
    [reading] = read(document)
    return reading


def said(reading: Reading) -> list[str]:
    return [one.read_as() if isinstance(one, Claim) else f"?? {one.reason}" for one in reading.order]


def notebook(*cells: tuple[str, str | list[str]], **extra: object) -> str:
    made = [{"cell_type": kind, "source": source, "metadata": {"author": "Ann"}} for kind, source in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, **extra})


def test_plain_text() -> None:
    assert said(only(read_document(TEXT, suffix=".txt"))) == [
        "f = (x + y)*z", "x = -2", "y = 5", "z = -4", "q = x + y", "∂f/∂x = ∂f/∂q*(∂q/∂x) = z*1 = -4", "∂f/∂z = q = 3",
    ]  # fmt: skip


def test_latex() -> None:
    reading = only(read_document(TEX, suffix=".tex"))
    assert said(reading)[-2:] == ["∂f/∂x = ∂f/∂q*(∂q/∂x) = z*1 = -4", "∂f/∂z = q = 3"]
    assert not any("99" in line or "77" in line for line in said(reading))
    assert reading.problem.id == "1"


def test_markdown() -> None:
    reading = only(read_document(MARKDOWN, suffix=".md"))
    assert said(reading)[-4:] == ["∂f/∂z = q = 3", "∂f/∂q = z", "∂f/∂x = ∂f/∂q*(∂q/∂x)", "∂f/∂y = z"]
    assert not any("99" in line for line in said(reading))


def test_notebook() -> None:
    text = notebook(
        ("markdown", ["f(x, y) = xy,\n", "x = 2, y = 3\n"]),
        ("code", "open('ran', 'w'); df/dx = 99"),
        ("markdown", "so\n\n$\\frac{df}{dx} = y = 3$"),
        ("raw", "df/dx = 98"),
    )
    document = read_document(text, "hw.ipynb", ".ipynb")
    reading = only(document)
    assert said(reading) == ["f = x*y", "x = 2", "y = 3", "∂f/∂x = y = 3"]
    last = reading.claims[-1]
    assert (last.cell, last.line, last.column) == (2, 3, 2)
    assert last.place.origin == "hw.ipynb, cell 2"
    assert document.notes == ("1 code cell is not read",)
    assert "Ann" not in repr(document)


@pytest.mark.parametrize(("text", "suffix"), [(TEXT, ".txt"), (MARKDOWN, ".md"), (TEX, ".tex")])
def test_places_point_at_what_was_typed(text: str, suffix: str) -> None:
    for claim in only(read_document(text, suffix=suffix)).claims:
        assert text[claim.place.start : claim.place.end] == claim.text
        assert text.splitlines()[claim.line - 1][claim.column - 1 :].startswith(claim.text.splitlines()[0])
        assert all(claim.place.start <= a <= b <= claim.place.end for a, b in claim.spans)


def test_the_format_is_guessed_without_a_suffix() -> None:
    assert [read_document(t).kind for t in (TEXT, MARKDOWN, TEX, notebook())] == [
        "text",
        "markdown",
        "latex",
        "notebook",
    ]


def test_windows_and_utf16_files() -> None:
    for data in (TEXT.replace("\n", "\r\n").encode(), TEXT.encode("utf-16"), b"\xef\xbb\xbf" + TEXT.encode()):
        assert said(only(read_document(data, suffix=".txt")))[-1] == "∂f/∂z = q = 3"


# --- problems -------------------------------------------------------------------------------------------


def test_names_are_scoped_per_problem() -> None:
    text = "## Problem 1\nf = x*y\ndf/dx = y\n\n## Problem 2\ng = a^2\ndg/da = 2a\ndg/dx = 1\n"
    one, two = read(read_document(text, suffix=".md"))
    assert said(one) == ["f = x*y", "∂f/∂x = y"]
    assert said(two) == ["g = a^2", "∂g/∂a = 2*a", "?? x is not a name of this problem, which has a, g"]


@pytest.mark.parametrize("heading", ["Exercise 2", "Q2", "**Problem 2.** Now", "Aufgabe 2", "## 2", "### 2. More"])
def test_headings_of_every_kind(heading: str) -> None:
    found = read(read_document(f"Problem 1\nf = x*y\n{heading}\ng = a*b\n", suffix=".md"))
    assert [reading.problem.id for reading in found] == ["1", "2"]


def test_staff_problems_are_found_by_number() -> None:
    staff = read_problems(
        "## 1\nf = x*y\nx = 1; y = 2\n## 2\ng = a^2\nrequire dg/da\naccept: dg/da = 2a # as asked\nhints: 1\n"
    )
    two, one = read(read_document("## Problem 2\ndg/da = 2a\n## Problem 1\ndf/dx = y", suffix=".md"), staff)
    assert (two.problem.id, said(two), two.problem.required, two.problem.hints) == (
        "2",
        ["∂g/∂a = 2*a"],
        [("g", "a")],
        1,
    )
    assert two.problem.accept == [("dg/da = 2a", "as asked")]
    assert said(one) == ["∂f/∂x = y"]


def test_a_document_leaves_the_staff_problem_as_it_was() -> None:
    staff = read_problems("f(x, y, z) = (x + y)*z; x = 1; y = 2; z = 3")
    [reading] = read(read_document("q = x + y\ndf/dq = z\nx = 5"), staff)
    assert list(reading.problem.definitions) == ["q", "f"]
    assert list(staff[0].definitions) == ["f"]
    assert reading.problem.values["x"] == 1


def test_letters_that_the_staff_did_not_declare_are_refused() -> None:
    [reading] = read(read_document("u = x + k\ndf/dk = 1"), read_problems("f = x*y"))
    assert all(line.startswith("?? k is not a name") for line in said(reading))


@pytest.mark.parametrize("line", ["require df/dk", "require x", "hints: 7", "output: nothing", "f = = 3"])
def test_mistakes_in_a_staff_file_are_told(line: str) -> None:
    with pytest.raises(GradvizError) as caught:
        read_problems(f"f = x*y\n{line}\n")
    assert caught.value.place is not None
    assert caught.value.place.line == 2


# --- hostile --------------------------------------------------------------------------------------------

LIMIT = 2.0
HOSTILE = {
    "tower": "f = x + 9^9^9^9^9\n$$f = 9^{9^{9^9}}$$",
    "brackets": "$$f = " + "(" * 3000 + "x" + ")" * 3000 + "$$",
    "braces": "$$f = " + "{" * 3000 + "x" + "}" * 3000 + "$$",
    "open braces": "$$f = " + "{" * 50_000 + "$$",
    "fractions": "$$f = " + r"\frac{" * 2000 + "x" + "}{2}" * 2000 + "$$",
    "terms": "f = " + " + ".join(["x"] * 20_000),
    "minuses": "f = " + "-" * 50_000 + "x",
    "primes": "f = x" + "'" * 50_000,
    "hats": "$$f = " + r"\hat" * 20_000 + " x$$",
    "recursive macro": r"\newcommand{\a}{\a\a}" + "\n$$f = \\a$$",
    "doubling macros": "".join(
        rf"\newcommand{{\m{c}}}{{\m{chr(ord(c) + 1)}\m{chr(ord(c) + 1)}}}" for c in "abcdefghijklmnop"
    )
    + "$$f = \\ma$$",
    "sums": "$$f = " + r"\sum_{i=1}^{50} " * 12 + "x$$",
    "long sum": r"$$f = \sum_{i=1}^{999} x_i$$",
    "payload": "f = __import__('os').system('touch ran')\n$x = \\text{eval}(open('ran','w'))$",
    "digits": "x = " + "9" * 100_000,
    "bidi": "f = x \u202e+ y\u202c\u200b\u2066 z\nd\u200bf/dx = 1",
    "dollars": "$" * 100_001,
    "backslashes": "\\" * 100_000,
    "derivatives": "f = " + "∂(" * 5_000,
    "slashes": "f = " + "∂" * 30_000 + "/∂x",
    "words": "aa " * 100_000,
    "one long word": "f = " + "xy" * 60_000,
    "equals": "=" * 100_000,
    "cases": r"$$f = " + r"\begin{cases} 1 & x > 0 \\" * 3_000 + "$$",
    "bars": "f = " + "|" * 20_000,
    "subscripts": "$$f = x" + "_{x" * 10_000 + "$$",
    "comments": "%\n" * 200_000,
    "tags": "<a" * 200_000,
    "links": "[" * 200_000,
    "fences": "```\n" * 100_000,
    "headings": "# 1\nf = x\n" * 5_000,
    "statements": "f = x\n" * 20_000,
    "definitions": "\n".join(f"a{i} = a{i - 1} + x" for i in range(1, 3_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("suffix", [".md"])
def test_hostile_text_ends_in_a_verdict_or_an_error(
    name: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules[read.__module__], "MAX_READING", LIMIT / 4)
    start = time.process_time()
    found: object = None
    with contextlib.suppress(GradvizError):
        found = read(read_document("x = 1, y = 2, z = 3\n\n" + HOSTILE[name], suffix=suffix))
    assert found is None or found != []
    assert time.process_time() - start < LIMIT
    assert not list(tmp_path.iterdir()), "something was run"


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.pdf", b"%PDF-1.4 ...", "PDF"),
        ("a.txt", b"%PDF-1.4 ...", "PDF"),
        ("a.png", b"\x89PNG\r\n", "picture"),
        ("a.docx", b"PK\x03\x04", "Word"),
        ("a.zip", b"PK\x03\x04", "archive"),
        ("a.md", b"\x7fELF\x01\x00", "program"),
        ("a.txt", bytes(range(256)) * 4, "text"),
        ("a.ipynb", b"{ broken", "notebook"),
        ("a.ipynb", b"[1]", "notebook"),
        ("a.ipynb", b"[" * 100_000, "notebook"),
        ("a.ipynb", b'{"cells": 3}', "notebook"),
        ("a.txt", b"x = 1\n" * 300_000, "1 MB"),
    ],
)  # fmt: skip
def test_what_is_no_homework_is_named(name: str, data: bytes, word: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(GradvizError, match=word):
        load(tmp_path / name, name)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    start = time.process_time()
    with pytest.raises(GradvizError, match="1 MB"):
        load(huge, "huge.txt")
    assert time.process_time() - start < LIMIT
    assert huge.stat().st_size > MAX_FILE


@pytest.mark.parametrize(
    "cell", [None, 3, {}, {"cell_type": "markdown"}, {"cell_type": "markdown", "source": [1, None]}]
)
def test_odd_cells_are_stepped_over(cell: object) -> None:
    text = json.dumps({"cells": [cell, {"cell_type": "markdown", "source": "f = x*y"}]})
    assert said(only(read_document(text))) == ["f = x*y"]


def test_folders_links_and_loops(tmp_path: Path) -> None:
    top = tmp_path / "class"
    (top / "ann").mkdir(parents=True)
    (top / "ann" / "hw.md").write_text("f = x")
    (top / "bob.tex").write_text("f = x")
    (top / ".hidden.md").write_text("f = x")
    (top / "notes.csv").write_text("f = x")
    (tmp_path / "secret.md").write_text("f = x")
    (top / "loop").symlink_to(top, target_is_directory=True)
    (top / "out.md").symlink_to(tmp_path / "secret.md")
    assert [name for _, name in files([str(top)], recursive=True)] == ["ann/hw.md", "bob.tex"]
    with pytest.raises(GradvizError, match="folder"):
        list(files([str(top)]))
    with pytest.raises(GradvizError, match="no file"):
        list(files([str(top / "nothing.md")]))


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("$\\{}()[]_^&%#=*-'`~|<>\n xyfdL12.,;:∂σ")), max_size=120),
    st.sampled_from([".md", ".tex", ".txt"]),
)
def test_no_document_breaks_the_reader(text: str, suffix: str) -> None:
    for reading in read(read_document(text, suffix=suffix)):
        for one in reading.order:
            assert 0 <= one.place.start <= one.place.end <= len(text)


def test_a_table_of_latex_is_told_of() -> None:
    text = r"$f = x^2$ \begin{tabular}{cc} $df/dx$ & $2x$ \end{tabular}"
    assert read_document(text, suffix=".tex").notes == ("1 LaTeX table is not read",)
    assert read_document("$f = x^2$", suffix=".tex").notes == ()
