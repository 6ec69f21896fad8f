"""Speed of checking DICOM headers, side by side with what else reads them: ``python -m benchmarks.headers``.

Makes its own corpus: a series of MR instances, each with about 100 kB of private header (a CSA header that is the same
in all, and one that differs in each), as files and as one zip archive. Runs, interleaved, each in a process of its own:

ours          the DICOM checker with all of its rules, its observations counted
pydicom       what one would write with pydicom and the same rules: every element, policy and text recognizers; it
              leaves the CSA headers alone, which ours reads
scan          the whole command line, every checker but the pixels', reports written
dcmdump       DCMTK, printing the headers, where it is installed
gdcmscanner   GDCM, ten top-level elements, where it is installed: less work than the others do

and prints medians of CPU and wall time and the greatest peak memory, for whole processes and for each file without
start-up. Quote the ratios: times are this machine's.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCANNED = ("0008,0020", "0008,0060", "0008,0070", "0008,0080", "0008,1030", "0010,0010", "0010,0020", "0010,0030")
SCANNED += ("0020,000d", "0020,000e")


# -- the corpus


def csa(tags: dict[str, list[str]]) -> bytes:
    """Return a CSA header, SV10, six items to a tag as scanners write them."""
    parts = [b"SV10\x04\x03\x02\x01", struct.pack("<II", len(tags), 77)]
    for name, values in tags.items():
        parts.append(struct.pack("<64si4siii", name.encode(), len(values), b"IS\0\0", 6, 6, 77))
        for index in range(6):
            value = values[index].encode() + b"\0" if index < len(values) else b""
            parts.append(struct.pack("<4i", 0, len(value), 77, 0) + value + b"\0" * (-len(value) % 4))
    return b"".join(parts) + b"\0" * 4


def protocol() -> str:
    """Return a text protocol of 80 kB."""
    lines = ['<XProtocol>\n{\n  <Name> "PhoenixMetaProtocol"\n  <ParamString."PatientName"> { "xxxxxxxx" }\n}\n']
    lines += [f"sSliceArray.asSlice[{n}].sPosition.dSag\t=\t{n * 0.731:.8f}\n" for n in range(1000)]
    lines += [f"sCoilSelectMeas.aRxCoilSelectData[0].asList[{n}].lRxChannelConnected\t=\t{n}\n" for n in range(500)]
    return "".join(lines)


def write_corpus(folder: Path, count: int) -> None:
    """Write a series of so many instances."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.SourceApplicationEntityTitle = "MR01"
    base = FileDataset("", {}, preamble=b"\0" * 128, file_meta=meta)
    attributes = {
        "SpecificCharacterSet": "ISO_IR 100", "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"], "StudyDate": "20210304",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "SeriesDate": "20210304", "StudyTime": "101112.000000",
        "Modality": "MR", "Manufacturer": "SIEMENS", "InstitutionName": "Site 3", "StationName": "MR01",
        "StudyDescription": "HEAD^Brain", "SeriesDescription": "T1w MPRAGE", "ManufacturerModelName": "Prisma",
        "PatientName": "", "PatientID": "sub-0012", "PatientSex": "F", "PatientAge": "036Y", "PatientWeight": "70",
        "PatientIdentityRemoved": "YES", "DeidentificationMethod": "Site profile v4", "BodyPartExamined": "BRAIN",
        "ScanningSequence": ["GR", "IR"], "MRAcquisitionType": "3D", "SequenceName": "*tfl3d1_16ns",
        "SliceThickness": "1", "RepetitionTime": "2400", "EchoTime": "2.2", "ProtocolName": "anat-T1w",
        "DeviceSerialNumber": "12345", "SoftwareVersions": "syngo MR E11", "StudyInstanceUID": "2.25.1111",
        "SeriesInstanceUID": "2.25.2222", "StudyID": "1", "SeriesNumber": "5", "FrameOfReferenceUID": "2.25.3333",
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"], "SamplesPerPixel": 1, "Rows": 160, "Columns": 160,
        "PhotometricInterpretation": "MONOCHROME2", "PixelSpacing": ["1", "1"], "BitsAllocated": 16, "BitsStored": 12,
        "HighBit": 11, "PixelRepresentation": 0, "WindowCenter": "400", "WindowWidth": "900",
        "PerformedProcedureStepStartDate": "20210304", "PerformedProcedureStepDescription": "HEAD^Brain",
    }  # fmt: skip
    for keyword, value in attributes.items():
        setattr(base, keyword, value)
    for number in range(100):  # numbers and codes of a scanner, as many as real headers have
        vr, value = (("FD", number * 0.5), ("CS", f"CODE_{number}"), ("SH", "Body"))[number % 3]
        base.add_new(0x00189000 + number, vr, value)
    for name in ("ReferencedImageSequence", "RequestAttributesSequence", "PerformedProtocolCodeSequence"):
        item = Dataset()
        item.ReferencedSOPInstanceUID = "2.25.4444"
        item.CodeMeaning = "MR head"
        setattr(base, name, [item])
    block = base.private_block(0x29, "SIEMENS CSA HEADER", create=True)
    series = {f"SeriesTag{n}": [str(n), "0.00000000"] for n in range(78)} | {"MrPhoenixProtocol": [protocol()]}
    block.add_new(0x20, "OB", csa(series))
    for number in range(count):
        base.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = f"2.25.9{number:09d}"
        base.InstanceNumber = str(number + 1)
        base.ImagePositionPatient = ["-80", "-80", f"{number * 1.0:.3f}"]
        base.AcquisitionTime = base.ContentTime = f"1011{number % 60:02d}.{number:06d}"
        tags = {f"ImageTag{n}": [str(n), "1.00000000"] for n in range(96)}
        tags |= {"SliceLocation": [f"{number:.8f}"], "ICE_Dims": [f"X_1_1_1_1_1_{number}_1_1_1_1_1_77"]}
        tags |= {"ImaCoilString": ["HC1-7;NC1"], "TimeAfterStart": [f"{number * 0.25:.8f}"]}
        block.add_new(0x10, "OB", csa(tags))
        base.PixelData = bytes(160 * 160 * 2)
        base.save_as(folder / f"IM_{number:05d}.dcm", enforce_file_format=True)


# -- the contestants, each in a process of its own


def run_ours(paths: list[Path]) -> None:
    from fw_gear_deid_check.checkers.dicom import DicomChecker
    from fw_gear_deid_check.checkers.judge import Judge
    from fw_gear_deid_check.evidence import Masker
    from fw_gear_deid_check.items import Content, Item
    from fw_gear_deid_check.limits import COLLECT_AFTER
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.readers.archive import contents

    gc.set_threshold(*COLLECT_AFTER)  # as the doors do
    policy = Policy.load("site")
    checker = DicomChecker(Judge(policy, Masker()))
    found = 0
    for path in paths:
        item = Item(path.name, "file", opener=partial(open, str(path), "rb"), size=os.stat(path).st_size)  # noqa: PTH116
        if path.suffix == ".dcm":
            found += sum(1 for _ in checker.check(Content(item, None, "dicom", item.opener, item.size)))
            continue
        for content in contents(item, policy.limits):
            if checker.applies_to(content):
                found += sum(1 for _ in checker.check(content))
    assert found


def run_pydicom(paths: list[Path]) -> None:
    import pydicom

    from fw_gear_deid_check.detectors import recognizers
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.readers.character_sets import plausible

    policy = Policy.load("site")
    found = 0
    for path in paths:
        for element in pydicom.dcmread(path, stop_before_pixels=True).iterall():
            if element.VR == "SQ" or element.value in (None, "", b""):
                continue
            if element.tag.is_private:
                demand = policy.private(element.tag.group, element.private_creator or "", element.tag.element & 0xFF)
            else:
                demand = policy.attribute(int(element.tag), element.VR)
            value = (plausible(element.value) or "") if isinstance(element.value, bytes) else str(element.value)
            if demand is not None:
                found += not policy.is_dummy(value)
            elif element.VR in {"LO", "SH", "ST", "LT", "UT", "UC", "OB", "UN", "CS", "AE"}:
                found += len(recognizers.find(value))


def contestants() -> dict[str, Callable[[list[Path]], list[str]]]:
    """Return the command of each, by name."""

    def python(name: str) -> Callable[[list[Path]], list[str]]:
        return lambda paths: [sys.executable, "-m", "benchmarks.headers", "--worker", name, *map(str, paths)]

    found = {"ours": python("ours"), "pydicom": python("pydicom"), "scan": scan}
    if shutil.which("dcmdump"):
        found["dcmdump"] = lambda paths: ["dcmdump", "-M", *map(str, paths)]
    if shutil.which("gdcmscanner"):
        tags = [part for tag in SCANNED for part in ("-t", tag)]
        found["gdcmscanner"] = lambda paths: ["gdcmscanner", "-d", str(paths[0].parent), *tags]
    return found


def scan(paths: list[Path]) -> list[str]:
    """Return the command line as a user runs it, pixels apart."""
    what = paths[0] if len(paths) == 1 else paths[0].parent
    out = Path(tempfile.gettempdir()) / "headers-report"
    options = ["-o", str(out), "--pixels", "off", "--quiet", "--fail-on", "never"]
    return [sys.executable, "-m", "fw_gear_deid_check.cli", "scan", str(what), *options]


def measure(command: list[str]) -> tuple[float, float, float]:
    """Return (CPU seconds, wall seconds, peak memory in MiB) of a process."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "headers-pyc")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    wall = time.perf_counter() - began
    if status and "gdcm" not in command[0]:
        raise SystemExit(f"failed: {' '.join(command[:6])}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def rounds(commands: dict[str, list[str]], count: int) -> dict[str, tuple[float, float, float]]:
    """Run the commands in turn, so many times; return (median CPU, median wall, greatest memory) of each."""
    for command in commands.values():
        measure(command)  # files into the cache, modules compiled
    seen: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            seen[name].append(measure(command))
    return {
        name: (
            statistics.median(run[0] for run in runs),
            statistics.median(run[1] for run in runs),
            max(run[2] for run in runs),
        )
        for name, runs in seen.items()
    }


def main() -> None:
    """Make the corpus, run everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a folder of DICOM files, in place of those that are made")
    parser.add_argument("--growth", action="store_true", help="also 250, 500, 1000 and 2000 instances, ours alone")
    parser.add_argument("--make", type=int, help="make so many instances in a folder, and nothing else")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        {"ours": run_ours, "pydicom": run_pydicom}[options.worker](options.paths)
        return
    if options.make:
        write_corpus(options.paths[0], options.make)
        return
    with tempfile.TemporaryDirectory() as name:
        files = options.data or Path(name) / "files"
        if options.data is None:
            files.mkdir()
            make(files, options.instances)
        compare(Path(name), files, options.rounds)
        if options.growth:
            growth(Path(name), options.rounds)


def make(folder: Path, count: int) -> None:
    """Make the corpus in a process of its own: a child begins with the memory of its parent."""
    subprocess.run(
        [sys.executable, "-m", "benchmarks.headers", "--make", str(count), str(folder)], cwd=ROOT, check=True
    )


def compare(folder: Path, files: Path, times: int) -> None:
    """Print the table of all contestants on some files; what is needed besides is made in the folder."""
    few = folder / "few"
    few.mkdir()
    paths = sorted(files.glob("*.dcm"))
    for path in paths[: max(len(paths) // 20, 1)]:
        shutil.copy(path, few)
    some = sorted(few.iterdir())
    archive = folder / "series.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in paths:
            target.write(path, path.name)
    size = statistics.mean(path.stat().st_size for path in paths)
    print(f"{len(paths)} instances of {size / 1000:.0f} kB, medians of {times} interleaved rounds\n")
    commands = {name: make(paths) for name, make in contestants().items()}
    commands["ours, zip"] = contestants()["ours"]([archive])
    commands["scan, zip"] = scan([archive])
    commands |= {f"{name} (few)": make(some) for name, make in contestants().items()}
    seen = rounds(commands, times)
    ours = seen["ours"]
    slopes = {
        name: (seen[name][0] - seen[f"{name} (few)"][0]) / (len(paths) - len(some)) * 1000 for name in contestants()
    }
    print(f"{'':14}{'CPU s':>8}{'wall s':>8}{'MiB':>7}{'CPU / ours':>12}{'ms a file':>11}{'a file / ours':>15}")
    for name in [*contestants(), "ours, zip", "scan, zip"]:
        cpu, wall, memory = seen[name]
        each = f"{slopes[name]:11.3f}{slopes[name] / slopes['ours']:15.1f}" if name in slopes else ""
        print(f"{name:14}{cpu:8.2f}{wall:8.2f}{memory:7.0f}{cpu / ours[0]:12.1f}{each}")


def growth(folder: Path, times: int) -> None:
    """Print what each file costs as their number grows."""
    more = folder / "more"
    more.mkdir()
    make(more, 2000)
    paths = sorted(more.iterdir())
    commands = {str(count): contestants()["ours"](paths[:count]) for count in (1, 250, 500, 1000, 2000)}
    seen = rounds(commands, times)
    print(f"\n{'files':>8}{'ms CPU a file':>15}{'MiB':>7}   (without start-up)")
    for name, (cpu, _, memory) in seen.items():
        if name != "1":
            print(f"{name:>8}{(cpu - seen['1'][0]) / (int(name) - 1) * 1000:15.3f}{memory:7.0f}")


if __name__ == "__main__":
    main()
