"""The name of a person as it is learned, and the forms in which it comes back.

A PN value says which part is the family name; anything else ("Jane Doe", ``doe_jane``) leaves the order open. Parts are
folded: no case, no diacritics, no separators.
"""

# ruff: noqa: RUF001 - names are written in many ways

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from fw_gear_deid_check.detectors.folding import fold, squash
from fw_gear_deid_check.detectors.vocabulary import (
    CAMEL,
    EVERYDAY,
    PARTICLES,
    TITLES,
    commonest_last_names,
    is_dummy,
    is_first,
    is_last,
    is_word,
    own_words,
)

LONGEST = 256
"""Characters of a name that are looked at."""
UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe"}
)
_SPLIT = re.compile(r"[\s_.,;^=/\\|+&]+")
_MARKS = re.compile(r"['’`´\-‐‑]")
MONOSYLLABIC = re.compile(r"[^\x00-\u1fff]")
"""Han, kana and Hangul: no boundaries between words, short names the rule."""


class Form(NamedTuple):
    """A squashed spelling of a name.

    Attributes
    ----------
    text
        Letters and digits, folded.
    parts
        How many parts of the name it holds: 2 for both, or initial and family name; 1 for one part alone.
    strong
        Whether it stands for the name by itself.
    initials
        Whether one part is only there by its initial.
    everyday
        Whether both parts are everyday words.
    proper
        Whether it is a family name that tells only where it is written as a name: it is short, or a word as well.
    """

    text: str
    parts: int
    strong: bool
    initials: bool = False
    everyday: bool = False
    proper: bool = False


class Person(NamedTuple):
    """Folded parts of one spelling of a name; ``ordered`` says that family and given name are known apart."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    ordered: bool

    @property
    def tokens(self) -> tuple[str, ...]:
        """Parts of two letters and more, without particles: what the name is known by."""
        both = (*self.family, *self.given)
        kept = tuple(token for token in both if token not in PARTICLES and (len(token) > 1 or not token.isascii()))
        return kept or tuple(token for token in both if len(token) > 1 or not token.isascii())


def _words(text: str) -> list[str]:
    words = [word for word in _SPLIT.split(text) if any(map(str.isalnum, word))]
    return [word for word in words if fold(word).strip("()[]\"'") not in TITLES]


def _tokens(words: list[str]) -> tuple[str, ...]:
    return tuple(filter(None, (squash(_MARKS.sub("", word)) for word in words)))


def people(value: str) -> list[Person]:
    """Return the spellings of a name: one for each group of a PN (alphabetic, ideographic, phonetic).

    >>> people("DOE^JANE^M")
    [Person(family=('doe',), given=('jane', 'm'), ordered=True)]
    >>> people("Wang^XiaoDong=王^小东")[1]
    Person(family=('王',), given=('小东',), ordered=True)
    """
    found: list[Person] = []
    for group in value[:LONGEST].split("="):
        if "^" in group:
            components = [*group.split("^"), "", ""][:3]
            family, given = _words(components[0]), _words(" ".join(components[1:3]))
            ordered = bool(family and given)
        elif group.count(",") == 1 and all(part.strip() for part in group.split(",")):
            first, second = group.split(",")
            family, given, ordered = _words(first), _words(second), True
        else:
            words = _words(group)
            if len(words) == 1 and words[0].isascii():
                words = [part for part in CAMEL.findall(words[0]) if part.lower() not in TITLES] or words
            family, given, ordered = words[-1:], words[:-1], False
        person = Person(_tokens(family), _tokens(given), ordered)
        if person.family or person.given:
            found.append(person)
    return found


def variants(value: str) -> Iterator[str]:
    """Yield the name with its umlauts as they are, spelled out, and with those that are spelled out taken back."""
    yield value
    spelled = value.translate(UMLAUTS)
    if spelled != value:
        yield spelled
    folded = fold(value)
    plain = re.sub(r"(?<=[b-df-hj-np-tv-z])([aou])e(?=[b-df-hj-np-tv-z])", r"\1", folded)
    if plain != folded:
        yield plain


def _is_everyday(token: str) -> bool:
    return _is_vocabulary(token) or (is_word(token) and not is_last(token) and not is_first(token))


def _is_person(person: Person) -> bool:
    """Tell whether somebody is called so, and nothing else: a given name goes with it that is no word of imaging."""
    return person.ordered and any(
        len(token) > 2 and not is_dummy(token) and (is_first(token) or not is_word(token)) for token in person.given
    )


def _is_vocabulary(token: str) -> bool:
    """Tell whether a token is an everyday word or one of imaging's own, whoever may be called so."""
    if is_dummy(token) or token in EVERYDAY or token in PARTICLES or token in TITLES:
        return True
    return token in own_words() and token not in commonest_last_names()


def _alternatives(tokens: tuple[str, ...]) -> list[str]:
    """Return how a family or a given name of several tokens is shortened: all joined, each one alone, pairs."""
    whole = "".join(tokens)
    core = [token for token in tokens if token not in PARTICLES and (len(token) > 1 or not token.isascii())]
    options = [whole, "".join(core), *tokens[:1], *core]
    if len(core) > 2:
        options += ["".join(pair) for pair in itertools.pairwise(core)]
    return list(dict.fromkeys(filter(None, options)))


def forms(value: str) -> list[Form]:
    """Return the squashed forms in which a name is searched for, strong ones first.

    Both parts in both orders; initial and family name; a part alone where it has four letters and is no everyday word.
    """
    found: dict[str, Form] = {}

    def add(text: str, parts: int, *, strong: bool, **how: bool) -> None:
        known = found.get(text)
        if known is None or (strong and not known.strong):
            found[text] = Form(text, parts, strong, **how)

    for person in itertools.chain.from_iterable(map(people, variants(value[:LONGEST]))):
        families, givens = _alternatives(person.family), _alternatives(person.given)
        if not person.ordered and len(person.given) > 1:
            families += [token for token in _alternatives(person.given) if token not in families]
            givens += [token for token in _alternatives(person.family) if token not in givens]
        for family, given in itertools.product(families, givens):
            if family == given:
                continue
            for both in (family + given, given + family):
                if len(both) >= 6 or not both.isascii():
                    add(both, 2, strong=True, everyday=_is_everyday(family) and _is_everyday(given))
                elif len(both) >= 4 and not _is_everyday(both):
                    add(both, 2, strong=False)
            middles = [token for token in person.given[1:] if token != given]
            for middle in middles[:2]:
                for piece in {middle, middle[0]}:
                    add(family + given + piece, 2, strong=True)
                    add(given + piece + family, 2, strong=True)
            _add_initials(add, family, given, person)
        for group, alone_is_strong in ((families, True), (givens, not person.ordered)):
            for token in group:
                called = group is families and _is_person(person) and not _is_vocabulary(token)
                if len(token) >= 4 and token.isascii() and (called or not _is_everyday(token)):
                    add(token, 1, strong=alone_is_strong)
                elif len(token) >= 2 and not token.isascii() and (MONOSYLLABIC.match(token) or len(token) >= 4):
                    add(token, 1, strong=alone_is_strong and len(token) >= 2)
                elif person.ordered and group is families and len(token) >= 2 and not is_dummy(token):
                    eponym = token in own_words() and token not in commonest_last_names()
                    add(token, 1, strong=not eponym, proper=True)
    return sorted(found.values(), key=lambda form: (-form.parts, not form.strong, -len(form.text)))


def short_pairs(value: str) -> set[tuple[str, str]]:
    """Return pairs of tokens that tell of a name only side by side: short ones, and those that are everyday words."""
    pairs: set[tuple[str, str]] = set()
    for found in itertools.chain.from_iterable(map(people, variants(value[:LONGEST]))):
        for family, given in itertools.product(_alternatives(found.family), _alternatives(found.given)):
            both = (family, given)
            if family == given or not all(token.isascii() and len(token) >= 2 for token in both):
                continue
            if any(len(token) < 4 or _is_everyday(token) for token in both):
                pairs.add(both)
    return pairs


def _add_initials(add: Callable[..., None], family: str, given: str, person: Person) -> None:
    if not family.isascii() or not given.isascii():
        return
    initials = "".join(token[0] for token in person.given)
    pairs = {(given[0], family), (family, given[0]), (given, family[0])}
    if len(initials) > 1:
        pairs |= {(initials, family), (family, initials)}
    for one, two in pairs:
        text = one + two
        if len(text) >= 4 and not _is_everyday(text):
            long = max(one, two, key=len)
            add(text, 2, strong=len(text) >= 5 and not _is_everyday(long) and long == family, initials=True)


def identity(value: str) -> str:
    """Return the canonical form of a name: its tokens of the first spelling, folded, in alphabetical order.

    >>> identity("DOE^JANE^M") == identity("Jane Doe") == identity("doe_jane")
    True
    """
    spellings = people(value)
    tokens = spellings[0].tokens if spellings else ()
    plain = [re.sub(r"(?<=[b-df-hj-np-tv-z])([aou])e(?=[b-df-hj-np-tv-z])", r"\1", token) for token in tokens]
    return " ".join(sorted(plain)) or squash(value)
