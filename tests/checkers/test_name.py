"""Names of files and folders: what is found in them, and what everybody's names look like."""

import io

import pytest

from fw_gear_deid_check.checkers.name import NameChecker
from fw_gear_deid_check.items import Content, Item, Parents
from tests.checkers.looking import look, site_judge


@pytest.fixture(scope="module")
def checker():
    return NameChecker(site_judge())


@pytest.mark.parametrize(
    "name",
    [
        "DOE_JANE_19800131.zip",
        "DOE^JANE/T1w.nii",
        "export/Doe_Jane_MRN00482913/IM_0001.dcm",
        "a/jane.doe@example.org.txt",
        "dob 1980-01-31.txt",
        "078-05-1120.csv",
    ],
)
def test_names_that_tell(checker, name):
    assert look(checker, name, b"x").failed == {"name"}


@pytest.mark.parametrize(
    "name",
    [
        "IM_0001.dcm",
        "2.25.240867142089427193187263098743.MR.dcm",
        "1.3.12.2.1107.5.2.43.66044.30000022062313221412000000012.MR.dcm",
        "sub-0123/ses-01/anat/sub-0123_ses-01_acq-mprage_run-2_T1w.nii.gz",
        "sub-0123_task-rest_dir-AP_bold.json",
        "sub-0123_task-faces_desc-preproc_bold.nii.gz",
        "5f1c2d3e4a5b6c7d8e9f0a1b.dcm",
        "d41d8cd98f00b204e9800998ecf8427e.bin",
        "1 - anat-scout/1_anat_000.dcm",
        "6 - anat_acq_vnavsetter_T1w.zip",
        "ep2d_diff_b1000.nii.gz",
        "HEAD_BRAIN.zip",
        "dataset_description.json",
        "README",
        "CHANGES",
        "DICOMDIR",
        "freesurfer/surf/lh.pial",
        "Circle of Willis.nii",
    ],
)
def test_everybody_s_names_are_quiet(checker, name):
    assert not look(checker, name, b"x").told


def test_days_are_noted(checker):
    assert look(checker, "2022-06-23 14_15_42/T1w.nii", b"x").noted == {("name", "identifier-in-text", "INFO")}


def test_every_file_in_a_folder_shares_what_is_found_in_its_name(checker):
    first, second = (look(checker, f"DOE^JANE/{name}.nii", b"x") for name in ("a", "b"))
    assert first.findings
    assert [id(each) for each in first.findings] == [id(each) for each in second.findings]


def test_the_path_is_kept_for_the_search(checker):
    assert [text.value for text in look(checker, "Quux/T1w.nii", b"x").texts] == ["Quux/T1w.nii"]


def test_labels_of_containers_are_left_to_the_metadata(checker):
    parents = Parents(subject=("1", "x"))
    assert not look(checker, "DOE^JANE/T1w.nii", b"x", parents=parents).told
    assert look(checker, "anat/DOE^JANE.nii", b"x", parents=parents).told
    assert not checker.applies_to(Content(Item("DOE^JANE", "subject"), None, "subject"))


def test_members_are_left_to_the_archive(checker):
    item = Item("a.zip", "file", lambda: io.BytesIO(b""))
    assert not checker.applies_to(Content(item, "DOE^JANE.dcm", "dicom", item.opener))
