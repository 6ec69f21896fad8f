"""Reports to test with, as report.json has them (schema deid-check-report/1); everything in them is invented."""

from __future__ import annotations

import hashlib
from typing import Any

HOSTILE = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror="window.hit=1">',
    "</style><script>window.hit=1</script>",
    "{{ 7*7 }}{% raw %}${window.hit=1}",
    "javascript:window.hit=1//' onfocus=window.hit=1 autofocus='",
    "]]><svg onload=window.hit=1><!--",
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\r\nverdict: PASS\n",
    "scan\u202egnp.mcd\u2066\u200b\u2028\ud800\x00\x85",
    "&lt;b&gt;&amp;" + "A" * 5000,
)
"""Labels as an attacker or an accident would make them."""

REMEDY = {
    "dicom": "Add the field to the site's de-identification profile with remove or replace-with ''",
    "sidecar": "Write the sidecar again without the key, or delete the key",
    "metadata": "Delete the key from the custom information of the container",
    "pixels": "Look at the frame; remove the text from the pixels or delete the series",
}
T1, LOCALIZER, REPORT = "anat-T1w/T1w.dicom.zip", "localizer/loc.dicom.zip", "dose/dose_report.dicom.zip"


def fingerprint(value: str) -> str:
    """A fingerprint as a run would make it."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def finding(
    rule: str = "DCM001",
    slug: str = "direct-identifier",
    checker: str = "dicom",
    level: str = "FAIL",
    path: str = T1,
    pointer: str = "PatientName",
    *,
    value: str | None = "DOE^JANE",
    shape: str | None = None,
    show: bool = False,
    **fields: Any,
) -> dict[str, Any]:
    evidence: dict[str, Any] | None = None
    if value is not None:
        evidence = {"shape": shape or "AAA^AAAA", "length": len(value), "fingerprint": fingerprint(value)}
        if show:
            evidence["value"] = value
    return {
        "rule": rule,
        "slug": slug,
        "checker": checker,
        "level": level,
        "category": "A",
        "path": path,
        "member": None,
        "members": 1,
        "pointer": pointer,
        "tag": None,
        "vr": None,
        "frame": None,
        "box": None,
        "image": None,
        "evidence": evidence,
        "message": f"{pointer} holds a value",
        "source": "PS3.15 Table E.1-1, action Z",
        "remedy": REMEDY.get(checker, "Remove it at this place too; the fingerprint tells where else it stands"),
        "suppressed": None,
    } | fields


def item(path: str, kind: str = "dicom", verdict: str = "PASS", **fields: Any) -> dict[str, Any]:
    checkers = {"dicom": {"zip": "PASS", "dicom": verdict}}.get(kind, {kind: verdict})
    return {
        "path": path,
        "kind": kind,
        "id": fingerprint(path) * 2,
        "size": 48_211_968,
        "verdict": verdict,
        "checkers": checkers,
        "members": 192 if kind == "dicom" else 0,
        "instances": 192 if kind == "dicom" else 0,
        "deidentification_method": "Penn_BSC_profile_v4.0" if kind == "dicom" else None,
        "pixels": "series projections and 9 of 192 frames inspected" if kind == "dicom" else None,
        "out_of_scope": None,
        "origin": {"type": "user", "id": "tech@example.org", "name": None, "created": "2026-11-20T09:12:44Z"},
    } | fields


def report(
    findings: list[dict[str, Any]],
    items: list[dict[str, Any]],
    not_checked: list[dict[str, Any]],
    verdict: str,
    **fields: Any,
) -> dict[str, Any]:
    return {
        "schema": "deid-check-report/1",
        "tool": {"name": "fw-gear-deid-check", "version": "0.1.0"},
        "policy": {"name": "site", "sha256": "9c1d" * 16, "standard": "PS3.15 2025c"},
        "profile": {"name": "penn_bsc_v4.0.yaml", "sha256": "41ab" * 16},
        "run": {
            "started": "2026-11-22T09:00:00Z",
            "finished": "2026-11-22T09:01:12Z",
            "source": "flywheel",
            "values_shown": False,
            "notes": [],
        },
        "container": {"type": "session", "id": "5f2a" * 6, "path": "penn/prisma/sub-012/baseline"},
        "verdict": verdict,
        "coverage": {
            "items": len(items),
            "files": sum(entry["kind"] not in {"session", "acquisition", "subject", "project"} for entry in items),
            "members": sum(entry["members"] for entry in items),
            "instances": sum(entry["instances"] for entry in items),
            "frames": 17,
            "bytes": 1_204_857_600,
            "not_checked": not_checked,
        },
        "manual_work": [],
        "items": items,
        "findings": findings,
    } | fields


def mixed() -> dict[str, Any]:
    """A session as a site would see it: every level, every kind of place."""
    runs = [f"func-task-rest_run-{run:02}" for run in range(1, 9)]
    items = [
        item("session", "session", "PASS", members=0, instances=0, deidentification_method=None),
        item("anat-T1w", "acquisition", "FAIL", checkers={"metadata": "FAIL"}, members=0, instances=0),
        item(T1, verdict="FAIL", checkers={"zip": "PASS", "dicom": "FAIL", "pixels": "PASS", "profile": "FAIL"}),
        item("anat-T1w/T1w.json", "json", "FAIL", checkers={"sidecar": "FAIL"}, size=2_113, members=0),
        item("anat-T1w/T1w.nii.gz", "nifti", "REVIEW", checkers={"nifti": "REVIEW"}, size=9_113_201),
        item(LOCALIZER, instances=3, members=3),
        item(
            REPORT,
            verdict="FAIL",
            checkers={"zip": "PASS", "dicom": "REVIEW", "pixels": "FAIL"},
            instances=4,
            members=4,
        ),
        item(
            "physio/Smith_log.zip".replace("Smith", "Aaaaa"),
            "zip",
            "INCOMPLETE",
            checkers={"zip": "INCOMPLETE"},
            size=88_104,
        ),
        item("physio/notes.docx", "other", "INCOMPLETE", checkers={}, size=20_480),
        *(item(f"{run}/{run}.dicom.zip") for run in runs),
        *(item(f"{run}/{run}.nii.gz", "nifti", checkers={"nifti": "PASS"}, size=31_113_201) for run in runs),
    ]
    name = {"value": "DOE^JANE", "shape": "AAA^AAAA"}
    findings = [
        finding(member="IM_0001.dcm", members=192, tag="(0010,0010)", vr="PN", **name),
        finding(
            pointer="RequestAttributesSequence[0].AccessionNumber",
            value="A1234567",
            shape="A9999999",
            category="J",
            member="IM_0001.dcm",
            members=192,
            tag="(0008,0050)",
            vr="SH",
        ),
        finding(
            "DCM002",
            "staff-name",
            pointer="OperatorsName",
            value="ROE^R",
            shape="AAA^A",
            member="IM_0001.dcm",
            members=192,
            tag="(0008,1070)",
            vr="PN",
        ),
        finding(
            "TXT003",
            "known-identifier",
            pointer="ImageComments",
            member="IM_0007.dcm",
            members=3,
            tag="(0020,4000)",
            vr="LT",
            message="An identifier known from another place of the run stands here",
            source="45 CFR 164.514(b)(2)(i)(A)",
            remedy="Remove it at this place too; the fingerprint tells where else it stands",
            value="DOE^JANE",
            shape="aaaa aaa aa aaaaaaa",
        ),
        finding(
            "TXT003",
            "known-identifier",
            "sidecar",
            path="anat-T1w/T1w.json",
            pointer="ProcedureStepDescription",
            message="An identifier known from another place of the run stands here",
            source="45 CFR 164.514(b)(2)(i)(A)",
            remedy="Remove it at this place too; the fingerprint tells where else it stands",
            value="DOE^JANE",
            shape="aaa_aaaa",
        ),
        finding(
            "TXT002",
            "suspect-text",
            "nifti",
            "REVIEW",
            "anat-T1w/T1w.nii.gz",
            "descrip",
            value="jd 1987",
            shape="aa 9999",
            category=None,
            message="Text holds something that may be an identifier",
            source="45 CFR 164.514(b)(2)(i)",
            remedy="Read the text at this place; if it is harmless, allow it in the policy with the reason",
        ),
        finding(
            "MET001",
            checker="metadata",
            path="anat-T1w",
            pointer="metadata.PatientName",
            **name,
        ),
        finding(
            "DCM001",
            path=REPORT,
            pointer="PatientBirthDate",
            value="19620114",
            shape="99999999",
            category="C",
            level="FAIL",
            member="1.dcm",
            members=4,
            tag="(0010,0030)",
            vr="DA",
        ),
        finding(
            "PIX001",
            "burned-in-text",
            "pixels",
            "FAIL",
            REPORT,
            "PixelData",
            frame=0,
            box=[24, 40, 44, 310],
            image=[512, 640],
            category="A",
            member="1.dcm",
            members=4,
            value="DOE^JANE",
            shape="AAA, AAAA",
            message="Text in the picture reads as an identifier known from another place of the run",
            source="PS3.15 Clean Pixel Data Option",
        ),
        finding(
            "PIX002",
            "burned-in-text-suspect",
            "pixels",
            "REVIEW",
            REPORT,
            "PixelData",
            frame=2,
            box=[470, 400, 20, 200],
            category=None,
            member="1.dcm",
            members=1,
            value="A 17",
            shape="A 99",
            message="Text in the picture that nothing explains",
            source="PS3.15 Clean Pixel Data Option",
        ),
        finding(
            "PRO001",
            "profile-not-applied",
            "profile",
            "FAIL",
            T1,
            "ReferringPhysicianName",
            value=None,
            category=None,
            member="IM_0001.dcm",
            members=192,
            message="The profile would change this element: it was not applied to these data",
            source="penn_bsc_v4.0.yaml",
            remedy="Import the data again with the profile, or run a de-identification gear",
        ),
        finding(
            "DCM006",
            "claim",
            level="REVIEW",
            path=LOCALIZER,
            pointer="BurnedInAnnotation",
            value=None,
            category=None,
            message="BurnedInAnnotation says YES",
            source="PS3.3 C.7.6.1",
            members=3,
            remedy="Look at the series; remove the text from the pixels or delete the series",
            suppressed="The localizer shows a ruler, looked at by A. Curator on 2 November (site policy 12)",
        ),
    ]
    for pointer, letter, shape in (
        ("StudyDate", "C", "99999999"),
        ("StudyInstanceUID", "R", "9.9.99.9.9999.9.9.99.99999"),
        ("InstitutionName", "B", "Aaaaaaaa aa Aaaaaaaaaaaa"),
        ("DeviceSerialNumber", "M", "99999"),
        ("StationName", "M", "AAA99999"),
    ):
        findings += [
            finding(
                "DCM003",
                "indirect-identifier",
                level="INFO",
                path=f"{run}/{run}.dicom.zip",
                pointer=pointer,
                category=letter,
                value=f"{pointer}{run if pointer.endswith('UID') else ''}",
                shape=shape,
                members=192,
                member="IM_0001.dcm",
                source="PS3.15 Table E.1-1, action X/Z/D",
            )
            for run in runs
        ]
    findings.append(
        finding(
            "PIX009",
            "face-not-removed",
            "pixels",
            "INFO",
            T1,
            "PixelData",
            value=None,
            category="Q",
            message="A head volume without any sign that the face was removed",
            source="45 CFR 164.514(b)(2)(i)(Q)",
        )
    )
    not_checked = [
        {"path": "physio/Aaaaa_log.zip", "member": None, "checker": "zip", "reason": "encrypted archive", "members": 1},
        {
            "path": "physio/notes.docx",
            "member": None,
            "checker": "file",
            "reason": "no checker reads this kind of file",
            "members": 1,
        },
    ]
    manual = [
        {
            "rule": each["rule"],
            "what": each["remedy"],
            "why": "no profile reaches it",
            **{key: each[key] for key in ("path", "member", "members", "pointer")},
        }
        for each in findings
        if each["checker"] in {"pixels", "metadata"} and each["level"] != "INFO" and not each["suppressed"]
    ]
    return report(findings, items, not_checked, "FAIL", manual_work=manual)


def passing() -> dict[str, Any]:
    kept = finding("DCM003", "indirect-identifier", level="INFO", pointer="StudyDate", category="C", value="20210304")
    return report([kept], [item(T1), item("anat-T1w/T1w.json", "json")], [], "PASS", profile=None)


def empty() -> dict[str, Any]:
    return report([], [], [], "INCOMPLETE", profile=None, container=None)


def many(number: int = 4000) -> dict[str, Any]:
    """As many findings, in 200 items, of 40 attributes and 100 values, every tenth REVIEW."""
    items = [item(f"series-{index:03}/series-{index:03}.dicom.zip", verdict="FAIL") for index in range(200)]
    findings = [
        finding(
            "DCM001" if index % 10 else "TXT002",
            "direct-identifier" if index % 10 else "suspect-text",
            level="FAIL" if index % 10 else "REVIEW",
            path=items[index % 200]["path"],
            pointer=f"Attribute{index // 200 % 40:02}",
            value=f"value {index % 100}",
            category="ABCDEFGHIJ"[index % 10],
            member=f"IM_{index:04}.dcm",
            members=index % 200 + 1,
        )
        for index in range(number)
    ]
    return report(findings, items, [], "FAIL")


def hostile() -> dict[str, Any]:
    """A report in which every text that comes from data is hostile."""
    findings: list[dict[str, Any]] = []
    items, not_checked = [], []
    for text in HOSTILE:
        items.append(
            item(
                text,
                kind=text[:40],
                verdict="FAIL",
                deidentification_method=text,
                id=text,
                origin={"type": text, "id": text, "name": text, "created": text},
                checkers={text[:40]: "FAIL"},
            )
        )
        findings += [
            finding(
                level=level,
                path=text,
                pointer=text,
                member=text,
                value=text,
                shape=text,
                show=True,
                message=text,
                remedy=text,
                source=text,
                vr=text[:8],
                tag=text[:12],
                rule="DCM001",
                slug=text[:30],
                checker=text[:40],
                category="A",
                suppressed=text if level == "REVIEW" else None,
            )
            for level in ("FAIL", "REVIEW", "INFO")
        ]
        not_checked.append({"path": text, "member": text, "checker": text[:40], "reason": text, "members": 2})
    odd = HOSTILE[0]
    return report(
        findings,
        items,
        not_checked,
        "FAIL",
        container={"type": odd, "id": odd, "path": odd},
        policy={"name": odd, "sha256": odd, "standard": odd},
        profile={"name": odd, "sha256": odd},
        tool={"name": odd, "version": odd},
    )
