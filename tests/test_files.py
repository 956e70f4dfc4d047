"""Writing a result: whole or not at all, through links, to devices, with an error that helps."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gradviz.draw.files import write
from gradviz.errors import EnvironmentFailure, GradvizError

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and devices of POSIX")
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_and_replaced(here: Path) -> None:
    for data in (b"one", b"", b"two" * 100_000):
        write("f.svg", data)
        assert (here / "f.svg").read_bytes() == data
        assert os.listdir(here) == ["f.svg"]


@posix
def test_a_new_file_follows_the_umask_and_an_old_one_keeps_its_permissions(here: Path) -> None:
    before = os.umask(0o027)
    try:
        write("new", b"1")
        (here / "old").write_bytes(b"0")
        (here / "old").chmod(0o604)
        write("old", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((here / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE((here / "old").stat().st_mode) == 0o604


@posix
def test_a_link_stays_a_link(here: Path) -> None:
    (here / "deep").mkdir()
    (here / "deep" / "target").write_bytes(b"old")
    (here / "middle").symlink_to("deep/target")
    (here / "link").symlink_to("middle")
    (here / "dangling").symlink_to("deep/later")
    write("link", b"new")
    write("dangling", b"made")
    assert (here / "link").is_symlink()
    assert (here / "middle").is_symlink()
    assert (here / "deep" / "target").read_bytes() == b"new"
    assert (here / "deep" / "later").read_bytes() == b"made"
    assert sorted(os.listdir(here / "deep")) == ["later", "target"]


@posix
def test_a_planted_temporary_name_is_not_followed(here: Path) -> None:
    (here / "victim").write_bytes(b"precious")
    (here / f".f.{os.getpid()}-0.part").symlink_to("victim")
    write("f", b"data")
    assert (here / "victim").read_bytes() == b"precious"
    assert (here / "f").read_bytes() == b"data"


@posix
def test_a_pipe_gets_the_bytes_and_stays(here: Path) -> None:
    os.mkfifo(here / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((here / "pipe").read_bytes()))
    reader.start()
    write("pipe", b"x" * 300_000)
    reader.join(10)
    assert received == [b"x" * 300_000]
    assert stat.S_ISFIFO((here / "pipe").stat().st_mode)


def _writes_to_stdout(stdout: int) -> int:
    code = "from gradviz.draw.files import write; write('/dev/stdout', b'picture')"
    return subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, stdout=stdout, check=False).returncode


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout")
def test_standard_output_as_pipe_and_as_file(here: Path) -> None:
    code = "from gradviz.draw.files import write; write('/dev/stdout', b'picture')"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"picture"
    (here / "all.log").write_bytes(b"first ")
    with open("all.log", "ab") as log:
        assert _writes_to_stdout(log.fileno()) == 0
    assert (here / "all.log").read_bytes() == b"first picture"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_device() -> None:
    with pytest.raises(EnvironmentFailure, match="cannot write /dev/full: the disk is full"):
        write("/dev/full", b"x")


@pytest.mark.parametrize("moment", ["write", "close"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    here: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    (here / "f.svg").write_bytes(b"old")
    real = os.fdopen

    class Full:
        def __init__(self, handle: int, mode: str) -> None:
            self.file = real(handle, mode)

        def __enter__(self) -> Full:
            return self

        def write(self, data: bytes) -> None:
            self.file.write(data[:2])
            if moment == "write":
                raise OSError(errno.ENOSPC, "No space left on device")

        def __exit__(self, *_: object) -> None:
            self.file.close()
            if moment == "close":
                raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fdopen", Full)
    with pytest.raises(EnvironmentFailure, match=r"cannot write f\.svg: the disk is full"):
        write("f.svg", b"new data")
    assert (here / "f.svg").read_bytes() == b"old"
    assert os.listdir(here) == ["f.svg"]


def test_an_interrupt_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write("f.svg", b"data")
    assert os.listdir(here) == []


@pytest.mark.parametrize(
    ("path", "kind", "words", "hint"),
    [
        ("no/such/f.svg", GradvizError, "cannot write no/such/f.svg: there is no folder no/such", 'mkdir -p "no/such"'),
        ("file/f.svg", GradvizError, "cannot write file/f.svg", None),
        ("folder", GradvizError, "cannot write folder: it is a folder", None),
        ("x" * 300 + ".svg", GradvizError, "the name is too long", "a shorter one"),
    ],
)
def test_what_is_wrong_is_said_with_the_path_as_given(
    here: Path, path: str, kind: type[GradvizError], words: str, hint: str | None
) -> None:
    (here / "folder").mkdir()
    (here / "file").write_bytes(b"")
    with pytest.raises(GradvizError) as caught:
        write(path, b"data")
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert hint is None or (caught.value.hint is not None and hint in caught.value.hint)
    assert str(here) not in str(caught.value)
    assert sorted(os.listdir(here)) == ["file", "folder"]


@posix
@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_no_permission(here: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code), "/some/absolute/path")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(EnvironmentFailure, match=r"^cannot write f\.svg: no permission") as caught:
        write("f.svg", b"data")
    assert "/some/absolute" not in str(caught.value)


def test_two_threads_write_one_name(here: Path) -> None:
    written = [bytes([65 + i]) * 200_000 for i in range(8)]
    threads = [threading.Thread(target=write, args=("f.svg", data)) for data in written]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (here / "f.svg").read_bytes() in written
    assert os.listdir(here) == ["f.svg"]
