"""Root: the container that is checked, of which kind it is, and what is above it."""

from __future__ import annotations

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.items import Parents
from fw_gear_deid_check.sources import answers
from fw_gear_deid_check.sources.records import label_of
from fw_gear_deid_check.sources.site import LEVELS, PLURALS, Json, Site, SiteError


def read(site: Site, container_id: str, kind: str = "") -> tuple[str, Json]:
    """Return the kind of a container, and the container.

    Parameters
    ----------
    kind
        What it is taken for where the site's answer does not say; with ``""``, it is looked for among each kind.

    Raises
    ------
    UsageError
        Where it can't be read, or is nothing that can be checked.
    """
    try:
        data = answers.container(site.get("containers", container_id))
        kind = answers.text(data.get("container_type")) or kind or _find_kind(site, data["_id"])
    except SiteError as error:
        raise UsageError(f"container {container_id} can't be read: {error}") from None
    if not kind:
        raise UsageError(
            f"the site does not say of which kind container {container_id} is, and has no project, subject, session or "
            "acquisition of this id: give the place by its labels, or the id of such a container"
        )
    if kind not in LEVELS:
        raise UsageError("only a project, subject, session or acquisition can be checked")
    return kind, data


def _find_kind(site: Site, container_id: str) -> str:
    """Return under which kind the site has a container, from below; ``""`` where it has it under none."""
    for kind in reversed(LEVELS):
        try:
            if answers.container(site.get(PLURALS[kind], container_id))["_id"] == container_id:
                return kind
        except SiteError as error:
            if error.status is None:
                raise
    return ""


def labels_above(site: Site, kind: str, root: Json) -> Parents:
    """Return ids and labels of what is above the root; the id stands for a label that may not be read."""
    ids = answers.mapping(root.get("parents"))
    if kind == "session":
        ids = ids | {"subject": answers.subject_of(root)}
    found: dict[str, tuple[str, str]] = {}
    for level in LEVELS[: LEVELS.index(kind)]:
        if not answers.named(ids.get(level)):
            continue
        try:
            found[level] = (ids[level], label_of(answers.container(site.get(PLURALS[level], ids[level]))))
        except SiteError:
            found[level] = (ids[level], ids[level])
    return Parents(**found)
