"""The code blocks of README.md: found, run, and written anew.

``python -m tests.readme`` refreshes the output in README's console blocks and the pictures it shows; the tests check
that what stands there is what comes out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURES = {
    "sigmoid-neuron": ["example:sigmoid-expanded", "--decimals", "2"],
    "copy-adder": ["example:copy-adder"],
    "max-router": ["example:max-router"],
    "first-wrong": ["check", "examples/homework/wrong.txt", "--hints", "3"],
}

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """The contents of all blocks of a kind."""
    return [body for name, body in _BLOCK.findall(README.read_text(encoding="utf-8")) if name == kind]


def gradviz(arguments: list[str], folder: Path) -> str:
    """What the command prints, results and messages as they come, in a pipe of 100 columns."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GRADVIZ")}
    done = subprocess.run(
        [sys.executable, "-m", "gradviz", *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "100", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def transcript(block: str) -> str:
    """A console block with its commands run anew."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples" / "homework", Path(folder, "examples", "homework"))
        for line in block.splitlines():
            if line.startswith("$ gradviz "):
                lines += [line, *gradviz(shlex.split(line)[2:], Path(folder)).rstrip().splitlines()]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def picture(name: str) -> bytes:
    """One of README's pictures, drawn anew."""
    with tempfile.TemporaryDirectory() as folder:
        if PICTURES[name][0] == "check":
            shutil.copytree(ROOT / "examples" / "homework", Path(folder, "examples", "homework"))
            return _from_page(gradviz([*PICTURES[name], "--format", "html"], Path(folder)))
        gradviz(["render", *PICTURES[name], "-o", "picture.svg"], Path(folder))
        return (Path(folder) / "picture.svg").read_bytes()


def _from_page(page: str) -> bytes:
    """The picture of an HTML report, in its own colours: alone it stands on no page that has any."""
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found is not None, page
    return re.sub(r"var\(--[\w-]+,(#[0-9a-f]{6})\)", r"\1", found[0]).encode() + b"\n"


def refresh() -> None:
    """Write the blocks and pictures anew."""
    text = README.read_text(encoding="utf-8")
    for block in blocks("console"):
        text = text.replace(f"```console\n{block}```", f"```console\n{transcript(block)}```")
    README.write_text(text, encoding="utf-8")
    for name in PICTURES:
        (ROOT / "examples" / "pictures" / f"{name}.svg").write_bytes(picture(name))


if __name__ == "__main__":
    refresh()
