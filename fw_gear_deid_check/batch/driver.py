"""Driver: proposes batches, starts each once, has them followed, cancels them.

Starting is a POST: without an answer it may have happened or not, and asking again could start everything twice. So the
state says "asked" before the question goes out, and what became of it is read back from the site.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from fw_gear_deid_check.batch.follow import Follower, end, id_of
from fw_gear_deid_check.batch.state import Batch, Stage, State, Step
from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.sources.site import PASSING, Site, SiteError

log = logging.getLogger(__name__)

TRIES = 5
"""Times that a batch is proposed, or a refused start is asked for again."""
LOOKS = 6
"""Times that a batch is read back after its start went unanswered."""
LOOK_AGAIN = 5.0
"""Seconds between two such looks."""
NEVER_ARRIVED = 600.0
"""Seconds after which a start that left no trace on the site is taken for one that never arrived."""
REFUSED = frozenset({401, 403, 404})
"""Statuses that say that nothing was started; 400 may say that the batch runs already."""

NO_PERMISSION = "the site left it out: the API key may not run gears on it"
NOT_MATCHED = "the site left it out: it did not match"
CANCELLED_BEFORE = "cancelled before it was started"


class Driver:
    """Works on one state, and saves it after each step.

    Parameters
    ----------
    tell
        Called with a line for the person.
    sleep
        Waits, seconds.
    """

    def __init__(
        self,
        site: Site,
        state: State,
        tell: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._site = site
        self._state = state
        self._follower = Follower(site, state)
        self._tell = tell
        self._sleep = sleep

    # -- starting ------------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start what isn't started; return whether all is, and nothing is in doubt."""
        batches = self._state.batches
        for number, batch in enumerate(batches, 1):
            before = batch.step
            if batch.step is Step.ASKED:
                self._read_back(batch)
            if batch.step is Step.PLANNED:
                self._propose(batch)
            if batch.step is Step.PROPOSED:
                self._run(batch)
            if batch.step is Step.STARTED and before is not Step.STARTED:
                self._tell(f"batch {number} of {len(batches)}: started, {len(batch.sessions)} sessions")
            elif batch.step is Step.ASKED:
                self._tell(
                    f"batch {number} of {len(batches)}: the site did not answer whether it was started; "
                    f"run the same command again in {NEVER_ARRIVED / 60:.0f} minutes"
                )
        return not any(batch.step in {Step.PLANNED, Step.PROPOSED, Step.ASKED} for batch in batches)

    def _propose(self, batch: Batch) -> None:
        """Have the site match the sessions; a proposal whose answer is lost runs nothing, so asking again is safe."""
        body = {
            "gear_id": self._state.gear["id"],
            "targets": [{"type": "session", "id": session} for session in batch.sessions],
            "config": self._state.config,
            "analysis": {"label": self._state.gear["name"]},
            "tags": [],
            "priority": "medium",
            "optional_input_policy": "ignored",
        }
        answer = self._again(lambda: self._site.post("batch", body=body))
        matched = answer.get("matched")
        if matched is not None:
            found = {id_of(each) for each in matched}
            if found - set(batch.sessions):
                raise UsageError("the site would run the gear on something else than sessions; nothing was started")
            self._leave_out(batch, found, {id_of(each) for each in answer.get("improper_permissions") or ()})
        batch.id = answer.get("_id")
        if batch.id is None or not batch.sessions:
            self._leave_out(batch, set(), set())
            batch.step = Step.CANCELLED
        else:
            batch.step = Step.PROPOSED
        self._state.save()

    def _leave_out(self, batch: Batch, matched: set[str | None], forbidden: set[str | None]) -> None:
        """Note the sessions that the site did not take."""
        for session in batch.sessions:
            if session not in matched:
                reason = NO_PERMISSION if session in forbidden else NOT_MATCHED
                end(self._state.sessions[session], Stage.REFUSED, reason)
        batch.sessions = [session for session in batch.sessions if session in matched]

    def _run(self, batch: Batch) -> None:
        """Start a proposed batch, once."""
        for attempt in range(1, TRIES + 1):
            batch.step, batch.asked = Step.ASKED, time.time()
            self._state.save()
            try:
                answer = self._site.post("batch", str(batch.id), "run")
            except SiteError as error:
                if not error.sent or error.status == 429:  # it was not done, and this is known
                    batch.step = Step.PROPOSED
                    self._state.save()
                    if attempt < TRIES:
                        self._sleep(self._site.pause * 2 ** (attempt - 1))
                        continue
                    raise
                if error.status in REFUSED:
                    batch.step = Step.PROPOSED
                    self._state.save()
                    raise
                self._read_back(batch)
                return
            self._started(batch, answer if isinstance(answer, list) else [])
            return

    def _read_back(self, batch: Batch) -> None:
        """Find out whether a batch was started whose start went unanswered."""
        pending = False
        for look in range(LOOKS):
            if look:
                self._sleep(LOOK_AGAIN)
            self._site.hope()
            try:
                found = self._site.get("batch", str(batch.id))
            except SiteError:
                pending = False
                continue
            pending = True
            if found.get("state") != "pending" or found.get("jobs"):
                self._started(batch, found.get("jobs") or [])
                return
        if pending and time.time() - (batch.asked or 0) > NEVER_ARRIVED and not self._follower.jobs_of(batch):
            batch.step = Step.PROPOSED
            self._state.save()

    def _started(self, batch: Batch, jobs: Iterable[Any]) -> None:
        """Note that a batch runs, and what is known of its jobs."""
        batch.step = Step.STARTED
        for session in batch.sessions:
            self._state.sessions[session].stage = Stage.STARTED
        for job in jobs:
            known = id_of(job)
            if known is not None and known not in batch.jobs:
                batch.jobs.append(known)
        self._state.save()

    # -- following -----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Look once at every job that isn't known to have ended."""
        for batch in self._state.batches:
            if batch.step is Step.ASKED:
                self._read_back(batch)
            going = [self._state.sessions[session] for session in batch.sessions]
            going = [session for session in going if session.stage is Stage.STARTED]
            if batch.step in {Step.STARTED, Step.CANCELLED} and batch.id and going:
                self._site.hope()
                try:
                    self._follower.look_at(batch, going)
                except SiteError as error:
                    log.debug("batch %s: %s", batch.id, error)  # the next look asks again
                self._state.save()

    # -- ending --------------------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Cancel what waits; jobs that run go on, as the site has it."""
        for batch in self._state.batches:
            if batch.step is Step.ASKED:
                self._read_back(batch)
            if batch.step is Step.STARTED:
                try:
                    self._again(lambda batch_id=batch.id: self._site.post("batch", batch_id, "cancel"))  # type: ignore[misc]
                except SiteError as error:
                    if error.status != 400:  # 400: it has ended, or was cancelled before
                        raise
                batch.step = Step.CANCELLED
            elif batch.step in {Step.PLANNED, Step.PROPOSED}:
                for session in batch.sessions:
                    end(self._state.sessions[session], Stage.CANCELLED, CANCELLED_BEFORE)
                batch.step = Step.CANCELLED
            self._state.save()

    def _again(self, ask: Callable[[], Any]) -> Any:
        """Ask what may be asked twice."""
        for attempt in range(1, TRIES + 1):
            try:
                return ask()
            except SiteError as error:
                if error.status not in PASSING or attempt == TRIES:
                    raise
                self._sleep(self._site.pause * 2 ** (attempt - 1))
        raise AssertionError
