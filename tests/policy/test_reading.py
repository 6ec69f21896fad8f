"""Reading policy files: what they can say, and every mistake in them, with its line."""

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fw_gear_deid_check.errors import PolicyError
from fw_gear_deid_check.policy import Policy, document, reading
from fw_gear_deid_check.rules import Level, Rule

RULES = (
    Rule("DCM001", "direct-identifier", "", Level.FAIL, "", ""),
    Rule("DCM003", "indirect-identifier", "", Level.INFO, "", ""),
    Rule("ZIP004", "archive-comment", "", Level.REVIEW, "", ""),
    Rule("PIX007", "recognizable-face", "", Level.INFO, "", ""),
)


@pytest.fixture
def write(tmp_path):
    def write(text, name="own.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def mistakes(path):
    with pytest.raises(PolicyError) as caught:
        Policy.load(path, RULES)
    assert all("\n" not in mistake for mistake in caught.value.mistakes)
    return caught.value.mistakes


def test_built_in_policies_load():
    assert reading.names()[0] == "site"
    assert set(reading.names()) == {"site", "ps3.15-basic", "safe-harbor", "as-claimed"}
    for name in reading.names():
        assert Policy.load(name, RULES).name == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lvels: {}", "line 1: lvels: unknown key; did you mean levels?"),
        ("name: x\nlevels:\n  DCM009: FAIL", "line 3: levels.DCM009: unknown rule; did you mean DCM003?"),
        ("levels:\n  archive-comments: FAIL", "unknown rule; did you mean archive-comment?"),
        ("levels:\n  PatientNam: FAIL", "did you mean PatientName?"),
        ("levels:\n  Bogus: FAIL", "named by tag, (gggg,eeee)"),
        ("levels:\n  (0029,1010): FAIL", 'a private element is written (gggg,"CREATOR",ee)'),
        ("levels:\n  (0028,\"EVEN\",10): FAIL", "unknown rule"),
        ("levels:\n  DCM001: FATAL", "line 2: levels.DCM001: has to be one of INFO, REVIEW, FAIL, off"),
        ("levels:\n  DCM001:", "has to be one of INFO"),
        ("levels: [FAIL]", "line 1: levels: has to be a mapping"),
        ("levels:\n  DCM001: FAIL\n  DCM001: INFO", "line 3: 'DCM001' stands here twice"),
        ("text:\n  comments: {}", "text.comments: unknown key"),
        ("text:\n  free:\n    date: FAIL", "text.free.date: has to be a list"),
        ("text:\n  free:\n    date: [FAIL]", "two levels"),
        ("text:\n  free:\n    date: [FAIL, off]", "two levels"),
        ("text:\n  free:\n    dates: [FAIL, REVIEW]", "did you mean date?"),
        ("retain: uids", "line 1: retain: has to be a list"),
        ("retain:\n  - uids\n  - descriptors", "line 3: retain[1]: has to be one of safe-private, uids"),
        ("clean: [uids]", "clean[0]: has to be one of descriptors"),
        ("basis: mine", "basis: has to be one of nature, table, safe-harbor"),
        ("claims: yes", "claims: has to be one of true, false"),
        ("standard: PS3.15 2011", "standard: has to be one of PS3.15 2025c"),
        ("allow:\n  patterns:\n    - '(a+)+'", "line 3: allow.patterns[0]: repeats a group"),
        ("allow:\n  patterns: ['[a']", "no regular expression"),
        ("allow:\n  patterns: ['.*']", "matches nothing"),
        ("allow:\n  values: [[a]]", "allow.values[0]: has to be a text"),
        ("allow:\n  values: [" + "x" * 65 + "]", "longer than 64"),
        ("allow: [ANON]", "allow: has to be a mapping"),
        ("suppress:\n  - rule: DCM001", "line 2: suppress[0]: needs a reason"),
        ("suppress:\n  - rule: DCM001\n    reason:", "suppress[0].reason: has to be a text"),
        ("suppress:\n  - reason: because", "suppress[0]: needs a rule"),
        ("suppress:\n  - {rule: DCM9, reason: because}", "suppress[0].rule: unknown rule"),
        ("suppress:\n  - {rule: DCM001, reason: because, file: x}", "suppress[0].file: unknown key"),
        ("safe_private: ['0019,0C']", "safe_private[0]: has to be a private element"),
        ("safe_private: ['(0018,\"X\",0C)']", "safe_private[0]: has to be a private element"),
        ("private:\n  - {element: '(0019,\"X\",0C)', nature: name}", "private[0].nature: has to be one of"),
        ("private:\n  - {element: '(0019,\"X\",0C)', category: Z}", "private[0].category: has to be a HIPAA letter"),
        ("private:\n  - {nature: staff-name}", "private[0]"),
        ("out_of_scope:\n  - reason: because", "needs a path (a glob) or a kind"),
        ("out_of_scope:\n  - path: '*.log'", "needs a reason"),
        ("limits:\n  text_sise: 5", "did you mean text_size?"),
        ("limits:\n  text_size: big", "limits.text_size: has to be a whole number above 0"),
        ("limits:\n  text_size: 0", "above 0"),
        ("limits:\n  text_size: -5", "above 0"),
        ("extends: nobody", "line 1: in nobody: no such file; built in are site"),
        ("extends: [site]", "extends: has to be a text"),
        ("- a", "line 1: has to be a mapping"),
        ("plain", "line 1: has to be a mapping"),
        # Not the YAML that a policy is written in.
        ("levels:\n  a: b: c", "line 2: not YAML: mapping values are not allowed"),
        ("levels: {", "not YAML"),
        ("a: \"b", "not YAML"),
        ("\tlevels: {}", "not YAML"),
        ("a: \x01", "not YAML: a character"),
        ("name: &a x\nextends: *a", "line 2: an alias"),
        ("name: !!python/object/apply:os.system [ls]", "line 1: a tag"),
        ("name: !secret x", "line 1: a tag"),
        ("name: x\n---\nname: y", "line 2: a second document"),
        ("? [a, b]\n: c", "line 1: a key has to be plain text"),
        ("[" * 5000, "nested deeper than"),
        ("a: {" * 500, "nested deeper than"),
        (b"name: \xff\xfe", "not UTF-8 text"),
        ("#" * (document.LARGEST + 1), "larger than"),
    ],
)  # fmt: skip
def test_a_mistake(write, text, expected):
    assert any(expected in mistake for mistake in mistakes(write(text))), mistakes(write(text))


def test_all_mistakes_at_once_in_their_order(write):
    found = mistakes(
        write("retain: [nothing]\nlevels:\n  DCM001: FATAL\n  DCM777: FAIL\nsuppress:\n  - {rule: DCM001}\nbogus: 1\n")
    )
    assert [mistake.split(":")[0] for mistake in found] == ["line 1", "line 3", "line 4", "line 6", "line 7"]


def test_mistakes_of_what_is_extended(write):
    write("levels:\n  DCM777: FAIL", "base.yaml")
    found = mistakes(write("name: top\nextends: base.yaml\nbogus: 1"))
    assert any(mistake.startswith("line 2: in base.yaml: line 2: levels.DCM777") for mistake in found)
    assert any("bogus" in mistake for mistake in found)


def test_a_policy_that_extends_itself(write):
    assert any("or itself" in mistake for mistake in mistakes(write("extends: own.yaml")))


def test_a_file_that_is_not_there(tmp_path):
    assert "no such file" in mistakes(tmp_path / "none.yaml")[0]
    assert "no such file" in mistakes(tmp_path)[0]


def test_an_alias_bomb_costs_nothing(write):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    start = time.process_time()
    assert any("an alias" in mistake for mistake in mistakes(write("\n".join(lines))))
    assert time.process_time() - start < 1


def test_a_mistake_cannot_break_its_line(write):
    found = mistakes(write('"a\\n\\e[2Jb": 1\n"x\\ny": 1\n"x\\ny": 1\nextends: "no\\nbody"'))
    assert len(found) == 1
    assert "stands here twice" in found[0]
    found = mistakes(write('"a\\n\\e[2Jb": 1\nextends: "no\\nbody"\nlevels: {"\\n": FAIL}'))
    assert [mistake.isprintable() for mistake in found] == [True] * 3


def test_rules_are_taken_on_trust_where_none_are_given(write):
    path = write("levels:\n  ABC999: FAIL\n  some-slug: off\n")
    assert Policy.load(path).resolved()["levels"]["ABC999"] == "FAIL"
    assert mistakes(path)


def test_a_policy_extends_site_and_adds_to_it(write):
    site = Policy.load("site")
    own = Policy.load(write("levels: {staff-name: INFO}\nallow: {values: [NOBODY]}\nlimits: {text_size: 1_000}"), RULES)
    assert own.name == "own"
    assert own.is_dummy("nobody")
    assert own.is_dummy("ANON")
    assert not site.is_dummy("nobody")
    assert own.limits.text_size == 1000
    assert own.limits.json_size == site.limits.json_size
    assert own.sha256 != site.sha256


def test_a_policy_that_extends_nothing(write):
    bare = Policy.load(write("extends: none"))
    assert not bare.is_dummy("ANON")
    assert bare.is_dummy("^^^")


def test_a_chain(write):
    write("extends: ps3.15-basic\nretain: [uids]", "a.yaml")
    own = Policy.load(write("extends: a.yaml\nretain: [device]\nclean: [graphics]"))
    assert own.settings.retain == {"uids", "device"}
    assert own.keyword("SOPInstanceUID") is None
    assert own.keyword("DeviceSerialNumber") is None
    assert own.keyword("StudyDate") is not None


WORDS = re.findall(
    r"\S+",
    """name extends site none levels text free date retain clean allow values patterns suppress rule reason path private
    safe_private element out_of_scope kind limits FAIL DCM001 PatientName (0019,"X",0C) [ ] { } , ' " &a *a !t | > ? # %
    ~ 1 \u00e9 \\n \\e [a-z]+ (a|b)*""",
)
SPACES = ["- ", ": ", ":\n  ", "\n", "\n  ", "\n    - ", "---\n", "\t", " "]


@given(st.lists(st.sampled_from(WORDS + SPACES * 3), max_size=40).map("".join) | st.text(max_size=80))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_policy_or_a_list_of_mistakes(tmp_path, text):
    path = tmp_path / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    found = []
    try:
        reading.load(path, RULES)
    except PolicyError as error:
        found = error.mistakes
        assert found
    assert all(len(mistake.splitlines()) == 1 for mistake in found)


def test_large_files_cost_seconds_at_most(write):
    start = time.process_time()
    for text in ("a: b\n", "- ", "[", "? ", '"\\\n', "a"):
        assert mistakes(write(text * (document.LARGEST // len(text))))
    assert time.process_time() - start < 10
