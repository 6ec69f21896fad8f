import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import yaml

from fw_gear_deid_check import cli

CLEAN = '{"Modality": "MR", "RepetitionTime": 2.3}'


def run(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub-01_T1w.json").write_text(CLEAN)
    return tmp_path / "in"


def test_clean_data_pass(capsys, folder, tmp_path):
    status, out, err = run(capsys, "scan", folder, "-o", tmp_path / "out")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "verdict: PASS"


def test_an_identifier_fails(capsys, folder, tmp_path):
    (folder / "a.json").write_text('{"PatientName": "DOE^JANE"}')
    status, out, _ = run(capsys, "scan", folder, "-o", tmp_path / "out")
    assert status == 1
    assert out.splitlines()[-1] == "verdict: FAIL"


@pytest.mark.parametrize(
    ("fail_on", "verdict", "status"),
    [
        ("fail", "INCOMPLETE", 0),
        ("incomplete", "INCOMPLETE", 1),
        ("review", "INCOMPLETE", 1),
        ("never", "INCOMPLETE", 0),
    ],
)
def test_fail_on(capsys, folder, tmp_path, fail_on, verdict, status):
    (folder / "unknown.bin").write_bytes(bytes(range(256)))
    result, out, _ = run(capsys, "scan", folder, "-o", tmp_path / "out", "--fail-on", fail_on)
    assert (result, out.splitlines()[-1]) == (status, f"verdict: {verdict}")


def test_an_empty_folder_is_incomplete(capsys, tmp_path):
    (tmp_path / "in").mkdir()
    status, out, _ = run(capsys, "scan", tmp_path / "in", "-o", tmp_path / "out")
    assert (status, out.splitlines()[-1]) == (1, "verdict: INCOMPLETE")


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "/nowhere/at/all"],
        ["scan", ".", "--policy", "no-such-policy"],
        ["scan", ".", "--format", "pdf"],
        ["scan", ".", "--identifiers", "/nowhere/list.csv"],
        ["scan", ".", "-o", "."],
        ["rules", "XYZ999"],
    ],
)
def test_wrong_usage_is_one_line_and_status_2(capsys, tmp_path, arguments):
    status, out, err = run(
        capsys, *arguments, *(["-o", tmp_path / "out"] if arguments[0] == "scan" and "-o" not in arguments else [])
    )
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("deid-check: ")
    assert not (tmp_path / "out").exists()


def test_every_mistake_of_a_policy_is_listed(capsys, folder, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("extends: site\nlevels: {no-such-rule: INFO}\nsuppress: [{rule: DCM001}]\nnonsense: 1\n")
    status, _, err = run(capsys, "scan", folder, "--policy", policy, "-o", tmp_path / "out")
    assert status == 2
    assert len(err.splitlines()) == 3


def test_the_report_is_valid_and_complete(capsys, folder, tmp_path):
    (folder / "a.json").write_text('{"PatientName": "DOE^JANE", "AcquisitionDateTime": "2021-03-04T10:11:12"}')
    run(capsys, "scan", folder, "-o", tmp_path / "out")
    schema = json.loads(run(capsys, "schema")[1])
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report, schema, format_checker=jsonschema.FormatChecker())
    assert [item["path"] for item in report["items"]] == ["a.json", "sub-01_T1w.json"]
    assert {name.name for name in (tmp_path / "out").iterdir()} >= {
        "report.json",
        "findings.csv",
        "items.csv",
        "inventory.csv",
        "report.html",
    }


def test_values_are_shown_only_when_asked_and_after_a_warning(capsys, folder, tmp_path):
    (folder / "a.json").write_text('{"PatientName": "QUIXOTE^ALONSO"}')
    _, _, err = run(capsys, "scan", folder, "-o", tmp_path / "hidden")
    assert "warning" not in err
    assert not any("QUIXOTE" in path.read_text() for path in (tmp_path / "hidden").iterdir())
    _, out, err = run(capsys, "scan", folder, "-o", tmp_path / "shown", "--show-values")
    assert "warning" in err
    assert "QUIXOTE" not in out
    assert "QUIXOTE" in (tmp_path / "shown" / "report.json").read_text()


def test_an_earlier_report_survives_a_failed_run(capsys, folder, tmp_path):
    run(capsys, "scan", folder, "-o", tmp_path / "out")
    before = (tmp_path / "out" / "report.json").read_bytes()
    run(capsys, "scan", folder, tmp_path / "missing", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_bytes() == before


def test_harmless_matches_do_not_hide_the_one_that_matters(capsys, folder, tmp_path):
    dates = " ".join(f"seen 2019-03-{day:02}" for day in range(1, 20))
    (folder / "notes.txt").write_text(f"{dates} MRN: 84736251\n")
    assert run(capsys, "scan", folder, "-o", tmp_path / "out", "--quiet")[1] == "verdict: FAIL\n"


def test_an_earlier_report_of_another_format_is_taken_away(capsys, folder, tmp_path):
    run(capsys, "scan", folder, "-o", tmp_path / "out")
    run(capsys, "scan", folder, "-o", tmp_path / "out", "--format", "json")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.json"]


def test_what_is_out_of_scope_is_not_read_but_its_name_is(capsys, folder, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("extends: site\nout_of_scope: [{path: '*.bin', reason: coil data of the vendor}]\n")
    (folder / "a.bin").write_bytes(bytes(range(256)))
    scan = ["scan", folder, "-o", tmp_path / "out", "--quiet", "--policy", policy]
    assert run(capsys, *scan)[1] == "verdict: PASS\n"
    (folder / "DOE_JANE_19800131.bin").write_bytes(bytes(range(256)))
    assert run(capsys, *scan)[1] == "verdict: FAIL\n"


def test_where_all_is_out_of_scope_nothing_was_checked(capsys, folder, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("extends: site\nout_of_scope: [{path: '*', reason: all of it}]\n")
    assert run(capsys, "scan", folder, "-o", tmp_path / "out", "--quiet", "--policy", policy)[1] == (
        "verdict: INCOMPLETE\n"
    )


def test_an_age_over_89_is_found_though_its_own_rule_is_off(capsys, folder, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("extends: ps3.15-basic\nlevels: {JSN005: off}\n")
    for age in ("066Y", "094Y"):
        (folder / "sub-01_T1w.json").write_text(json.dumps({"PatientAge": age}))
        scan = ["scan", folder, "-o", tmp_path / "out", "--quiet", "--policy", policy]
        assert run(capsys, *scan)[1] == "verdict: FAIL\n"


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("Zwiebelkraut^Ottokar", "zwiebelkraut pipeline v2.0"),
        ("", "zwiebelkraut ottokar"),
        ("", "Zwiebelkraut 84736251"),
        ("", "profile 84736251"),
    ],
)
def test_a_method_that_holds_a_name_is_masked(capsys, tmp_path, name, method):
    from fw_gear_deid_check import demo

    instance = demo._instance(0)
    instance.PatientName = name
    instance.DeidentificationMethod = method
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(demo._bytes(instance))
    run(capsys, "scan", tmp_path / "in", "-o", tmp_path / "out", "--pixels", "off")
    for path in (tmp_path / "out").iterdir():
        assert not {"zwiebelkraut", "84736251"} & set(re.findall(r"[a-z]+|[0-9]+", path.read_text().casefold()))


def test_a_folder_a_thousand_deep_is_no_crash(capsys, folder, tmp_path):
    where = os.open(folder, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=where)
        deeper = os.open("d", os.O_RDONLY, dir_fd=where)
        os.close(where)
        where = deeper
    os.close(where)
    out = run(capsys, "scan", folder, "-o", tmp_path / "out", "--quiet")[1]
    subprocess.run(["rm", "-rf", folder], check=True)  # too deep for pytest to clean up
    assert out.startswith("verdict: ")


def test_a_defect_of_our_own_is_one_line_without_its_text(capsys, folder, tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("QUIXOTE^ALONSO")

    monkeypatch.setattr("fw_gear_deid_check.main.run", broken)
    status, out, err = run(capsys, "scan", folder, "-o", tmp_path / "out", "--quiet")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "QUIXOTE" not in err


@pytest.mark.parametrize(("there", "left"), [([], []), (["a"], ["a"]), (["a", "a/b"], ["a", "a/b"])])
def test_a_run_that_fails_leaves_no_folder_that_it_made(capsys, folder, tmp_path, monkeypatch, there, left):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fw_gear_deid_check.main.run", stopped)
    outer = tmp_path / "outer"
    outer.mkdir()
    for name in there:
        (outer / name).mkdir()
    assert run(capsys, "scan", folder, "-o", outer / "a" / "b")[0] == 130
    assert sorted(path.relative_to(outer).as_posix() for path in outer.rglob("*")) == left


def test_the_output_below_the_scanned_folder_is_not_scanned(capsys, folder):
    run(capsys, "scan", folder, "-o", folder / "out")
    run(capsys, "scan", folder, "-o", folder / "out")
    assert [item["path"] for item in json.loads((folder / "out" / "report.json").read_text())["items"]] == [
        "sub-01_T1w.json"
    ]


@pytest.mark.parametrize("name", ["site", "ps3.15-basic", "safe-harbor", "as-claimed"])
def test_a_printed_policy_is_the_same_policy(capsys, tmp_path, name):
    status, out, _ = run(capsys, "policy", name)
    assert status == 0
    assert yaml.safe_load(out)
    (tmp_path / "printed.yaml").write_text(out)
    assert run(capsys, "policy", tmp_path / "printed.yaml")[1] == out


def test_rules_are_listed_and_explained(capsys):
    status, out, _ = run(capsys, "rules")
    assert status == 0
    ids = [line.split()[0] for line in out.splitlines()]
    assert "DCM001" in ids
    assert run(capsys, "rules", "dcm001")[1].startswith("DCM001")


def test_a_baseline_tells_what_is_fixed_and_what_is_new(capsys, folder, tmp_path):
    (folder / "a.json").write_text('{"PatientName": "QUIXOTE^ALONSO"}')
    run(capsys, "scan", folder, "-o", tmp_path / "out")
    (folder / "a.json").write_text('{"PatientID": "40417283"}')
    baseline = tmp_path / "out" / "report.json"
    _, out, err = run(capsys, "scan", folder, "-o", tmp_path / "out", "--baseline", baseline)
    assert err == ""
    assert "Since the baseline (FAIL): 1 new, 1 fixed." in out
    made = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert {(change["change"], change["pointer"]) for change in made["changes"]} == {
        ("new", "PatientID"),
        ("fixed", "PatientName"),
    }
    assert "Since the baseline" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"schema": "QUIXOTE"}', "[" * 100_000])
def test_a_baseline_that_is_none_is_refused_before_anything_is_checked(capsys, folder, tmp_path, text):
    baseline = tmp_path / "baseline.json"
    if text is not None:
        baseline.write_text(text)
    status, out, err = run(capsys, "scan", folder, "-o", tmp_path / "out", "--baseline", baseline)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "QUIXOTE" not in err
    assert not (tmp_path / "out").exists()


def test_the_page_of_rules_is_what_the_rules_say(capsys):
    stored = (Path(__file__).parent.parent / "docs" / "rules.md").read_text("utf-8")
    assert run(capsys, "rules", "--markdown")[1] == stored, "deid-check rules --markdown > docs/rules.md"


def test_help_is_quick():
    best = min(_seconds([sys.executable, "-m", "fw_gear_deid_check.cli", "--help"]) for _ in range(3))
    assert best < 0.5


def test_help_imports_nothing_heavy():
    heavy = "('pandas', 'pydicom', 'flywheel', 'numpy')"
    code = f"import sys, fw_gear_deid_check.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _seconds(command):
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start
