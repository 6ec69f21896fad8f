import os

import pytest

from fw_gear_deid_check.errors import Unreadable, UsageError
from fw_gear_deid_check.sources import folder
from fw_gear_deid_check.sources.folder import FolderSource


def paths(source):
    return [item.path for item in source.items()]


def test_files_come_in_the_order_of_their_names_with_paths_below_the_folder(tmp_path):
    for name in ("b/2.dcm", "b/1.dcm", "a.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    items = list(FolderSource([tmp_path]).items())
    assert [item.path for item in items] == ["a.json", "b/1.dcm", "b/2.dcm"]
    assert [item.size for item in items] == [1, 1, 1]
    with items[0].opener() as stream:
        assert stream.read() == b"x"


def test_of_several_folders_the_name_comes_first_and_a_file_is_its_own_path(tmp_path):
    for name in ("one/x", "two/x", "y"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert paths(FolderSource([tmp_path / "one", tmp_path / "two", tmp_path / "y"])) == ["one/x", "two/x", "y"]


def test_the_output_folder_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text("{}")
    (tmp_path / "x").write_text("")
    assert paths(FolderSource([tmp_path], exclude=tmp_path / "out")) == ["x"]


def test_a_missing_path_is_told_without_its_name(tmp_path):
    with pytest.raises(UsageError, match="path 2 of 2 does not exist") as caught:
        FolderSource([tmp_path, tmp_path / "DOE_JANE"])
    assert "DOE" not in str(caught.value)


@pytest.mark.parametrize("what", ["link", "dangling link", "pipe", "folder link"])
def test_what_is_no_file_is_an_item_that_says_why_it_is_not_read(tmp_path, what):
    (tmp_path / "target").mkdir()
    path = tmp_path / "special"
    if what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to({"link": __file__, "dangling link": "nowhere", "folder link": tmp_path / "target"}[what])
    (item,) = FolderSource([tmp_path]).items()
    assert item.path == "special"
    with pytest.raises(Unreadable, match="link|pipe"):
        item.opener()


def test_a_name_that_is_no_text_is_an_item_too(tmp_path):
    (tmp_path / "x\udcff").write_bytes(b"1")
    (item,) = FolderSource([tmp_path]).items()
    assert item.path == "x\ufffd" or "x" in item.path
    with item.opener() as stream:
        assert stream.read() == b"1"


def test_the_subject_is_the_bids_folder(tmp_path):
    for name in ("sub-01/a", "sub-02/a", "b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [item.subject for item in FolderSource([tmp_path]).items()] == [None, "sub-01", "sub-02"]


def test_a_folder_that_only_sounds_like_a_subject_is_none(tmp_path):
    for name in ("ax_sub-traction/a", "sub-01_T1w.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [item.subject for item in FolderSource([tmp_path]).items()] == [None, "sub-01"]


def test_roots_of_one_name_are_told_apart_and_one_root_is_scanned_once(tmp_path):
    for name in ("one/data/n.txt", "two/data/n.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"")
    one, two = tmp_path / "one" / "data", tmp_path / "two" / "data"
    assert paths(FolderSource([one, two, one])) == ["data/n.txt", "data~2/n.txt"]


def test_reports_do_not_go_into_the_data(tmp_path):
    with pytest.raises(UsageError, match="--output"):
        FolderSource([tmp_path], exclude=tmp_path)


@pytest.mark.parametrize(
    ("seconds", "created"),
    [(0, "1970-01-01T00:00:00Z"), (-0.5, "1969-12-31T23:59:59Z"), (2**40, None), (-(2**40), None), (2**62, None)],
)
def test_a_time_that_is_no_date_stops_nothing(tmp_path, monkeypatch, seconds, created):
    path = tmp_path / "x"
    path.write_bytes(b"")
    status = os.stat_result([*os.lstat(path)[:7], 0, 0, 0], {"st_mtime_ns": int(seconds * 10**9), "st_mtime": seconds})
    monkeypatch.setattr(folder, "_status", lambda _: status)  # not every file system takes such a time
    (item,) = FolderSource([path]).items()
    assert item.origin.created == created
