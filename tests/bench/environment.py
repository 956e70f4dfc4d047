"""The benchmark's own environment: made once in the user's folder for caches, then used again.

Only the standard library is needed to make it. It holds what gradviz depends on and the peers; gradviz itself runs
from the checkout, so that the figures are always those of the code at hand.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: torch is pinned: without a version pip may take a build with gigabytes of CUDA where a CPU build is at hand.
PEERS = ("micrograd==0.1.0", "torch==2.13.0", "jax>=0.10", "casadi>=3.7", "autograd>=1.8", "sympy>=1.12")


def caches() -> Path:
    """The user's folder for caches, where the system wants it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def requirements(without: Collection[str] = ()) -> list[str]:
    """What pip installs: our own dependencies, then the peers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    peers = [peer for peer in PEERS if not any(peer.startswith(name) for name in without)]
    return [*project["dependencies"], *peers]


def folder(needed: Collection[str]) -> Path:
    """Where the environment for these requirements and this Python is."""
    text = "\n".join([sys.version, sys.base_prefix, *needed])
    return caches() / "gradviz" / "bench" / hashlib.sha256(text.encode()).hexdigest()[:12]


def interpreter(without: Collection[str] = ()) -> Path:
    """The environment's Python; made and filled where it is not there yet.

    Raises:
        subprocess.CalledProcessError: pip could not install something; it has said what.
    """
    needed = requirements(without)
    home = folder(needed)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = home / "ready"
    if not ready.exists():
        print(f"making the benchmark's environment in {home} (once; a few minutes)", file=sys.stderr, flush=True)
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        try:
            # The table goes to the output, so what pip says does not.
            subprocess.run([python, "-m", "pip", "install", "--quiet", *needed], check=True, stdout=sys.stderr)
        except subprocess.CalledProcessError:
            shutil.rmtree(home, ignore_errors=True)
            raise
        ready.write_text("\n".join(needed) + "\n", encoding="utf-8")
    return python
