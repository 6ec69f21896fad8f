"""Regular expressions that are compiled when they are first used.

The recognizers have more than a hundred, and most runs meet text for a few of them: compiling all of them when they are
imported took a third of the start-up.

>>> YEAR = expression(r"(?:19|20)[0-9]{2}")
>>> YEAR.search("in 1980").group()
'1980'
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Expression:
    """Stands for a pattern; each of its methods is the pattern's own from its first use on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found


def expression(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled when one of its methods is first asked for."""
    return cast("re.Pattern[str]", _Expression(pattern, flags))
