"""Children: the containers of a list, each read by itself, some of them ahead of their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future

from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.files import Files
from fw_gear_deid_check.sources.site import PLURALS, Json, Site, SiteError

CONTAINERS_AHEAD = 16
"""Containers that are read ahead of their turn, where there is a pool to do it."""

Answer = Json | SiteError


class Children:
    """Reads containers: a list may leave out ``info``.

    Parameters
    ----------
    pool
        Where nothing is downloaded, some are read ahead in it; None where the downloads are what takes time.
    """

    def __init__(self, site: Site, files: Files, pool: Executor | None) -> None:
        self._site = site
        self._files = files
        self._pool = pool

    def read(self, kind: str, entries: Iterator[Json]) -> Iterator[tuple[Json, Answer]]:
        """Yield each entry of a list with the container read anew, or why it can't be."""

        def read(entry: Json) -> Answer:
            try:
                return answers.container(self._site.get(PLURALS[kind], entry["_id"]))
            except SiteError as error:
                return error

        if self._pool is None or kind != "acquisition":
            yield from ((entry, read(entry)) for entry in entries)
            return
        waiting: deque[tuple[Json, Future[Answer]]] = deque()
        for entry in entries:
            waiting.append((entry, self._pool.submit(read, entry)))
            if len(waiting) > CONTAINERS_AHEAD:
                yield self._next(waiting, self._pool)
        while waiting:
            yield self._next(waiting, self._pool)

    def _next(self, waiting: deque[tuple[Json, Future[Answer]]], pool: Executor) -> tuple[Json, Answer]:
        """Return the next container, with the archives of those that have come being listed meanwhile."""
        entry, first = waiting.popleft()
        answer = first.result()
        for data in (answer, *(each.result() for _, each in waiting if each.done())):
            if not isinstance(data, SiteError):
                self._files.ask_ahead(("acquisitions", data["_id"]), data, pool)
        return entry, answer
