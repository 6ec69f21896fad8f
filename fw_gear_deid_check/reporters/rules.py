"""The text of a rule, for ``deid-check rules ID`` and for docs/rules.md: what, why, examples, remedy, how to suppress.

Both are made from the rule alone, so neither can say something else than the other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby

from fw_gear_deid_check.reporters.words import category_words
from fw_gear_deid_check.rules import Rule

EFFECT = {
    "FAIL": "a finding makes the verdict FAIL",
    "REVIEW": "a finding makes the verdict REVIEW: a person has to look",
    "INFO": "a finding is noted and never changes the verdict",
}
INTRODUCTION = """\
# Rules

Made by `deid-check rules --markdown` from what the checkers declare: change a rule beside its checker, not here.
The level is the one of the policy `site`; `deid-check policy NAME` prints another policy's. `deid-check rules ID`
prints one of these on a terminal. All examples are invented.

What a rule finds where it may stay is suppressed in a policy file ([policy.md](policy.md)); it stays in the report,
with the reason:

```yaml
extends: site
suppress:
  - rule: DCM001
    path: "localizer/*"
    pointer: "PatientName"
    reason: "who looked, when, and why it may stay"
```
"""


def listing(rules: Iterable[Rule]) -> str:
    """Return one line a rule: id, level, slug, summary."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    width = max((len(rule.slug) for rule in ordered), default=0)
    return "\n".join(f"{rule.id}  {rule.level:<6}  {rule.slug:<{width}}  {rule.summary}" for rule in ordered)


def explanation(rule: Rule, width: int = 88) -> str:
    """Return everything about a rule as text for a terminal."""
    lines = [f"{rule.id} {rule.slug}", "", *textwrap.wrap(sentence(rule.summary), width)]
    if rule.why:
        lines += ["", *textwrap.wrap(sentence(rule.why), width)]
    lines.append("")
    label = max(len(name) for name, _ in facts(rule))
    for name, text in facts(rule):
        lines += textwrap.wrap(
            text,
            width,
            initial_indent=f"{name:<{label}}  ",
            subsequent_indent=" " * (label + 2),
            break_on_hyphens=False,
        )
    lines += ["", *textwrap.wrap("To suppress it where it may stay, with the reason, in a policy file:", width), ""]
    lines += [f"  {line}" for line in suppression(rule).splitlines()]
    return "\n".join(lines)


def markdown(rules: Iterable[Rule]) -> str:
    """Return docs/rules.md: an overview, then a section a rule, in the order of their ids."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    parts = [INTRODUCTION]
    for prefix, same in groupby(ordered, key=lambda rule: rule.id[:3]):
        rows = [
            f"| [{rule.id}](#{rule.id.lower()}) | {rule.level} | `{rule.slug}` | {cell(rule.summary)} |"
            for rule in same
        ]
        parts.append(
            "\n".join([f"## {prefix}\n", "| rule | level | slug | looks for |", "|---|---|---|---|", *rows]) + "\n"
        )
    parts += [section(rule) for rule in ordered]
    return "\n".join(parts)


def section(rule: Rule) -> str:
    """Return the section of a rule in docs/rules.md."""
    lines = [f"### {rule.id}", "", f"**{rule.slug}.** {sentence(rule.summary)} {sentence(rule.why)}".rstrip(), ""]
    lines += [f"* {name}: {f'`{text}`' if name in {'Bad', 'Good'} else text}" for name, text in facts(rule)]
    return "\n".join([*lines, ""])


def facts(rule: Rule) -> list[tuple[str, str]]:
    """Return what is told of a rule, as pairs of a name and a text."""
    pairs = [
        ("Level", f"{rule.level}: {EFFECT[rule.level]}"),
        ("Clause", rule.source),
        ("HIPAA", category_words(rule.category)),
        ("Bad", rule.bad),
        ("Good", rule.good),
        ("Remedy", sentence(rule.remedy)),
    ]
    return [(name, text) for name, text in pairs if text]


def suppression(rule: Rule) -> str:
    """Return the lines of a policy that suppress a rule at one place, to be filled in."""
    return (
        f'suppress:\n  - rule: {rule.id}\n    path: "localizer/*"\n    reason: "who looked, when, and why it may stay"'
    )


def sentence(text: str) -> str:
    """Return the text with a full stop at its end.

    >>> sentence("Look at it"), sentence("Why?"), sentence("")
    ('Look at it.', 'Why?', '')
    """
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def cell(text: str) -> str:
    """Return the text fit for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
