"""Results: what stands in ``info.qc.<gear>`` of a file or container, beside the results of other gears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fw_gear_deid_check import __version__
from fw_gear_deid_check.audit import Audit
from fw_gear_deid_check.records import Record
from fw_gear_deid_check.rules import Verdict
from fw_gear_deid_check.sources.site import Json, Site, UntoldError
from fw_gear_deid_check.writeback.target import Target, Wanted

STATES = {Verdict.PASS: "PASS", Verdict.FAIL: "FAIL", Verdict.REVIEW: "NA", Verdict.INCOMPLETE: "NA"}
"""The states that Flywheel's QC results know."""


class Results:
    """Puts a QC result into one target.

    The site can only set the whole of ``qc``, and has no way to say "if it is still as I read it". So what others have
    there is read right before and written again, and read once more afterwards: where another writer was between,
    what is missing is put back.
    """

    what = "QC results"
    passing = frozenset({409, None})
    """Statuses after which it is looked what came of it, and tried again."""

    def __init__(self, site: Site, wanted: Wanted, target: Target, audit: Audit) -> None:
        self._site = site
        self._gear = wanted.gear
        self._target = target
        self._verdict = target.verdict
        self._result = qc_result(target.records, self._verdict, audit, wanted.job)
        self._others: Json = {}
        self._placed = False

    def is_settled(self, now: Json) -> bool:
        """Tell whether our result is there, or that of another run of ours which is no milder, and all others'."""
        there = _results(now)
        lost = self._others.keys() - there.keys()
        mine = there.get(self._gear)
        if self._placed and _rank(mine) >= self._verdict.rank:
            return not lost
        same = _lasting(mine) == _lasting(self._result)
        self._placed = self._placed or same
        return same and not lost

    def shows(self, now: Json) -> bool:
        """Tell whether an answer has what was written, as far as it tells ``info`` at all."""
        try:
            there = _results(now)
        except UntoldError:
            return True
        return _lasting(there.get(self._gear)) == _lasting(self._result) and self._others.keys() <= there.keys()

    def put(self, now: Json) -> None:
        """Write our result, with those of others."""
        there = _results(now)
        self._others |= {name: each for name, each in there.items() if name != self._gear}
        mine = there.get(self._gear)
        if not (self._placed and _rank(mine) >= self._verdict.rank):
            mine = self._result
        self._site.patch(*self._target.info, body={"set": {"qc": self._others | {self._gear: mine}}})
        self._placed = True


def _results(now: Json) -> Json:
    """Return what stands in ``info.qc``; raise `SiteError` where the answer does not tell."""
    info = now.get("info")
    if not (isinstance(info, dict) or (info is None and now.get("info_exists") is False)):
        raise UntoldError("the site did not give its info, which is not to be overwritten unread")
    there = (info or {}).get("qc")
    return there if isinstance(there, dict) else {}


def qc_result(records: Sequence[Record], verdict: Verdict, audit: Audit, job: str | None) -> Json:
    """Return what goes into ``info.qc.<gear>``: states and counts, no values, no paths.

    ``{"job_info": …, "verdict": {"state": "FAIL", "verdict": "FAIL", "rules": {"DCM001": 2}, …}, "dicom": …}``
    """
    checkers: dict[str, list[Verdict]] = {}
    rules: Counter[str] = Counter()
    for record in records:
        for name, each in record.verdicts().items():
            checkers.setdefault(name, []).append(each)
        rules.update(sighting.of.rule.id for sighting in record.findings if sighting.of.suppressed is None)
    result: Json = {name: _state(Verdict.worst(each)) for name, each in sorted(checkers.items())}
    result["verdict"] = _state(verdict) | {
        "rules": dict(sorted(rules.items())),
        "policy": audit.policy["name"],
        "policy_sha256": audit.policy["sha256"],
    }
    return {"job_info": {"version": __version__, "job_id": job, "inputs": {}, "config": {}}} | result


def _state(verdict: Verdict) -> Json:
    return {"state": STATES[verdict], "verdict": str(verdict)}


def _rank(result: Any) -> int:
    """Return how bad the verdict of a result is, whoever wrote it; -1 where it is none of ours."""
    said = result.get("verdict") if isinstance(result, dict) else None
    word = said.get("verdict") if isinstance(said, dict) else None
    return next((verdict.rank for verdict in Verdict if str(verdict) == word), -1)


def _lasting(result: Any) -> Any:
    """Return a QC result without what differs from job to job."""
    if not isinstance(result, dict):
        return result
    job = result.get("job_info")
    kept = {name: value for name, value in job.items() if name != "job_id"} if isinstance(job, dict) else job
    return result | {"job_info": kept}
