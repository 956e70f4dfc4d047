"""Markers for tests that need what pip alone cannot bring (a program) or what few need (an extra).

``@pytest.mark.needs("chromium")`` and ``@pytest.mark.extra("torch")`` skip with a reason where it is missing.
With ``GRADVIZ_NO_SKIP=1`` (as in CI) a missing one is an error instead.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*programs): skip where one of these programs is missing")
    config.addinivalue_line("markers", "extra(*modules): skip where one of these modules is missing")


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = [p for mark in item.iter_markers("needs") for p in mark.args if shutil.which(p) is None]
    missing += [m for mark in item.iter_markers("extra") for m in mark.args if find_spec(m) is None]
    if not missing:
        return
    reason = f"needs {', '.join(missing)}"
    if os.environ.get("GRADVIZ_NO_SKIP"):
        pytest.fail(f"{reason}, and GRADVIZ_NO_SKIP is set")
    pytest.skip(reason)
