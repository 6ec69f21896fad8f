"""A container on Flywheel as items: its record, its files and analyses, and everything below it.

Lists are asked for names and ids only: whether they carry ``info`` and ``tags`` differs between sites. Each container
is read once more by itself, and a file once more where the container's answer leaves its ``info`` open. A session of A
acquisitions, N analyses and F files costs, without faults, ``A + P + N + 4`` requests for the records, where P is
the number of pages of the list of acquisitions, the empty one included, F for the bytes, and F at most for ``info``.

With ``metadata_only`` no bytes are fetched: F is then the number of zip archives, each of which is listed.

What is checked with a container:

* project, subject, session, acquisition: its record, attachments and analyses, and everything below;
* with a session also the record of its subject, since the subject's label and names travel with it;
* not the reports of this gear itself: what yesterday's check left there is no data.

Paths are labels below the container, ``/`` in a label written ``%2F``; the container's own record goes by its own
label, the subject above it by ``../`` and the label, and what belongs to an analysis stands below ``analyses/``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO

from fw_gear_deid_check.audit import Container
from fw_gear_deid_check.errors import Unreadable, UsageError
from fw_gear_deid_check.items import Item, Origin, Parents
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.ahead import Ahead, Download
from fw_gear_deid_check.sources.records import Unloaded, has_info, is_zip, label_of, record_of, step
from fw_gear_deid_check.sources.site import PLURALS, Json, Site, SiteError

CHILD = {"project": "subject", "subject": "session", "session": "acquisition"}
LEVELS = ("project", "subject", "session", "acquisition")

AT_ONCE = 4
"""Questions that are open at once where nothing is downloaded."""
CONTAINERS_AHEAD = 16
"""Containers that are read ahead of their turn then."""
METADATA_ONLY = "metadata only: its bytes were not read"
NO_FILES = "the site did not give its list of files"
NO_NAME = "the site gave a file without a name"
NO_SUBJECT = "the site did not say which subject the session is of"


class FlywheelSource:
    """The items of one container.

    Parameters
    ----------
    site
        The site, logged in.
    kind, container_id
        Of the container: ``session`` and its id; the kind is asked for where it is ``""``.
    only_file
        Check this file of the container, by name, and nothing else.
    limits
        Size of downloads.
    gear
        Name of this gear, whose earlier results are left out, and counted in `left_out`; with ``""`` they are checked
        too. A utility job puts its reports beside the data.
    running
        Id of the analysis that is being made, which is left out.
    ahead
        Files that are downloaded while another is checked.
    metadata_only
        Download nothing: a file is what the site keeps of it, and of an archive what the site tells of its members.

    Raises
    ------
    UsageError
        Where the container can't be read.
    """

    name = "flywheel"

    def __init__(
        self,
        site: Site,
        container_id: str,
        *,
        only_file: str | None = None,
        limits: Limits | None = None,
        gear: str = "",
        running: str = "",
        ahead: int = 2,
        metadata_only: bool = False,
    ) -> None:
        self._site = site
        self._only_file = only_file
        self._limits = limits or Limits()
        self._gear = gear
        self._running = running
        self._ahead = ahead
        self._metadata_only = metadata_only
        self._listings: dict[str, Future[Mapping[str, Any] | None]] = {}
        self.left_out = 0
        try:
            self._root = answers.container(site.get("containers", container_id))
        except SiteError as error:
            raise UsageError(f"container {container_id} can't be read: {error}") from None
        self._kind = str(self._root.get("container_type"))
        if self._kind not in LEVELS:
            raise UsageError("only a project, subject, session or acquisition can be checked")
        self._above = self._labels_above()

    @property
    def container(self) -> Container:
        """What is checked, for the report."""
        labels = [str(answers.mapping(self._root.get("parents")).get("group") or "")]
        labels += [label for each in LEVELS if (place := getattr(self._above, each)) for label in place[1:]]
        return Container(self._kind, self._root["_id"], "/".join([*map(step, labels), label_of(self._root)]))

    @property
    def notes(self) -> Iterator[str]:
        """Sentences about what was not looked at, for the report; complete once all items were asked for."""
        if self.left_out:
            yield f"{self.left_out} results of this gear were left out"
        if self._metadata_only:
            yield "metadata only: records, names and lists of archive members were checked, no file was downloaded"

    def items(self) -> Iterator[Item]:
        """Yield the items; each item's bytes are gone once the next is asked for."""
        if self._metadata_only:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask") as pool:
                self._pool: ThreadPoolExecutor | None = pool
                try:
                    yield from self._walk()
                finally:
                    pool.shutdown(cancel_futures=True)
            return
        self._pool = None
        with Ahead(self._site, self._limits, self._ahead) as ahead:
            yield from ahead.over(self._walk())

    def _walk(self) -> Iterator[Item]:
        if self._only_file is not None:
            yield from self._single_file(self._only_file)
            return
        if self._kind == "session":
            yield self._subject_above()
        yield from self._container(self._kind, self._root, (), self._above)

    def _single_file(self, name: str) -> Iterator[Item]:
        file = self._find(name)
        if file is None:
            raise UsageError("the input file is no longer in its container")
        owner = (PLURALS[self._kind], self._root["_id"])
        yield self._file(owner, file, (), below(self._above, self._kind, self._root))

    def is_own_report(self, name: str) -> bool:
        """Tell whether a file of the container is a report of this gear: nothing to be checked again."""
        file = self._find(name)
        return file is not None and answers.is_report(file, self._gear)

    def _find(self, name: str) -> Json | None:
        return next((file for file in answers.files(self._root) or [] if file and file["name"] == name), None)

    def _subject_above(self) -> Item:
        """Return the record of the session's subject."""
        parents = Parents(project=self._above.project)
        if self._above.subject is None:
            return Item("../subject", "subject", None, record=Unloaded(NO_SUBJECT), parents=parents)
        subject_id, label = self._above.subject
        path = f"../{step(label)}"
        try:
            record: Mapping[str, Any] = record_of(answers.container(self._site.get("subjects", subject_id)))
        except SiteError as error:
            record = Unloaded(str(error))
        return Item(path, "subject", None, id=subject_id, record=record, subject=subject_id, parents=parents)

    def _container(self, kind: str, data: Json, trail: tuple[str, ...], above: Parents) -> Iterator[Item]:
        """Yield a container's record, its files, its analyses, and what is below it."""
        here = below(above, kind, data)
        own = "/".join(trail) or label_of(data)
        subject = here.subject[0] if here.subject else None
        yield Item(own, kind, None, id=data["_id"], record=record_of(data), subject=subject, parents=above)
        owner = (PLURALS[kind], data["_id"])
        listed = answers.files(data)
        if listed is None:
            yield Item(own, kind, None, id=data["_id"], record=Unloaded(NO_FILES), subject=subject, parents=above)
        yield from self._files(owner, listed or [], trail, here)
        yield from self._analyses(owner, data, trail, here, own)
        if kind not in CHILD:
            return
        child = CHILD[kind]
        try:
            for entry, answer in self._read(child, self._site.pages(*owner, PLURALS[child])):
                yield from self._child(child, entry, answer, (*trail, label_of(entry)), here)
        except SiteError as error:
            record = Unloaded(f"what is below it could not be listed: {error}")
            yield Item(own, kind, None, id=data["_id"], record=record, subject=subject, parents=above)

    def _read(self, kind: str, entries: Iterator[Json]) -> Iterator[tuple[Json, Json | SiteError]]:
        """Yield each entry of a list with the container read anew, or why it can't be: a list may leave out ``info``.

        Where nothing is downloaded, some are read ahead; else the downloads are what takes time.
        """

        def read(entry: Json) -> Json | SiteError:
            try:
                return answers.container(self._site.get(PLURALS[kind], entry["_id"]))
            except SiteError as error:
                return error

        if self._pool is None or kind != "acquisition":
            yield from ((entry, read(entry)) for entry in entries)
            return
        waiting: deque[tuple[Json, Future[Json | SiteError]]] = deque()
        for entry in entries:
            waiting.append((entry, self._pool.submit(read, entry)))
            if len(waiting) > CONTAINERS_AHEAD:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[Json, Future[Json | SiteError]]]) -> tuple[Json, Json | SiteError]:
        """Return the next container, with the archives of those that have come being listed meanwhile."""
        entry, first = waiting.popleft()
        answer = first.result()
        come = [answer, *(each.result() for _, each in waiting if each.done())]
        for data in come:
            if isinstance(data, SiteError) or self._pool is None:
                continue
            owner = ("acquisitions", data["_id"])
            for file in answers.files(data) or []:
                if file is None or not is_zip(file) or answers.is_report(file, self._gear):
                    continue
                place = "/".join((*owner, file["name"]))
                if place not in self._listings:
                    self._listings[place] = self._pool.submit(self._list, owner, file)
        return entry, answer

    def _child(
        self, kind: str, entry: Json, answer: Json | SiteError, trail: tuple[str, ...], above: Parents
    ) -> Iterator[Item]:
        """Yield a container below and everything in it."""
        if isinstance(answer, SiteError):
            subject = entry["_id"] if kind == "subject" else above.subject and above.subject[0]
            record = Unloaded(str(answer))
            yield Item("/".join(trail), kind, None, id=entry["_id"], record=record, subject=subject, parents=above)
        else:
            yield from self._container(kind, answer, trail, above)

    def _analyses(
        self, owner: tuple[str, str], data: Json, trail: tuple[str, ...], here: Parents, own: str
    ) -> Iterator[Item]:
        """Yield the analyses of a container and their outputs; those of this gear are left out."""
        subject = here.subject[0] if here.subject else None
        listed = data.get("analyses")
        try:
            entries = listed if isinstance(listed, list) else list(self._site.pages(*owner, "analyses"))
        except SiteError as error:
            unread = Unloaded(f"its analyses could not be listed: {error}")
            yield Item(own, "analysis", None, record=unread, subject=subject, parents=here)
            return
        for entry in entries:
            if answers.mapping(entry).get("_id") == self._running != "":
                continue
            record: Mapping[str, Any]
            try:
                analysis = answers.container(entry)
                analysis = answers.container(self._site.get("analyses", analysis["_id"]))
                record = record_of(analysis)
            except SiteError as error:
                analysis, record = answers.mapping(entry), Unloaded(str(error))
            ours = answers.made_by(analysis, self._gear)
            if ours:
                # The site names a job's analysis after gear and time; what people wrote into it is looked at.
                record = record if isinstance(record, Unloaded) else {**record, "label": ""}
            named = answers.named(analysis.get("_id"))
            inside = (*trail, "analyses", str(analysis["_id"]) if ours and named else label_of(analysis))
            path, there = "/".join(inside), answers.files(analysis)
            identity = str(analysis["_id"]) if named else None
            yield Item(path, "analysis", None, id=identity, record=record, subject=subject, parents=here)
            if there is None and not isinstance(record, Unloaded):
                unread = Unloaded(NO_FILES)
                yield Item(path, "analysis", None, id=identity, record=unread, subject=subject, parents=here)
            if identity is not None:
                yield from self._files(("analyses", identity), there or [], inside, here, ours=ours)

    def _files(
        self,
        owner: tuple[str, str],
        listed: list[Json | None],
        trail: tuple[str, ...],
        parents: Parents,
        *,
        ours: bool = False,
    ) -> Iterator[Item]:
        """Yield the files of a container or analysis; the reports of this gear are left out."""
        for file in listed:
            if file is None:
                subject = parents.subject[0] if parents.subject else None
                path = "/".join([*trail, "file without a name"])
                yield Item(path, "file", _nameless, record=Unloaded(NO_NAME), subject=subject, parents=parents)
            elif answers.is_report(file, self._gear, inside=ours):
                self.left_out += 1
            else:
                yield self._file(owner, file, trail, parents)

    def _file(self, owner: tuple[str, str], file: Json, trail: tuple[str, ...], parents: Parents) -> Item:
        size, fetched = file.get("size"), not self._metadata_only
        content = (*owner, "files", file["name"])
        origin = {key: answers.text(value) for key, value in file["origin"].items()}
        return Item(
            path="/".join([*trail, step(file["name"])]),
            kind="file",
            opener=Download(content, size, file.get("hash")) if fetched else _refuse,
            size=size,
            id=file.get("file_id") or file.get("_id"),
            record=self._file_record(owner, file),
            subject=parents.subject[0] if parents.subject else None,
            origin=Origin(origin.get("type"), origin.get("id"), origin.get("name"), file.get("created")),
            parents=parents,
            listing=None if fetched else partial(self._listing, owner, file),
        )

    def _listing(self, owner: tuple[str, str], file: Json) -> Mapping[str, Any] | None:
        """Return what the site tells of an archive; None where nothing says that the file is one."""
        if not is_zip(file):
            return None
        asked = self._listings.pop("/".join((*owner, file["name"])), None)
        return self._list(owner, file) if asked is None else asked.result()

    def _list(self, owner: tuple[str, str], file: Json) -> Mapping[str, Any]:
        """Ask for the members of an archive."""
        try:
            if file.get("file_id"):
                told = self._site.get("files", file["file_id"], "zip_info")
            else:
                told = self._site.get(*owner, "files", file["name"], info="true")
        except SiteError as error:
            raise Unreadable(f"{METADATA_ONLY}; its members could not be listed: {error}") from None
        return told if isinstance(told, Mapping) else {}

    def _file_record(self, owner: tuple[str, str], file: Json) -> Mapping[str, Any]:
        """Return what the site keeps of a file; asked for where the container's answer leaves its ``info`` open."""
        if not has_info(file):
            try:
                if file.get("file_id"):
                    asked = self._site.get("files", file["file_id"])
                else:
                    asked = self._site.get(*owner, "files", file["name"], "info")
            except SiteError as error:
                return Unloaded(str(error))
            if not isinstance(asked, dict):
                return Unloaded("the site's answer is no file")
            file = asked
        return {name: value for name, value in record_of(file).items() if name != "name"}

    def _labels_above(self) -> Parents:
        """Return ids and labels of what is above the root; the id stands for a label that may not be read."""
        ids = answers.mapping(self._root.get("parents"))
        if self._kind == "session":
            ids = ids | {"subject": answers.subject_of(self._root)}
        found: dict[str, tuple[str, str]] = {}
        for kind in LEVELS[: LEVELS.index(self._kind)]:
            if not answers.named(ids.get(kind)):
                continue
            try:
                found[kind] = (ids[kind], label_of(answers.container(self._site.get(PLURALS[kind], ids[kind]))))
            except SiteError:
                found[kind] = (ids[kind], ids[kind])
        return Parents(**found)


def _refuse() -> BinaryIO:
    raise Unreadable(METADATA_ONLY)


def _nameless() -> BinaryIO:
    raise Unreadable(NO_NAME)


def below(above: Parents, kind: str, data: Json) -> Parents:
    """Return the parents of what is inside a container."""
    places = {level: getattr(above, level) for level in LEVELS}
    return Parents(**(places | {kind: (data["_id"], label_of(data))}))
