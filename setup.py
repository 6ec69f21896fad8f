"""Puts the gear's manifest, which Flywheel wants at the root of the repository, into the built package too."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithManifest(build_py):
    """Builds the package with a copy of the one ``manifest.json``; an editable installation finds the original."""

    def run(self) -> None:
        """Build."""
        super().run()
        if not self.editable_mode:
            self.copy_file("manifest.json", str(Path(self.build_lib) / "fw_gear_deid_check" / "manifest.json"))


setup(cmdclass={"build_py": WithManifest})
