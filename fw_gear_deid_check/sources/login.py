"""Login: the API key of the person at the terminal, from the environment or from Flywheel's own command line.

Never from the command line: what is typed there stands in the shell's history and in the list of processes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from fw_gear_deid_check.errors import UsageError
from fw_gear_deid_check.sources.site import Site

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
