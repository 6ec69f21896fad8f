"""State: what was chosen, proposed, started and heard of, in a file that is whole or not there.

It holds ids and our own words: labels may name somebody, and stay on the site.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from fw_gear_deid_check.errors import UsageError

SCHEMA = "deid-check-batch/1"
FILE = "batch.json"
LOCK = ".batch.lock"


class Stage(StrEnum):
    """How far a session is."""

    WAITING = "waiting"
    """Not started yet."""
    STARTED = "started"
    """In a batch that was started; its job may be waiting, running, or about to be tried again."""
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    """The site left it out of the batch."""


class Step(StrEnum):
    """How far a batch is."""

    PLANNED = "planned"
    PROPOSED = "proposed"
    """The site has given it an id; nothing runs."""
    ASKED = "asked"
    """The site was asked to start it; the answer isn't known."""
    STARTED = "started"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Session:
    """One session. ``jobs`` are its job and the tries that followed it, the newest last."""

    id: str
    stage: Stage = Stage.WAITING
    reason: str | None = None
    jobs: list[str] = field(default_factory=list)
    analysis: str | None = None
    failures: int = 0
    """Looks in a row at which its newest job had failed and no other try was there."""


@dataclass(slots=True)
class Batch:
    """Sessions that are started together. ``asked`` is when, in seconds since the epoch."""

    sessions: list[str]
    step: Step = Step.PLANNED
    id: str | None = None
    asked: float | None = None
    jobs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """A whole run over a project.

    ``left_out`` counts the sessions that were not chosen, by reason; ``wanted`` tells the same wishes from others.
    """

    folder: Path
    project: str
    gear: dict[str, str]
    config: dict[str, Any]
    sessions: dict[str, Session]
    batches: list[Batch]
    left_out: dict[str, int]
    wanted: str

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self.folder / FILE

    def save(self) -> None:
        """Write it, whole or not at all, and to the disk before anything else is done."""
        document = {
            "schema": SCHEMA,
            "project": self.project,
            "gear": self.gear,
            "config": self.config,
            "sessions": [asdict(session) for session in self.sessions.values()],
            "batches": [asdict(batch) for batch in self.batches],
            "left_out": self.left_out,
            "wanted": self.wanted,
        }
        unfinished = self.path.with_name(f".{FILE}.partial")
        try:
            with unfinished.open("w", encoding="utf-8") as stream:
                json.dump(document, stream, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(self.path)
        except OSError as error:
            raise UsageError(f"{FILE} can't be written: {error.strerror}; nothing more was started") from None


def exists(folder: Path) -> bool:
    """Tell whether a run is kept in a folder."""
    return (folder / FILE).exists()


def load(folder: Path) -> State:
    """Return the run that is kept in a folder; raise `UsageError` where there is none that can be read."""
    try:
        document = json.loads((folder / FILE).read_text("utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError
        sessions = [Session(**entry | {"stage": Stage(entry["stage"])}) for entry in document["sessions"]]
        batches = [Batch(**entry | {"step": Step(entry["step"])}) for entry in document["batches"]]
        return State(
            folder=folder,
            project=document["project"],
            gear=document["gear"],
            config=document["config"],
            sessions={session.id: session for session in sessions},
            batches=batches,
            left_out=document["left_out"],
            wanted=document["wanted"],
        )
    except FileNotFoundError:
        raise UsageError("no batch is kept in this folder; start one with --start") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{FILE} in this folder can't be read; choose another folder with --output") from None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep others from working on the same run meanwhile; raise `UsageError` where another is at it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise UsageError(f"the output folder can't be written: {error.strerror}; choose another one") from None
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: the person has to see to it
            pass
        except OSError:
            raise UsageError("another deid-check batch is at work in this folder") from None
        yield
