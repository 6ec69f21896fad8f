"""The job queue of the test server: runs jobs when it is told to, as a test wants them to end."""

from __future__ import annotations

from collections.abc import Callable

from tests.flywheel_server.store import Json, Store

Work = Callable[[Json, Json], str]
"""Given a job and its session: does the job, and returns the state it ends in."""


class Queue:
    """Runs jobs in the order of their making.

    Parameters
    ----------
    retries
        Times that a failed job is tried again, each time as a new job.
    """

    def __init__(self, store: Store, work: Work, retries: int = 1) -> None:
        self._store = store
        self._work = work
        self._retries = retries

    def step(self, number: int = 1) -> int:
        """Run so many of the jobs that wait; return how many there were."""
        waiting = [job for job in self._store.jobs.values() if job["state"] == "pending"][:number]
        for job in waiting:
            session = self._store.containers[job["parents"]["session"]]
            job["state"] = self._work(job, session)
            if job["state"] == "failed" and job.get("attempt", 1) <= self._retries:
                again = job | {"_id": self._store.new_id(), "state": "pending", "previous_job_id": job["_id"]}
                self._store.jobs[again["_id"]] = again | {"attempt": job.get("attempt", 1) + 1}
        for batch in self._store.batches.values():
            states = {job["state"] for job in self._store.jobs.values() if job["batch"] == batch["_id"]}
            if batch["state"] == "running" and states and not states & {"pending", "running"}:
                batch["state"] = "failed" if states == {"failed"} else "complete"
        return len(waiting)
