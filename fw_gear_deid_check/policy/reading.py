"""Reading: policy files -> settings, with every mistake in them and in what they extend, one line each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fw_gear_deid_check.errors import PolicyError
from fw_gear_deid_check.policy import document
from fw_gear_deid_check.policy.sections import Reader, one_line
from fw_gear_deid_check.policy.settings import Settings
from fw_gear_deid_check.rules import Rule

BUILTIN = Path(__file__).with_name("builtin")
DEEPEST = 5
"""Policies that extend policies."""


def names() -> list[str]:
    """Return the names of the built-in policies, the default first."""
    found = sorted(path.stem for path in BUILTIN.glob("*.yaml"))
    return sorted(found, key=lambda name: name != "site")


def load(source: str | Path, rules: Iterable[Rule] | None = None) -> Settings:
    """Return the settings of the policy of that name, or of that YAML file; raise `PolicyError`."""
    catalogue = None if rules is None else frozenset(word for rule in rules for word in (rule.id, rule.slug))
    mistakes: list[str] = []
    settings = _load(source, Path(), catalogue, mistakes, depth=0)
    if mistakes or settings is None:
        raise PolicyError(str(source), mistakes)
    return settings


def _load(
    source: str | Path, folder: Path, catalogue: frozenset[str] | None, mistakes: list[str], depth: int
) -> Settings | None:
    path = BUILTIN / f"{source}.yaml" if source in names() else folder / source
    if depth > DEEPEST:
        mistakes.append(f"extends more than {DEEPEST} policies, or itself")
        return None
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            mistakes.append(f"no such file; built in are {', '.join(names())}")
            return None
        if size > document.LARGEST:
            mistakes.append(f"larger than {document.LARGEST} bytes")
            return None
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        mistakes.append(f"can't be read: {error.strerror}")
        return None
    except UnicodeDecodeError:
        mistakes.append("not UTF-8 text")
        return None
    read = document.read(text)
    reader = Reader(read, catalogue)
    if read.mistakes:
        mistakes.extend(read.mistakes)
        return None
    values = reader.mapping(read.values if read.values is not None else {}, ())
    extends = values.get("extends", "site")
    base: Settings | None = Settings()
    if extends != "none":
        inherited: list[str] = []
        base = _load(str(extends), path.parent, catalogue, inherited, depth + 1)
        mistakes.extend(one_line(f"line {read.line(('extends',))}: in {extends}: {mistake}") for mistake in inherited)
    settings = reader.settings(values, base or Settings(), path.stem)
    mistakes.extend(mistake for _, mistake in sorted(reader.mistakes))
    return settings
