"""Tags: exactly one of our four tags on a file or container, and everybody else's as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.site import Json, Site, SiteError, UntoldError
from fw_gear_deid_check.writeback.target import Target, Wanted

HIDDEN = "the site does not show its tags: whether ours is there, alone, is not known"


class Tags:
    """Puts the tag of its verdict onto one target, and takes our other three away.

    Two runs at once end with one tag: the milder run gives way.
    """

    what = "tags"
    passing = frozenset({404, 409, None})
    """Statuses after which it is looked what came of it, and tried again."""

    def __init__(self, site: Site, wanted: Wanted, target: Target) -> None:
        self._site = site
        self._target = target
        self._severity = {wanted.tag(verdict): verdict.rank for verdict in Verdict}
        self._verdict = target.verdict
        self._mine = wanted.tag(target.verdict)
        self._placed = False

    def is_settled(self, now: Json) -> bool:
        """Tell whether our tag is there, alone, or that of another run which took its place and is worse."""
        ours = self._ours(now)
        if self._placed and ours:
            # Another run is writing: the worse verdict stays, so that both runs end alike.
            self._mine = max([self._mine, *ours], key=self._severity.__getitem__)
        self._placed = self._placed or ours == [self._mine]
        return ours == [self._mine]

    def shows(self, now: Json) -> bool:
        """Tell whether an answer has what was written, as far as it tells tags at all."""
        return self._ours(now) in (None, [self._mine])

    def put(self, now: Json) -> None:
        """Add our tag and take away our others; where the site does not show which there are, all others."""
        ours = self._ours(now)
        if ours is None:
            self._put_unseen()
            return
        if ours.count(self._mine) > 1:
            self._site.delete(*self._target.tags, body=[self._mine])
            ours = [tag for tag in ours if tag != self._mine]
        refused = None
        if self._mine not in ours:
            try:
                self._site.patch(*self._target.tags, body=[self._mine])
            except SiteError as error:
                refused = error
        stale = list(dict.fromkeys(tag for tag in ours if tag != self._mine))
        if refused is not None:
            stale = self.milder(stale)  # better no tag than one that says less than was found
        if stale:
            self._take_away(stale)
        if refused is not None:
            raise refused
        self._placed = True

    def milder(self, tags: Sequence[str]) -> list[str]:
        """Return those of our tags that say less than our verdict."""
        return [tag for tag in tags if self._severity.get(tag, self._verdict.rank) < self._verdict.rank]

    def _put_unseen(self) -> None:
        """Add our tag and take away all others of ours, that may be there or not, once."""
        if self._placed:
            raise UntoldError(HIDDEN)
        self._placed = True
        self._site.patch(*self._target.tags, body=[self._mine])
        for tag in self._severity:
            if tag != self._mine:
                self._take_away([tag])

    def _take_away(self, stale: list[str]) -> None:
        """Take tags away, in the first of the ways that the site takes; raise what it said to the first."""
        first: SiteError | None = None
        for way in self._ways(stale):
            try:
                way()
            except SiteError as error:
                first = first or error
                if error.status in {None, 409}:
                    break  # it may have been done
            else:
                return
        if first is not None and first.status != 404:
            raise first

    def _ways(self, stale: list[str]) -> Iterator[Callable[[], None]]:
        """Yield the ways to take tags away: of the list at once, and what else the API has for the kind of thing."""
        target = self._target
        yield lambda: self._site.delete(*target.tags, body=stale)
        if target.kind == "file":
            yield lambda: self._put_list(stale)
        else:
            yield lambda: self._delete_each(stale)

    def _delete_each(self, stale: list[str]) -> None:
        """Take a container's tags away one by one."""
        for tag in stale:
            try:
                self._site.delete(*self._target.tags, tag)
            except SiteError as error:
                if error.status != 404:
                    raise

    def _put_list(self, stale: list[str]) -> None:
        """Write a file's whole list of tags anew, as it is at this moment, without some."""
        now = self._site.get(*self._target.read).get("tags")
        if not isinstance(now, list) or not all(isinstance(tag, str) for tag in now):
            raise UntoldError(HIDDEN)
        self._site.put(*self._target.tags, body=[tag for tag in now if tag not in stale])

    def ours(self, now: Json) -> list[str]:
        """Return which of our tags a file or container has, as far as the answer tells."""
        return self._ours(now) or []

    def _ours(self, thing: Json) -> list[str] | None:
        """Return which of our tags a file or container has; None where the answer does not say."""
        tags = thing.get("tags")
        return (
            [tag for tag in tags if isinstance(tag, str) and tag in self._severity] if isinstance(tags, list) else None
        )
