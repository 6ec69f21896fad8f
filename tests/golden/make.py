"""Makes the golden reports anew: ``python -m tests.golden.make``; look at the difference before it is committed."""

from __future__ import annotations

import json
from pathlib import Path

from fw_gear_deid_check.reporters import html
from tests.reporters import reports

HERE = Path(__file__).parent


def golden() -> dict[str, str]:
    """Return the golden files by name."""
    report = reports.mixed()
    return {
        "report.json": json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        "report.html": html.render(report),
    }


if __name__ == "__main__":
    for name, text in golden().items():
        (HERE / name).write_text(text, "utf-8")
