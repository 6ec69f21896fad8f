"""Follow: which job of a batch is whose, and what became of it, other tries included.

A failed job may be tried again by the site under a new id, so a session has failed only where its newest job has, and
no other try is there at the next look either. A state of a job that is not known here is taken for one that goes on.
"""

from __future__ import annotations

from typing import Any

from fw_gear_deid_check.batch.state import Batch, Session, Stage, State
from fw_gear_deid_check.sources.site import PASSING, Json, Site, SiteError

FAILED_LOOKS = 2
"""Looks at which a failed job has to be without another try before its session has failed."""
OVER = frozenset({"complete", "failed", "cancelled"})
"""States of a batch that will get no more jobs."""
ENDED = {"complete": Stage.COMPLETE, "cancelled": Stage.CANCELLED}


class Follower:
    """Reads the jobs of batches, and notes in the state what became of them."""

    def __init__(self, site: Site, state: State) -> None:
        self._site = site
        self._state = state

    def look_at(self, batch: Batch, going: list[Session]) -> None:
        """Look at the jobs of a batch, those of sessions whose end isn't known; raise `SiteError` without answers."""
        if not batch.jobs:
            made = self._site.get("batch", str(batch.id)).get("jobs")
            batch.jobs = [each for each in map(id_of, made or ()) if each]
        jobs = {str(id_of(job)): job for job in self.jobs_of(batch) or ()}
        newest = {session.jobs[-1] for session in going if session.jobs}
        taken = {job for session in self._state.sessions.values() for job in session.jobs}
        for job_id in [*newest, *(job for job in batch.jobs if job not in taken)]:
            if job_id not in jobs:
                self._read_job(job_id, jobs)
        by_id = {session.id: session for session in going}
        for job_id, job in jobs.items():
            if not job.get("previous_job_id"):
                session = by_id.get(str(self._session_of(job)))
                if session is not None and not session.jobs:
                    session.jobs.append(job_id)
        for session in going:
            self._follow(session, jobs)
        jobless = [session for session in going if not session.jobs]
        if jobless and self._site.get("batch", str(batch.id)).get("state") in OVER:
            for session in jobless:
                end(session, Stage.FAILED, "the site made no job for it")

    def _read_job(self, job_id: str, jobs: dict[str, Json]) -> None:
        """Ask for one job; without an answer the next look asks again, and one that is gone is cancelled."""
        try:
            jobs[job_id] = self._site.get("jobs", job_id)
        except SiteError as error:
            if error.status == 404:
                jobs[job_id] = {"id": job_id, "state": "cancelled"}

    def _follow(self, session: Session, jobs: dict[str, Json]) -> None:
        """Follow a session's job through its tries to its end."""
        while session.jobs and (job := jobs.get(session.jobs[-1])) is not None:
            state = str(job.get("state"))
            destination = job.get("destination") or {}
            if destination.get("type") == "analysis":
                session.analysis = destination.get("id")
            if state in ENDED:
                end(session, ENDED[state], "its job was cancelled" if state == "cancelled" else None)
                return
            if state != "failed":
                session.failures = 0
                return
            following = self._try_after(session, jobs)
            if following is None:
                session.failures += 1
                if session.failures >= FAILED_LOOKS:
                    end(session, Stage.FAILED, f"its job failed{_after(session)}")
                return
            session.failures = 0
            session.jobs.append(following)

    def _try_after(self, session: Session, jobs: dict[str, Json]) -> str | None:
        """Return the id of the job that tries a failed one again; None where there is none."""
        failed = session.jobs[-1]
        for job_id, job in jobs.items():
            if job.get("previous_job_id") == failed:
                return job_id
        try:
            answer = self._site.get("sessions", session.id, "jobs")
        except SiteError as error:
            if error.status in PASSING:
                session.failures = 0  # not known: look again
            return None
        listed = answer.get("jobs") if isinstance(answer, dict) else answer
        for job in listed or ():
            found = id_of(job)
            if found is not None and job.get("previous_job_id") == failed:
                jobs[found] = job
                return found
        return None

    def jobs_of(self, batch: Batch) -> list[Json] | None:
        """Return the jobs of a batch as one list; None where the site can't give that."""
        found = []
        try:
            for job in self._site.pages("jobs", filter=f"batch={batch.id}"):
                if job.get("batch") != batch.id:
                    return None  # a site that filters otherwise: its jobs are asked for one by one
                found.append(job)
        except SiteError:
            return None
        return found

    def _session_of(self, job: Json) -> str | None:
        """Return the id of the session that a job works on."""
        session = (job.get("parents") or {}).get("session")
        if session:
            return str(session)
        destination = job.get("destination") or {}
        if destination.get("type") != "analysis":
            return None
        try:
            parent = self._site.get("analyses", destination["id"]).get("parent") or {}
        except SiteError:
            return None
        return parent.get("id")


def end(session: Session, stage: Stage, reason: str | None) -> None:
    """Note how a session ended, and why."""
    session.stage, session.reason = stage, reason


def id_of(entry: Any) -> str | None:
    """Return the id that an answer tells of a thing, as a text or under one of two names."""
    if isinstance(entry, dict):
        entry = entry.get("id") or entry.get("_id")
    return str(entry) if entry else None


def _after(session: Session) -> str:
    """Return how often it was tried, where that was more than once."""
    return f" {len(session.jobs)} times" if len(session.jobs) > 1 else ""
