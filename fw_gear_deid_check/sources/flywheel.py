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

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fw_gear_deid_check.audit import Container
from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.items import Item, Parents
from fw_gear_deid_check.limits import Limits
from fw_gear_deid_check.sources import answers, root
from fw_gear_deid_check.sources.ahead import Ahead
from fw_gear_deid_check.sources.children import Children
from fw_gear_deid_check.sources.files import Files
from fw_gear_deid_check.sources.records import Unloaded, label_of, record_of, step
from fw_gear_deid_check.sources.site import CHILD, LEVELS, PLURALS, Json, Site, SiteError

AT_ONCE = 4
"""Questions that are open at once where nothing is downloaded."""
NO_FILES = "the site did not give its list of files"
NO_SUBJECT = "the site did not say which subject the session is of"


class FlywheelSource:
    """The items of one container.

    Parameters
    ----------
    site
        The site, logged in.
    container_id
        Of the container.
    kind
        What the container is taken for where the site's answer does not say.
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
        kind: str = "",
        only_file: str | None = None,
        limits: Limits | None = None,
        gear: str = "",
        running: str = "",
        ahead: int = 2,
        metadata_only: bool = False,
    ) -> None:
        self._site = site
        self.only_file = only_file
        self._limits = limits or Limits()
        self.gear = gear
        self._running = running
        self._ahead = ahead
        self.metadata_only = metadata_only
        self._kind, self._root = root.read(site, container_id, kind)
        self._above = root.labels_above(site, self._kind, self._root)
        self._each_file = Files(site, self._limits, gear, metadata_only=metadata_only)
        self._children = Children(site, self._each_file, None)

    @property
    def left_out(self) -> int:
        """Number of reports of this gear that were left out."""
        return self._each_file.left_out

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
        if self.metadata_only:
            yield "metadata only: records, names and lists of archive members were checked, no file was downloaded"

    def items(self) -> Iterator[Item]:
        """Yield the items; each item's bytes are gone once the next is asked for."""
        if self.metadata_only:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask") as pool:
                self._children = Children(self._site, self._each_file, pool)
                try:
                    yield from self._walk()
                finally:
                    pool.shutdown(cancel_futures=True)
            return
        with Ahead(self._site, self._limits, self._ahead) as ahead:
            yield from ahead.over(self._walk())

    def _walk(self) -> Iterator[Item]:
        if self.only_file is not None:
            yield from self._single_file(self.only_file)
            return
        if self._kind == "session":
            yield self._subject_above()
        yield from self._container(self._kind, self._root, (), self._above)

    def _single_file(self, name: str) -> Iterator[Item]:
        file = self._find(name)
        if file is None:
            raise UsageError("the input file is no longer in its container")
        owner = (PLURALS[self._kind], self._root["_id"])
        yield self._each_file.item(owner, file, (), below(self._above, self._kind, self._root))

    def is_own_report(self, name: str) -> bool:
        """Tell whether a file of the container is a report of this gear: nothing to be checked again."""
        file = self._find(name)
        return file is not None and answers.is_report(file, self.gear)

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
        yield from self._each_file.items(owner, listed or [], trail, here)
        yield from self._analyses(owner, data, trail, here, own)
        if kind not in CHILD:
            return
        child = CHILD[kind]
        try:
            for entry, answer in self._children.read(child, self._site.pages(*owner, PLURALS[child])):
                yield from self._child(child, entry, answer, (*trail, label_of(entry)), here)
        except SiteError as error:
            record = Unloaded(f"what is below it could not be listed: {error}")
            yield Item(own, kind, None, id=data["_id"], record=record, subject=subject, parents=above)

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
            ours = answers.made_by(analysis, self.gear)
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
                yield from self._each_file.items(("analyses", identity), there or [], inside, here, ours=ours)


def below(above: Parents, kind: str, data: Json) -> Parents:
    """Return the parents of what is inside a container."""
    places = {level: getattr(above, level) for level in LEVELS}
    return Parents(**(places | {kind: (data["_id"], label_of(data))}))
