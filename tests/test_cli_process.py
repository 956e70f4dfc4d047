"""Real processes: pipes, closed streams, full devices, encodings, Ctrl-C, no network, no needless imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli_run import ROOT, process

THREE = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX shells and devices")


def chain(nodes: int) -> bytes:
    return "\n".join(["n0 = x*1", *(f"n{i} = n{i - 1} + x" for i in range(1, nodes))]).encode()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "gbk", "utf-8", "utf-16"])
def test_encodings_of_a_real_pipe(encoding: str) -> None:
    done = process("show", "example:sigmoid-neuron", "--explain", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    text = done.stdout.decode(encoding)
    assert "gradient" in text
    assert ("∂" in text) == encoding.startswith("utf")


@posix
def test_a_closed_pipe_ends_quietly() -> None:
    command = f'"{sys.executable}" -m gradviz show - --random --quiet; echo "code $?" >&2'
    done = subprocess.run(
        ["bash", "-c", f"({command}) | head -n 2"], input=chain(20_000), capture_output=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.count(b"\n") == 2
    assert done.stderr == b"code 0\n"


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_device_is_one_error() -> None:
    with open("/dev/full", "wb") as full:
        for words in (("show", *THREE), ("--help",), ("gates",), ("render", *THREE, "-o", "-")):
            done = process(*words, stdout=full)
            assert done.returncode == 1
            assert done.stderr.startswith(b"Error: ")
            assert b"No space left" in done.stderr
            assert done.stderr.count(b"\n") == 1, done.stderr
    done = process("render", *THREE, "-o", "/dev/full", "--format", "dot")
    assert done.returncode == 1
    assert b"disk is full" in done.stderr


@posix
def test_devices_are_written_directly() -> None:
    done = process("render", *THREE, "-o", "/dev/stdout", "--format", "dot")
    assert (done.returncode, done.stdout[:7]) == (0, b"digraph")


@posix
@pytest.mark.parametrize("closed", ["0", "1", "2"])
def test_closed_streams(closed: str) -> None:
    for words in ('show "x*y" x=1 y=2', "show - x=1", "gates nope", "--help"):
        line = f'"{sys.executable}" -m gradviz {words} {closed}>&-'
        done = subprocess.run(
            ["bash", "-c", line], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode in (0, 1, 2)
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr
        if closed == "1" and words.startswith('show "'):
            assert (done.returncode, b"standard output is closed" in done.stderr) == (1, True)


@posix
def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    line = f'mkdir gone; cd gone; rmdir ../gone; "{sys.executable}" -m gradviz show "f = x*y" x=2 y=3'
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, check=False, timeout=60, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"mul" in done.stdout


@posix
def test_ctrl_c_ends_at_once() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "gradviz", "show", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    time.sleep(0.7)  # it waits for its source
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert (out, err.strip()) == (b"", b"")


def test_no_command_opens_a_connection(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("def f(x=2.0):\n    return x * x\n")
    guard = (
        "import socket, sys\n"
        "def forbidden(*a, **k): raise AssertionError('a connection was opened')\n"
        "for name in ('socket', 'create_connection', 'getaddrinfo', 'socketpair', 'gethostbyname'):\n"
        "    setattr(socket, name, forbidden)\n"
        "import _socket; _socket.socket = forbidden\n"
        "from gradviz.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    for words in (
        ("show", *THREE, "--explain"),
        ("render", *THREE, "-o", "f.svg", "--open"),
        ("render", *THREE, "-o", "f.png"),
        ("show", "net.py:f"),
        ("gates",),
        ("examples",),
        ("--version",),
        ("--help",),
    ):
        done = subprocess.run(
            [sys.executable, "-c", guard, *words], capture_output=True, check=False, cwd=tmp_path, timeout=60,
            env={**{k: v for k, v in os.environ.items() if "DISPLAY" not in k}, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "free_of"),
    [
        (("--help",), ("numpy", "networkx", "graphviz", "gradviz.draw", "gradviz.language", "subprocess")),
        (("--version",), ("numpy", "gradviz.draw", "gradviz.language")),
        (("show", *THREE, "--explain"), ("numpy", "networkx", "graphviz", "subprocess", "pygraphviz")),
        (("render", *THREE, "-o", "-"), ("numpy", "networkx", "pygraphviz", "importlib.resources")),
        (("gates",), ("numpy", "networkx", "graphviz")),
        (("examples",), ("numpy", "networkx", "graphviz", "gradviz.language")),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_imports_only_what_is_used(words: tuple[str, ...], free_of: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom gradviz.cli import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        "    print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = done.stderr.decode().split()
    assert "gradviz.cli" in loaded
    assert not [name for name in loaded if name in free_of]


def test_what_nobody_expected_is_our_mistake_and_no_traceback(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom gradviz.cli import main, show\n"
        "def wrong(*a): raise {error}\n"
        "show.circuit = wrong\nmain(['show', 'x'])\n"
    )

    def ends(error: str, **env: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", code.format(error=error)], capture_output=True, check=False, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        )  # fmt: skip
        return done.returncode, done.stderr.decode()

    status, said = ends("ZeroDivisionError('oops')")
    assert (status, "internal error (ZeroDivisionError: oops)" in said, "Traceback" in said) == (1, True, False)
    assert "Traceback" in ends("ZeroDivisionError('oops')", GRADVIZ_DEBUG="1")[1]
    for error, expected in (
        ("MemoryError()", 1),
        ("RecursionError('deep')", 2),
        ("KeyboardInterrupt()", 130),
        ("OSError(5, 'Input/output error', '/some/where/f.txt')", 1),
    ):
        status, said = ends(error)
        assert status == expected
        assert "Traceback" not in said
        assert "/some/where" not in said
