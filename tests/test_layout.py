"""Graphviz in its child process: what goes in, what comes out, and everything that can happen to a child."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradviz import Value
from gradviz.draw import fonts, layout
from gradviz.draw.typeface import face
from gradviz.errors import EnvironmentFailure, GradvizError

REPOSITORY = Path(__file__).parents[1]
SMALL = 'digraph { node [fontname="Gradviz Sans"]; a -> b }'
MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "plain": b"graph 1 ", "json": b"{"}
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def fresh() -> Iterator[None]:
    """Children and settings of this test only."""
    layout.stop()
    fonts.environment.cache_clear()
    yield
    layout.stop()
    layout._broken.clear()
    fonts.environment.cache_clear()


def endless() -> str:
    """A picture that dot cannot finish in time."""
    edges = ";".join(f"n{i} -> n{(i * 7919 + k * 104729) % 3000}" for i in range(3000) for k in (1, 2, 3))
    return f"digraph {{ {edges} }}"


def run(code: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """A script of its own, from a process of its own."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        **{"cwd": REPOSITORY, "capture_output": True, "timeout": 60, "check": False, **more},
    )


def until(happened: object, seconds: float = 10) -> bool:
    """Wait for a condition."""
    assert callable(happened)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    """Whether a process has ended (one that nobody waits for stays as a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("format", MAGIC)
def test_formats_and_the_same_bytes_from_another_child(fresh: None, format: str) -> None:
    first = layout.render(SMALL, format)
    assert first.startswith(MAGIC[format])
    layout.stop()
    assert layout.render(SMALL, format) == first


def test_a_pdf_has_no_date_and_is_still_one() -> None:
    data = layout.render(SMALL, "pdf")
    assert b"Date" not in data
    start = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    assert data[start : start + 4] == b"xref"  # nothing has moved


@pytest.mark.needs("pdffonts")
def test_a_pdf_carries_our_font(tmp_path: Path) -> None:
    dot = 'digraph { node [fontname="Gradviz Sans"]; a [label=<σ <I>x</I> <B>−2</B>>] }'
    (tmp_path / "f.pdf").write_bytes(layout.render(dot, "pdf"))
    lines = subprocess.run(["pdffonts", tmp_path / "f.pdf"], capture_output=True, text=True, check=True).stdout
    listed = lines.splitlines()[2:]
    faces = {re.sub(r"^[A-Z]{6}\+", "", line.split()[0]) for line in listed}
    assert faces == {"GradvizSans-Regular", "GradvizSans-Oblique", "GradvizSans-Bold"}
    for line in listed:
        assert line.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, with the text's characters


@pytest.mark.parametrize(
    ("dot", "format", "engine", "words"),
    [
        ("digraph { a -> ", "svg", "dot", "syntax error in line 1"),
        ("", "svg", "dot", "no DOT"),
        ("digraph { a [label=<<b>] }", "svg", "dot", "HTML"),
        (SMALL, "nope", "dot", "there is no format 'nope'"),
        (SMALL, "svg", "nope", "the layout engine 'nope' failed"),
    ],
)
def test_what_graphviz_says_is_told(dot: str, format: str, engine: str, words: str) -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        layout.render(dot, format, engine=engine)
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert layout.render(SMALL, "plain")  # the child goes on


@pytest.mark.parametrize("name", ["\ud800", "a\x01b", "损失", "a&b<c>", "x" * 5000, '\\"', "a\\nb", "🙂"])
def test_hostile_names(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    assert b"</svg>" in layout.render(f'digraph {{ a [fontname="Gradviz Sans", label="{quoted}"] }}', "svg")


# -- fonts -----------------------------------------------------------------------------------------------------------

TEXTS = ["0.73", "-2", "w_11", "∂f/∂x = −2.5×10⁻⁵", "σ(z₁)²", "AVATAR To", "½√Σ→∞", "ŷ"]


@pytest.mark.parametrize("style", ["Regular", "Oblique", "Bold"])
@pytest.mark.parametrize("size", [8.0, 14.0, 31.5])
def test_our_measure_of_text_is_graphvizs(style: str, size: float) -> None:
    tag = {"Regular": "{}", "Oblique": "<I>{}</I>", "Bold": "<B>{}</B>"}[style]
    bare = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
    for text in [*TEXTS, "m" * 30]:
        label = f"<TABLE {bare}><TR><TD>{tag.format(text)}</TD></TR></TABLE>"
        dot = f'digraph {{ a [shape=plain, fontname="Gradviz Sans", fontsize={size}, label=<{label}>] }}'
        line = layout.render(dot, "plain").decode().splitlines()[1]
        # Pango rounds every advance to a pixel of 0.75 points.
        allowed = 0.375 * len(text) + 1
        assert abs(float(line.split()[4]) * 72 - face(style).width(text, size)) < allowed


def test_layouts_do_not_depend_on_the_machines_fonts(fresh: None) -> None:
    cells = "".join(f"<TR><TD>{text}</TD><TD><I>{text}</I></TD></TR>" for text in TEXTS)
    dot = f'digraph {{ a [shape=plain, fontname="Gradviz Sans", label=<<TABLE>{cells}</TABLE>>]; a -> b }}'.encode()
    answers = {layout._rendered(dot, "json", "dot", 20, system) for system in (True, False)}
    assert len(answers) == 1


def _ink(character: str) -> bytes:
    from PIL import Image

    node = f'shape=none, width=0.5, fixedsize=true, fontname="Gradviz Sans", label="{character}"'
    dot = f"digraph {{ dpi=200; a [{node}] }}"
    data = layout._rendered(dot.encode(), "png", "dot", 20, False)
    return Image.open(io.BytesIO(data)).convert("L").tobytes()


def test_without_any_system_font_pictures_have_real_glyphs(fresh: None) -> None:
    box = _ink("\ue000")  # no font has it: the empty box of a missing glyph
    seen = {box: "box", _ink(" "): "blank"}
    for character in "x0×σ∂√₁½→−ŷΣ":
        ink = _ink(character)
        assert ink not in seen, f"{character} looks like {seen[ink]}"
        seen[ink] = character


def test_where_nothing_can_be_written_our_fonts_are_still_found(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = layout.render(SMALL, "png")
    layout.stop()
    fonts.environment.cache_clear()

    def refuse(*_: object) -> Path:
        raise PermissionError

    monkeypatch.setattr("gradviz.draw.fonts._configuration", refuse)
    assert fonts.environment(False)["FONTCONFIG_FILE"] == str(fonts.FOLDER / "fonts.conf")
    assert layout.render(SMALL, "png") == usual


def test_no_home_is_no_trouble(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", homeless)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert fonts.environment(False)["FONTCONFIG_FILE"].startswith(str(tmp_path))
    assert layout.render(SMALL, "svg")


def test_only_foreign_characters_ask_for_the_systems_fonts(fresh: None) -> None:
    layout.render('digraph { a [label="∂f/∂x = −2.5×10⁻⁵"] }', "plain")
    assert set(layout._children) == {False}
    layout.render('digraph { a [label="损失"] }', "plain")
    assert set(layout._children) == {False, True}


# -- a child's life --------------------------------------------------------------------------------------------------


def test_the_child_is_kept(fresh: None) -> None:
    layout.start()
    process = layout._children[False].process
    layout.render(SMALL, "svg")
    layout.start()
    layout.render(SMALL, "png")
    assert layout._children[False].process is process


def test_a_layout_that_takes_too_long_is_ended(fresh: None) -> None:
    layout.render(SMALL, "svg")
    process = layout._children[False].process
    start = time.monotonic()
    with pytest.raises(GradvizError, match=r"took more than 0\.5 seconds") as caught:
        layout.render(endless(), "svg", timeout=0.5)
    assert time.monotonic() - start < 5
    assert caught.value.exit_code == 2
    assert caught.value.hint is not None
    assert "--expand none" in caught.value.hint
    assert process.poll() is not None
    assert layout.render(SMALL, "svg")


@posix
def test_a_crash_is_reported_and_survived(fresh: None) -> None:
    layout.render(SMALL, "svg")
    process = layout._children[False].process
    process.send_signal(signal.SIGSTOP)

    def crash() -> None:
        process.send_signal(signal.SIGSEGV)
        process.send_signal(signal.SIGCONT)

    threading.Timer(0.3, crash).start()
    with pytest.raises(EnvironmentFailure, match="stopped with code -11"):
        layout.render(SMALL, "svg")
    assert layout.render(SMALL, "svg")
    layout._children[False].process.kill()
    layout._children[False].process.wait()
    assert layout.render(SMALL, "svg")


def test_threads_get_their_own_pictures() -> None:
    answers: dict[int, bytes] = {}

    def work(i: int) -> None:
        answers[i] = layout.render(f"digraph {{ only{i} }}", "plain")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"node only{i} ".encode() in answers[i] for i in range(12))


def test_nothing_is_printed() -> None:
    code = """
        from gradviz.draw import layout
        layout.render('digraph { a [label="损失", shape=nosuch] }', "png")
        """
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@posix
def test_without_standard_streams() -> None:
    code = """
        import os
        for fd in (0, 1):
            os.close(fd)
        from gradviz.draw import layout
        os.write(2, layout.render("digraph { a }", "plain")[:8])
        """
    done = run(code, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, b"graph 1 ")


@posix
def test_a_forked_process_gets_a_child_of_its_own() -> None:
    code = """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is what is tried here
        from gradviz.draw import layout
        layout.render("digraph { a }", "plain")
        first = layout._children[False].process.pid
        if (forked := os.fork()) == 0:
            ok = b"node b" in layout.render("digraph { b }", "plain")
            second = layout._children[False].process.pid
            layout.stop()
            os._exit(0 if ok and second != first else 1)
        assert os.waitpid(forked, 0)[1] == 0
        assert b"node c" in layout.render("digraph { c }", "plain")
        assert layout._children[False].process.pid == first
        """
    done = run(code)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_the_child_ends_with_its_parent() -> None:
    code = """
        import os, signal
        from gradviz.draw import layout
        layout.render("digraph { a }", "plain")
        print(layout._children[False].process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    pid = int(run(code).stdout)
    assert until(lambda: gone(pid))


@posix
def test_ctrl_c_ends_at_once_and_the_child_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "endless.dot").write_text(endless())
    code = """
        import sys
        from gradviz.draw import layout
        layout.render("digraph { a }", "plain")
        print(layout._children[False].process.pid, flush=True)
        try:
            layout.render(open(sys.argv[1]).read(), "svg")
        except KeyboardInterrupt:
            sys.exit(130)
        """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "endless.dot")]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody in the foreground
        start = time.monotonic()
        _, said = process.communicate(timeout=20)
    assert time.monotonic() - start < 5
    assert (process.returncode, said) == (130, b"")
    assert until(lambda: gone(pid))


def test_a_path_with_spaces(tmp_path: Path) -> None:
    home = tmp_path / "my pictures & more"
    shutil.copytree(REPOSITORY / "gradviz", home / "gradviz", ignore=shutil.ignore_patterns("__pycache__"))
    code = """
        import gradviz
        from gradviz.draw import layout
        assert "my pictures" in gradviz.__file__
        print(b"Gradviz" in layout.render('digraph { a [fontname="Gradviz Sans"] }', "pdf"))
        """
    done = run(code, cwd=home, env={**os.environ, "XDG_CACHE_HOME": str(home / "a cache")})
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"True", b"")
    assert list((home / "a cache" / "gradviz").glob("fonts-*.conf"))


# -- without pygraphviz ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["absent", "broken"])
def no_pygraphviz(fresh: None, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    broken = tmp_path / "pygraphviz"
    broken.mkdir()
    (broken / "__init__.py").write_text("from . import graphviz")
    (broken / "graphviz.py").write_text("raise ImportError('libsomething.so: cannot open')")
    word: str = request.param
    monkeypatch.setattr(layout, "_pygraphviz", lambda: str(broken) if word == "broken" else None)
    return word


@pytest.mark.needs("dot")
def test_a_system_dot_is_the_fallback(no_pygraphviz: str) -> None:
    for format in ("svg", "png", "pdf", "plain"):
        assert layout.render(SMALL, format).startswith(MAGIC[format])
    placed = 'digraph { a [pos="10,20"]; b [pos="90,20"]; a -> b [pos="10,20 30,20 60,20 90,20"] }'
    assert b"<svg" in layout.render(placed, "svg", engine="nop2")
    with pytest.raises(EnvironmentFailure, match="syntax error"):
        layout.render("digraph { a -> ", "svg")
    with pytest.raises(GradvizError, match="took more than"):
        layout.render(endless(), "svg", timeout=0.5)


def test_no_graphviz_at_all(no_pygraphviz: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure) as caught:
        layout.render(SMALL, "svg")
    assert "pygraphviz" in (caught.value.hint or "")
    assert "pip install" in (caught.value.hint or "")
    assert ("cannot open" in caught.value.message) == (no_pygraphviz == "broken")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("control", ["\0", "\x01", "\x08", "\x0b", "\x1b[31m", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_a_control_character_in_a_name_is_drawn_as_a_question_mark(control: str) -> None:
    weight = Value(2.0, label=f"w{control}")
    data = (weight * 3).draw().render("svg").decode()
    assert ">w?" in data
    assert control[0] not in data


def test_importing_the_childs_file_starts_nothing() -> None:
    """As documentation tools and doctest do."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "import gradviz.draw.layout_child, os; print(len(os.listdir('/dev/fd')))",
        ],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    assert done.stdout.strip()
