"""Hostile homework: every file ends in a verdict or an error, within time and memory, and nothing of it is ever run.

Each case is the command line in a process of its own, whose processor time and largest memory are looked at. The
limits are those of a slow machine: twice what the issue of a file is allowed here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from gradviz.check.reader.files import files
from gradviz.language import macros

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="no way to measure a child's time and memory here")

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 4.0  # of processor time, for the whole process
MEGABYTES = 200  # beyond what checking nothing takes
START = "f(x, y) = x*y at x = 2, y = 3\n\n"

#: What can be wrong in one formula, for every format.
FORMULAS: dict[str, str] = {
    "payload": "__import__('os').system('touch ran') = \\input{canary} = \\write18{touch ran} = $(touch ran) = {{7*7}}",
    "tower": "df/dx = 9^9^9^9 = 9^{9^{9^9}} = 10^{10^{10}} = 1e999999999 = x^{1e9}",
    "round brackets": "df/dx = " + "(" * 3_000 + "x" + ")" * 3_000,
    "square brackets": "df/dx = " + "[" * 3_000 + "x" + "]" * 3_000,
    "braces": "df/dx = " + "{" * 3_000 + "x" + "}" * 3_000,
    "fractions": "df/dx = " + "\\frac{" * 1_500 + "x" + "}{2}" * 1_500,
    "roots": "df/dx = " + "\\sqrt{" * 1_500 + "x" + "}" * 1_500,
    "sized brackets": "df/dx = " + "\\left(" * 3_000 + "x",
    "terms": "df/dx = " + " + ".join(["x"] * 20_000),
    "factors": "df/dx = " + " x" * 1_500,
    "products of sums": "df/dx = " + " ".join(f"(x + y^{{{k}}})" for k in range(300)),
    "sums": "df/dx = \\sum_{i=1}^{10^9} x + " + "\\sum_{i=1}^{50} " * 12 + "x",
    "marks": "df/dx = x" + "\u0301\u0489\u200d\u202e\u2066" * 1_500 + " + y",
    "unclosed": "df/dx = \\frac{x}{\\sqrt{y + (z [ \\begin{cases} 1 & x > 0 \\\\ \\text{if",
    "indicators": "df/dx = " + "1(" * 1_000 + "x > 0" + ")" * 1_000,
}
WRAPPED: dict[str, Callable[[str], str]] = {
    ".txt": lambda formula: START + formula + "\n",
    ".md": lambda formula: START + f"${formula}$\n",
    ".tex": lambda formula: f"\\begin{{document}}\n{START}\\[ {formula} \\]\n\\end{{document}}\n",
    ".ipynb": lambda formula: json.dumps({"cells": [_cell(START), _cell(f"$${formula}$$")]}),
}


def _cell(source: object, kind: object = "markdown") -> dict[str, object]:
    return {"cell_type": kind, "source": source}


def _defined(count: int, step: str) -> str:
    return "x = 1.1, y = 0.7\na_0 = x*y\n" + "".join(f"a_{i} = {step.format(f'a_{i - 1}')}\n" for i in range(1, count))


DOUBLING = "".join(f"\\newcommand{{\\m{a}}}{{\\m{b}\\m{b}}}\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))

#: Whole documents.
DOCUMENTS: dict[str, str | bytes] = {
    "one line.md": "x = 1, " * 140_000,
    "dollars.md": "$" * 1_000_000,
    "equals.txt": "=" * 1_000_000,
    "brackets.md": "(" * 1_000_000,
    "ampersands.md": "$$" + "&" * 190_000 + "$$",
    "backslashes.tex": "\\\\" * 499_000,
    "line ends.txt": "\n" * 1_000_000,
    "spaces.md": START + "df/dx = y" + " " * 900_000 + "= 3",
    "comments.md": "<!--" * 240_000,
    "openings.md": "\\[" * 490_000,
    "openings of another kind.md": "\\(x" * 330_000,
    "environments.tex": "\\begin{align}" * 70_000,
    "headings.md": "# 1 " + "# " * 400_000,
    "stars.md": "Q1" + "*" * 9_000 + "x\n" + ("Q1" + "*" * 9_000 + "x\n") * 90,
    "macros without end.tex": "\\newcommand{\\a}{" * 60_000,
    "recursive macro.tex": "\\newcommand{\\a}[9]{\\a#1\\a#9} \\[ f = \\a \\]",
    "doubling macros.tex": DOUBLING + "\\[ f = \\ma \\]",
    "statements.txt": START + "df/dx = y\n" * 90_000,
    "problems.md": "## Problem 1\n$f = x y$\n\n$df/dx = y$\n\n" * 20_000,
    "deep graph.txt": _defined(5_000, "{0}*x + {0}") + "da_4999/dx = 1\n",
    "true links.txt": START + "df/dx = y = 3\n" * 3_000,
    "gradients.txt": _defined(2_000, "{0}*0.9 + x*0.1") + "".join(f"da_1999/da_{k} = 0.9\n" for k in range(300)),
    "gates of max.txt": "x = 1.1, y = 0.7\nf = "
    + " + ".join(f"max(x*{k}, y + {k}/7)" for k in range(300))
    + "\ndf/dx = 1\ndf/dy = 300\n",
    "names of names.txt": START + "d_0 = df/dx\n" + "".join(f"d_{k} = d_{k - 1}*d_{k - 1}\n" for k in range(1, 60)),
    "wrong links.txt": START + "".join(f"df/dx = y + {k}*x\n" for k in range(1, 1_000)),
    "50 MB.txt": b"f = x*y\n" * 6_600_000,
    "bytes.txt": bytes(range(256)) * 1_000,
    "zeros.md": b"\0" * 10_000,
    "latin.txt": (START + "df/dx = y \xb7 1\n").encode("latin-1"),
    "wide.md": (START + "df/dx = y\n").encode("utf-16"),
    "nested.ipynb": '{"cells":' + "[" * 300_000,
    "nested deeper.ipynb": '{"cells": [' + '{"a":' * 200_000,
    "many.ipynb": '{"cells": [' + ",".join(["{}"] * 1_500_000) + "]}",
    "numbers.ipynb": '{"cells": [], "x": ' + "9" * 900_000 + "}",
    "no cells.ipynb": '{"cells": NaN}',
    "wrong types.ipynb": json.dumps({"cells": [
        1, None, [], _cell(5), _cell({"a": 1}), _cell([1, START]), _cell("\ud800"), _cell("df/dx = y", ["markdown"]),
        {"cell_type": "markdown"},
    ]}),
}  # fmt: skip


class Done(NamedTuple):
    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


@cache
def environment() -> dict[str, str]:
    """Compiled modules are kept, as they are where gradviz is installed."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": tempfile.mkdtemp(), "PYTHONPATH": str(ROOT)}


#: Starts the command and measures it. A process's largest memory counts from that of the one that started it, so that
#: this one has to be small.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=file)
"""


def check(folder: Path, *words: str) -> Done:
    with tempfile.TemporaryDirectory() as aside:
        out, err, figures = (Path(aside, name) for name in ("out", "err", "figures"))
        with out.open("wb") as told, err.open("wb") as complained:
            starter = [sys.executable, "-I", "-S", "-c", MEASURE, str(figures)]
            subprocess.run(
                [*starter, sys.executable, "-m", "gradviz", "check", *words],
                stdin=subprocess.DEVNULL, stdout=told, stderr=complained, cwd=folder, env=environment(), check=True,
            )  # fmt: skip
        code, seconds, largest = figures.read_text().split()
        unit = 1 if sys.platform == "darwin" else 1_024
        return Done(
            int(code), out.read_text("utf-8"), err.read_text("utf-8"), float(seconds), int(largest) * unit / 1e6
        )


@cache
def baseline() -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.txt").write_text(START + "df/dx = x\n")
        check(Path(folder), "a.txt")
        return check(Path(folder), "a.txt").megabytes


def bounded(done: Done) -> None:
    assert done.code in (0, 1, 2, 3), done.err
    assert "internal error" not in done.out + done.err
    assert "Traceback" not in done.err
    assert done.seconds < SECONDS
    assert done.megabytes < baseline() + MEGABYTES


@pytest.mark.parametrize("suffix", WRAPPED)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(tmp_path: Path, name: str, suffix: str) -> None:
    """All in one run: one hostile file keeps no other from being checked."""
    (tmp_path / "canary").write_text("df/dx = 424242")
    (tmp_path / f"hostile{suffix}").write_text(WRAPPED[suffix](FORMULAS[name]), "utf-8")
    (tmp_path / "other.txt").write_text(START + "df/dx = y = 3\n")
    done = check(tmp_path, f"hostile{suffix}", "other.txt")
    bounded(done)
    assert re.search(r"^other\.txt +all right", done.out, re.MULTILINE)
    assert "424242" not in done.out
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(tmp_path: Path, name: str) -> None:
    text = DOCUMENTS[name]
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = check(tmp_path, name, "--format", "html" if len(name) % 2 else "text")
    bounded(done)
    assert done.out.strip() or done.err.strip()


def test_what_was_not_decided_is_said_and_never_wrong(tmp_path: Path) -> None:
    (tmp_path / "hw.txt").write_text(str(DOCUMENTS["statements.txt"]))
    [file] = json.loads(check(tmp_path, "hw.txt", "--json").out)["files"]
    assert file["summary"]["wrong"] == 0
    assert "not read" in file["links"][-1]["message"]
    assert {link["verdict"] for link in file["links"]} <= {"ok", "not_decided", "not_read"}


def test_files_that_are_none(tmp_path: Path) -> None:
    """Devices, pipes, links in circles and out of the folder, folders called like files, strange names."""
    top = tmp_path / "handed in"
    (top / "folder.md").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("f = secret")
    (top / "out.md").symlink_to(tmp_path / "secret.md")
    (top / "zero.txt").symlink_to("/dev/zero")
    (top / "loop.txt").symlink_to(top / "loop.txt")
    (top / "again").symlink_to(top, target_is_directory=True)
    os.mkfifo(top / "pipe.txt")
    (top / "a\nb\x1b[31m.txt").write_text(START + "df/dx = y\n")
    Path(os.fsdecode(os.fsencode(top) + b"/\xff.txt")).write_text(START + "df/dx = y\n")
    (top / "closed.txt").write_text("f = x")
    (top / "closed.txt").chmod(0)
    for format in ("text", "json", "html", "md"):
        done = check(tmp_path, "--recursive", "handed in", "--format", format)
        bounded(done)
        assert "secret" not in done.out
        assert "\x1b" not in done.out
    for word in ("/dev/zero", "handed in/pipe.txt", "handed in/loop.txt", "handed in/folder.md", "nothing.txt"):
        done = check(tmp_path, word)
        bounded(done)
        assert done.code == 2
    done = check(tmp_path, "nothing.txt", "handed in/a\nb\x1b[31m.txt")
    assert done.code == 2
    assert "1 link" in done.out or "links: " in done.out


def test_many_files(tmp_path: Path) -> None:
    for number in range(5_000):
        (tmp_path / f"{number}.txt").touch()
    found = list(files([str(tmp_path)], recursive=True))
    assert len(found) == 5_000


def test_what_cannot_be_seen_is_dropped_and_places_stay() -> None:
    """Unicode's own list of such characters, and long stretches of space."""
    for point in range(0x80, sys.maxunicode + 1):
        if unicodedata.category(chr(point)) == "Cf":
            text = f"a{chr(point)}b"
            found = macros.spread(text, 0, 3, {})
            assert found.text == "ab"
            assert found.span(1, 2) == (2, 3)
    text = "a" + " " * 50 + "\n" + " " * 50 + "\n \n" + " " * 50 + "b"
    found = macros.spread(text, 0, len(text), {})
    assert re.fullmatch(r"a \n\nb|a\s{3,4}b", found.text)
    assert found.text.count("\n") == 2
    assert found.span(len(found.text) - 1, len(found.text)) == (len(text) - 1, len(text))
