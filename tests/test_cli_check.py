"""gradviz check: files in, reports and exit codes out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradviz.draw.grid.text import columns
from tests.cli_run import ROOT, fails, process, run

HOMEWORK = ROOT / "examples" / "homework"
SUFFIXES = (".txt", ".md", ".tex", ".ipynb")
RIGHT = "f(x, y) = x*y at x = 2, y = 3\ndf/dx = y = 3\n"
WRONG = "f(x, y) = x*y at x = 2, y = 3\ndf/dx = x = 2\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.txt").write_text(RIGHT, "utf-8")
    (tmp_path / "wrong.txt").write_text(WRONG, "utf-8")
    (tmp_path / "unread.txt").write_text(RIGHT + "df/dy = quux * 2\n", "utf-8")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "p.gradviz").write_text("f = x*y\nx = 2; y = 3\nrequire df/dx, df/dy\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_right_examples_are_all_right(suffix: str) -> None:
    done = run("check", str(HOMEWORK / f"right{suffix}"), "--json")
    assert done.code == 0, done.out
    [file] = json.loads(done.out)["files"]
    assert {link["verdict"] for link in file["links"]} == {"ok"}
    assert file["problems"][0]["read"][0] == file["problems"][0]["read"][1] > 0


@pytest.mark.parametrize(
    ("suffix", "line", "quantity", "rule"),
    [
        (".txt", 9, "df/dq", "mul_not_swapped"),
        (".md", 9, "dL/dp", "power_rule_wrong"),
        (".tex", 14, "da/dz", "sigmoid_derivative_wrong"),
        (".ipynb", 5, "df/dx", "fanout_not_summed"),
    ],
)
def test_the_wrong_examples_are_told_what_went_wrong(suffix: str, line: int, quantity: str, rule: str) -> None:
    done = run("check", str(HOMEWORK / f"wrong{suffix}"), "--json")
    assert done.code == 1
    [file] = json.loads(done.out)["files"]
    first = file["links"][file["first_wrong"]]
    assert (first["line"], first["quantity"]) == (line, quantity)
    assert rule in first["misconceptions"]
    assert first["cell"] == (2 if suffix == ".ipynb" else None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("right.txt",), 0),
        (("wrong.txt",), 1),
        (("unread.txt",), 3),
        (("scan.pdf",), 2),
        (("right.txt", "unread.txt"), 3),
        (("right.txt", "unread.txt", "wrong.txt"), 1),
        (("right.txt", "wrong.txt", "scan.pdf"), 2),
        (("--recursive", "."), 2),
        (("right.txt", "--problem", "p.gradviz"), 1),
    ],
)
def test_the_exit_code_is_the_worst(folder: Path, words: tuple[str, ...], code: int) -> None:
    assert run("check", *words).code == code


def test_other_files_are_still_checked(folder: Path) -> None:
    done = run("check", "scan.pdf", "wrong.txt")
    assert "scan.pdf: error: scan.pdf is a PDF" in done.out
    assert "wrong.txt:2:1: wrong" in done.out
    assert done.out.splitlines()[0].split()[:2] == ["file", "verdict"]


def test_names_are_relative_to_the_folder_given(folder: Path) -> None:
    (folder / "class" / "ann").mkdir(parents=True)
    (folder / "class" / "ann" / "hw.txt").write_text(WRONG, "utf-8")
    done = run("check", "--recursive", str(folder / "class"), "--json")
    assert [each["file"] for each in json.loads(done.out)["files"]] == ["ann/hw.txt"]
    assert str(folder) not in done.out


def test_standard_input(folder: Path) -> None:
    done = run("check", "-", stdin=WRONG.encode())
    assert done.code == 1
    assert "standard input:2:1: wrong" in done.out or "-:2:1: wrong" in done.out


def test_the_problem_says_what_is_required_and_how_much_is_told(folder: Path) -> None:
    done = run("check", "right.txt", "--problem", "p.gradviz")
    assert "right.txt: df/dy: missing" in done.out
    assert "from p.gradviz" in done.out.splitlines()[0]
    (folder / "p.gradviz").write_text("f = x*y\nx = 2; y = 3\nhints: 1\n", "utf-8")
    assert "mul_not_swapped" not in run("check", "wrong.txt", "--problem", "p.gradviz", "--hints", "3").out


def test_a_derivation_may_be_the_problem(folder: Path) -> None:
    (folder / "staff.md").write_text("$f = x y$, $x = 2$, $y = 3$\n\n$\\frac{df}{dy} = x$\n", "utf-8")
    done = run("check", "right.txt", "--problem", "staff.md", "--json")
    assert json.loads(done.out)["files"][0]["required"] == {"df/dy": "missing"}


@pytest.mark.parametrize("format", ["json", "html", "md", "txt"])
def test_reports_into_files(folder: Path, format: str) -> None:
    done = run("check", "wrong.txt", "-o", f"report.{format}")
    assert (done.code, done.out) == (1, "")
    text = (folder / f"report.{format}").read_text("utf-8")
    assert "wrong" in text
    assert str(folder) not in text


def test_the_report_never_replaces_what_is_checked(folder: Path) -> None:
    fails(run("check", "wrong.txt", "-o", "wrong.txt"), 2, "wrong.txt")
    assert (folder / "wrong.txt").read_text("utf-8") == WRONG


def test_what_is_typed_wrong(folder: Path) -> None:
    fails(run("check"), 2, "no file")
    fails(run("check", "nope.txt"), 2, "nope.txt")
    fails(run("check", "."), 2, "folder", "--recursive")
    fails(run("check", "right.txt", "--hint", "2"), 2, "--hints")
    fails(run("check", "right.txt", "--hints", "7"), 2, "7")


def test_notebook_code_is_never_run(folder: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["open('ran', 'w')"], "metadata": {}, "outputs": [], "execution_count": 1},
        {"cell_type": "markdown", "source": ["$f = x y$\n", "\n", "$\\frac{df}{dx} = y$"], "metadata": {}},
    ]
    metadata = {"authors": [{"name": "Ann Example"}]}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (folder / "hw.ipynb").write_text(json.dumps(book), "utf-8")
    for format in ("text", "json", "html", "md"):
        done = run("check", "hw.ipynb", "--format", format)
        assert done.code == 0
        assert "Ann Example" not in done.out
    assert not os.path.exists("ran")


def test_colour_only_on_a_terminal(folder: Path) -> None:
    assert "\x1b[" in run("check", "wrong.txt", tty=True).out
    assert "\x1b[" in run("check", "wrong.txt", env={"FORCE_COLOR": "1"}).out
    for words, environment, tty in (
        ((), {}, False),
        (("--plain",), {}, True),
        ((), {"GRADVIZ_PLAIN": "1"}, True),
        ((), {"NO_COLOR": "1"}, True),
        ((), {"TERM": "dumb"}, True),
    ):
        done = run("check", "wrong.txt", *words, env=environment, tty=tty)
        assert done.code == 1
        assert "\x1b" not in done.out, (words, environment)
        assert "wrong.txt:2:1: wrong: ∂f/∂x is not x" in done.out


def test_a_pipe_gets_the_same_bytes_everywhere(folder: Path) -> None:
    plain = run("check", "wrong.txt", "unread.txt").out
    for environment in (
        {"COLUMNS": "40"},
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"COLUMNS": "400", "TERM": "xterm-256color"},
    ):
        assert run("check", "wrong.txt", "unread.txt", env=environment).out == plain
    assert run("check", "wrong.txt", "unread.txt", "--plain").out == plain


@pytest.mark.parametrize("width", [20, 40, 64, 80, 200])
@pytest.mark.parametrize("options", [(), ("--ascii",)])
def test_a_terminal_is_filled_and_not_more(folder: Path, width: int, options: tuple[str, ...]) -> None:
    """No line is wider than the screen but the command to paste, which has to stay one line."""
    (folder / "宽.md").write_text(
        "因为 $f(ξ, x) = ξ x$ 中文 $ξ = 2$, $x = 3$\n\n因为中文 x̂: $df/dξ = ξ$ 所以中文中文中文中文中文中文中文\n",
        "utf-8",
    )
    for environment in ({}, {"NO_COLOR": "1"}):
        found = run("check", "宽.md", "wrong.txt", *options, env={"COLUMNS": str(width), **environment}, tty=True)
        assert found.code == 1
        text = re.sub(r"\x1b\[[\d;]*m", "", found.out)
        assert ("\x1b" in found.out) == (not environment)
        assert text.isascii() == bool(options)
        lines = text.splitlines()
        assert [line for line in lines if columns(line) > width and "gradviz step" not in line] == []
        if not options:
            at = next(i for i, line in enumerate(lines) if "df/dξ" in line and line.startswith("  ") and "$" in line)
            before, linked, *_ = lines[at].split("$")
            mark = lines[at + 1]
            assert columns(before + "$") == mark.index("^")
            assert mark.count("^") == columns(linked)
    plain = run("check", "宽.md", *options).out
    for line in re.findall(r"see the gate: (.*)", plain):
        assert line in text


def test_rich_is_loaded_for_terminals_only(folder: Path) -> None:
    code = (
        "import sys\nfrom gradviz.cli import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        "    print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    for environment, loaded in (({}, False), ({"FORCE_COLOR": "1"}, True)):
        done = subprocess.run(
            [sys.executable, "-c", code, "check", "wrong.txt"],
            capture_output=True, check=False, timeout=60, cwd=folder,
            env={**{k: v for k, v in os.environ.items() if k != "FORCE_COLOR"}, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        assert done.returncode == 1
        modules = done.stderr.decode().split()
        assert ("rich.console" in modules) == loaded
        assert not {"textual", "graphviz", "networkx", "sympy"} & {*modules}


# --- a class of files, at a real terminal ---------------------------------------------------------------


@pytest.fixture
def many(folder: Path) -> Path:
    (folder / "class").mkdir()
    for i in range(40):
        (folder / "class" / f"s{i:03}.txt").write_text((WRONG if i % 3 else RIGHT) + "df/dx = y\n" * 12, "utf-8")
    return folder


def at_terminal(
    cwd: Path, *words: str, until: bytes = b"", width: int = 60, pipe: bool = False
) -> tuple[int, bytes, bytes]:
    """The command with stderr, and stdout but for ``pipe``, at a terminal; Ctrl-C once ``until`` was seen.

    Returns:
        the exit code, what the terminal was sent, and what the pipe was.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GRADVIZ") and k not in ("NO_COLOR", "COLUMNS")}
    # a file stands for the pipe: nobody reads it while the terminal is watched
    with tempfile.TemporaryFile() as piped:
        running = subprocess.Popen(
            [sys.executable, "-m", "gradviz", *words], cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=piped if pipe else theirs, stderr=theirs,
            env={**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        os.close(theirs)
        seen, stopped = b"", not until
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                part = b""
            if not part:
                break
            seen += part
            if not stopped and until in seen:
                running.send_signal(signal.SIGINT)
                stopped = True
        os.close(ours)
        running.wait(timeout=60)
        piped.seek(0)
        return running.returncode, seen, piped.read()


posix = pytest.mark.skipif(os.name == "nt", reason="a POSIX terminal")


@posix
def test_progress_is_shown_and_gone_in_the_end(many: Path) -> None:
    code, seen, piped = at_terminal(many, "check", "--recursive", "class", pipe=True)
    assert code == 1
    steps = [step for step in seen.decode().split("\r\x1b[K") if step]
    assert steps
    counts = [int(re.fullmatch(r"(\d+) of 40: checking s\d{3}\.txt", step)[1]) for step in steps if "checking" in step]  # type: ignore[index]
    assert counts == sorted(counts)
    assert all(len(step) < 60 for step in steps)
    assert seen.endswith(b"\r\x1b[K")
    assert piped.decode() == run("check", "--recursive", "class").out
    assert b"\r" not in piped


@posix
def test_no_progress_where_nobody_asked(many: Path) -> None:
    for option in ("--quiet", "--plain"):
        assert at_terminal(many, "check", "--recursive", "class", option, pipe=True)[1] == b""
    done = process("check", "--recursive", "class", cwd=str(many))
    assert (done.returncode, done.stderr) == (1, b"")


@posix
def test_ctrl_c_ends_cleanly(many: Path) -> None:
    (many / "report.html").write_text("the old one", "utf-8")
    code, seen, _ = at_terminal(many, "check", "--recursive", "class", "-o", "report.html", until=b"checking")
    assert code == 130
    assert b"Traceback" not in seen
    assert seen.rstrip().endswith(b"\x1b[K")
    assert (many / "report.html").read_text("utf-8") == "the old one"
    assert sorted(path.name for path in many.iterdir() if "report" in path.name) == ["report.html"]


@posix
def test_a_table_first_at_a_terminal(many: Path) -> None:
    _, seen, _ = at_terminal(many, "check", "class/s000.txt", "class/s001.txt", "wrong.txt", width=40)
    lines = re.sub(r"\x1b\[[\d;]*[mK]", "", seen.decode()).replace("\r", "").splitlines()
    assert lines[0].split() == ["file", "verdict"]
    assert [line.split() for line in lines[2:5]] == [
        ["class/s000.txt", "✓", "all", "right"],
        ["class/s001.txt", "✗", "wrong"],
        ["wrong.txt", "✗", "wrong"],
    ]
    assert "3 files: 2 wrong, 1 all right" in lines


@pytest.mark.parametrize("option", [("--json",), ("--format", "json"), ("-o", "-", "--format", "json")])
def test_json_of_many_files(folder: Path, option: tuple[str, ...]) -> None:
    done = run("check", "right.txt", "scan.pdf", "wrong.txt", *option)
    assert done.code == 2
    found = json.loads(done.out)["files"]
    assert [each["file"] for each in found] == ["right.txt", "scan.pdf", "wrong.txt"]
    assert [each["first_wrong"] is not None for each in found] == [False, False, True]
    assert found[1]["links"] == []
    assert "PDF" in found[1]["failure"]


def test_streams_that_carry_only_ascii(folder: Path) -> None:
    done = run("check", "wrong.txt", encoding="ascii")
    assert done.code == 1
    assert done.out.isascii()
    assert "df/dx is not x" in done.out


def test_the_help_has_examples_that_work_and_exit_codes(folder: Path) -> None:
    for name, source in (
        ("homework.txt", "right.txt"),
        ("homework.ipynb", "right.ipynb"),
        ("homework.tex", "right.tex"),
    ):
        (folder / name).write_text((HOMEWORK / source).read_text("utf-8"), "utf-8")
    (folder / "handed-in").mkdir()
    (folder / "handed-in" / "ann.txt").write_text(RIGHT + "df/dy = x\n", "utf-8")
    (folder / "problem.gradviz").write_text("f = x*y\nx = 2; y = 3\nrequire df/dx, df/dy\n", "utf-8")
    text = run("check", "--help").out
    examples = [line.split() for line in text.splitlines() if line.lstrip().startswith("gradviz check ")]
    assert len(examples) >= 4
    assert "Exit codes: 0 all right, 1 something wrong or missing, 2" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    for words in examples:
        assert run(*words[1:]).code == 0, words


def test_as_a_process_of_its_own(folder: Path) -> None:
    done = process("check", "wrong.txt", cwd=str(folder))
    assert done.returncode == 1
    assert b"mul_not_swapped" in done.stdout
