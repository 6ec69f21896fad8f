"""Login: the API key of the person at the terminal, from the environment or from Flywheel's own command line.

Never from the command line: what is typed there stands in the shell's history and in the list of processes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.sources.site import Site, SiteError

VARIABLE = "FW_API_KEY"
KEPT = Path(".config") / "flywheel" / "user.json"


def login() -> Site:
    """Return the site that the person's API key is for; raise `UsageError` or `SiteError` where that fails."""
    return Site.connect(api_key())


def api_key() -> str:
    """Return the API key: that of the environment variable, else that of ``fw login``."""
    key = os.environ.get(VARIABLE, "").strip()
    if key:
        return key
    try:
        kept = json.loads((Path.home() / KEPT).read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        kept = None
    found = kept.get("key") if isinstance(kept, dict) else None
    if not isinstance(found, str) or not found:
        raise UsageError(f"no API key: set {VARIABLE}, or log in with `fw login`")
    return found


def find(site: Site, path: str) -> str:
    """Return the id of the container at a path of labels; raise `UsageError` where there is none.

    Parameters
    ----------
    path
        ``GROUP/PROJECT[/SUBJECT[/SESSION[/ACQUISITION]]]``, with ``%2F`` for a ``/`` inside a label.
    """
    labels = [label.replace("%2F", "/") for label in path.strip("/").split("/")]
    if not all(labels) or not 2 <= len(labels) <= 5:
        raise UsageError("a place on Flywheel is written GROUP/PROJECT, GROUP/PROJECT/SUBJECT and so on")
    try:
        found = site.lookup(*labels)
    except SiteError as error:
        if error.status == 404:
            raise UsageError("nothing is at this place on Flywheel, or the API key may not read it") from None
        raise
    return str(found["_id"])
