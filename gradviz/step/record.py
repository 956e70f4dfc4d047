"""Progress between sessions: a small readable JSON file in the user's own state folder.

Whatever is wrong with it (missing, damaged, not to be written) never stops a session: it is said once, and the session
goes on without.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradviz.draw.files import write
from gradviz.errors import GradvizError
from gradviz.misconceptions.diagnosis import MISCONCEPTIONS

_VERSION = 1
_NAME = "quiz.json"
_ASIDE = "quiz.damaged.json"  # what did not read is not thrown away: it may be a newer gradviz's
_LARGEST = 1_000_000  # bytes; what is longer was not written by us


@dataclass(slots=True)
class Record:
    """What was asked in all sessions, and which misconceptions were met.

    Args:
        sessions: how many there were.
        asked: questions that were answered or given up.
        first: those that were right at the first try.
        met: by id of a misconception, how often an answer was exactly what it gives.
    """

    sessions: int = 0
    asked: int = 0
    first: int = 0
    met: dict[str, int] = field(default_factory=dict)

    def add(self, asked: int, first: int, met: Mapping[str, int]) -> None:
        """One more session.

        >>> record = Record()
        >>> record.add(3, 2, {"sign_error": 1})
        >>> record.sessions, record.asked, record.met
        (1, 3, {'sign_error': 1})
        """
        self.sessions += 1
        self.asked += asked
        self.first += first
        for rule, times in met.items():
            self.met[rule] = self.met.get(rule, 0) + times


def folder() -> Path:
    """Where progress is kept: ``GRADVIZ_STATE``, else the system's folder for a user's state."""
    given = os.environ.get("GRADVIZ_STATE")
    if given:
        return Path(os.path.expanduser(given))
    from platformdirs import user_state_path

    return user_state_path("gradviz", appauthor=False)


def load() -> tuple[Record, str | None]:
    """The record, and what was wrong with the file, if anything; then the record is empty."""
    try:
        path = folder() / _NAME
        if path.stat().st_size > _LARGEST:
            return Record(), _told("is too large to be ours")
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Record(), None
    except OSError as error:
        return Record(), _told(f"cannot be read ({error.strerror or error})")
    except (ValueError, RecursionError, RuntimeError):  # no JSON, no UTF-8; RuntimeError: there is no home folder
        return Record(), _told("does not read")
    record = _checked(data)
    return (Record(), _told("does not read")) if record is None else (record, None)


def save(record: Record, *, aside: bool = False) -> str | None:
    """Write the record, for its owner's eyes only; what went wrong, if anything.

    ``aside``: the file that is there did not read, and is kept under another name.
    """
    data = {
        "about": "gradviz quiz: what was asked so far. You may edit or delete this file.",
        "version": _VERSION,
        "sessions": record.sessions,
        "asked": record.asked,
        "right at the first try": record.first,
        "misconceptions met": dict(sorted(record.met.items())),
    }
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    try:
        path = folder() / _NAME
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if aside and path.is_file():
            os.replace(path, path.with_name(_ASIDE))
        _claim(path)
        write(path, text.encode())
    except (OSError, RuntimeError) as error:
        return f"progress is not kept: {getattr(error, 'strerror', None) or error}"
    except GradvizError as error:
        return f"progress is not kept: {error.message.replace(str(folder()), 'the state folder')}"
    return None


def keep(asked: int, first: int, met: Mapping[str, int]) -> str | None:
    """Add one session to the record on disk; what went wrong, if anything. A session without answers is none."""
    if not asked and not met:
        return None
    known, problem = load()
    known.add(asked, first, met)
    return save(known, aside=problem is not None) or problem


def _claim(path: Path) -> None:
    """A new file that only its owner may read: replacing it keeps that."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        os.chmod(path, 0o600)
        return
    path.write_text("{}\n", encoding="utf-8")  # never an empty file, should we be stopped here


def _checked(data: Any) -> Record | None:
    """The record in the data; None where it is another program's or damaged."""
    if data == {}:
        return Record()
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return None
    sessions, asked, first = (data.get(key, 0) for key in ("sessions", "asked", "right at the first try"))
    met = data.get("misconceptions met", {})
    if not isinstance(met, dict) or not all(type(n) is int and n >= 0 for n in (sessions, asked, first, *met.values())):
        return None
    return Record(sessions, asked, first, {rule: times for rule, times in met.items() if rule in MISCONCEPTIONS})


def _told(what: str) -> str:
    return f"the file with your progress, {_NAME}, {what}; a new one is begun, the old one kept as {_ASIDE}"
