"""Eponyms and citations: names of people that say nothing of whom the data are of.

Tests, methods and atlases are named after people, papers are cited by theirs, and software is copyrighted by them. A name
that stands so is quiet; what only looks like it (``Smith 2004``) isn't. A person whose name is known is found all the same.
"""

# ruff: noqa: E501, RUF001, SIM905 - tables read better whole

from __future__ import annotations

import itertools
import re

from fw_gear_deid_check.detectors.expressions import expression
from fw_gear_deid_check.detectors.folding import fold
from fw_gear_deid_check.detectors.recognizer import Match

COMPOUNDS = frozenset(
    # statistics
    "mann-whitney kolmogorov-smirnov anderson-darling shapiro-wilk cramer-rao cramer-von cochran-mantel mantel-haenszel "
    "hardy-weinberg newman-keuls brown-forsythe durbin-watson breusch-pagan dickey-fuller metropolis-hastings box-cox "
    "box-jenkins hodges-lehmann kaplan-meier nelson-aalen johnson-lindenstrauss robbins-monro ornstein-uhlenbeck "
    "kullback-leibler jensen-shannon jensen-bregman dempster-shafer baum-welch yule-walker levinson-durbin kruskal-wallis "
    "greenhouse-geisser huynh-feldt holm-bonferroni benjamini-yekutieli benjamini-hochberg dunn-sidak hosmer-lemeshow "
    "bland-altman fisher-yates neyman-pearson gauss-markov wald-wolfowitz jonckheere-terpstra fligner-killeen siegel-tukey "
    "games-howell henze-zirkler marcenko-pastur tracy-widom lilliefors-van cornish-fisher freeman-tukey agresti-coull "
    "kenward-roger welch-satterthwaite lee-carter barnes-hut "
    # mathematics, algorithms, signals, images
    "runge-kutta gram-schmidt karhunen-loeve crank-nicolson gauss-seidel cauchy-schwarz michaelis-menten fokker-planck "
    "navier-stokes lomb-scargle parks-mcclellan lucas-kanade horn-schunck mumford-shah chan-vese perona-malik "
    "douglas-peucker ramer-douglas needleman-wunsch smith-waterman floyd-warshall bellman-ford ford-fulkerson "
    "watts-strogatz barabasi-albert erdos-renyi fruchterman-reingold kamada-kawai levenberg-marquardt nelder-mead "
    "fletcher-reeves polak-ribiere hooke-jeeves frank-wolfe davidon-fletcher marr-hildreth savitzky-golay shepp-logan "
    "feldkamp-davis kaiser-bessel beer-lambert lambert-beer hodgkin-huxley fitzhugh-nagumo hindmarsh-rose wilson-cowan "
    "jansen-rit morris-lecar rescorla-wagner biot-savart stern-gerlach cooley-tukey reed-solomon lempel-ziv diffie-hellman "
    "rivest-shamir knuth-morris boyer-moore rabin-karp johnson-nyquist fermi-dirac bose-einstein lennard-jones clark-evans "
    "carr-purcell bloch-siegert bloch-torrey solomon-bloembergen stejskal-tanner stokes-einstein kety-schmidt "
    "tukey-kramer girvan-newman moore-penrose sherman-morrison newton-raphson broyden-fletcher fletcher-goldfarb goldfarb-shanno "
    "henderson-hasselbalch hotelling-lawley spearman-brown getis-ord "
    # tests and scales
    "rey-osterrieth hoehn-yahr hunt-hess fugl-meyer kellgren-lawrence montgomery-asberg beck-hopelessness young-mania "
    "wechsler-bellevue halstead-reitan luria-nebraska stanford-binet kaufman-brief woodcock-johnson gates-macginitie "
    "berg-balance peabody-picture eysenck-personality hopkins-verbal pittsburgh-sleep edinburgh-handedness "
    "simon-task hamilton-anxiety hamilton-depression "
    "delis-kaplan bender-gestalt benton-visual mattis-dementia blessed-dementia apgar-family yale-brown "
    # anatomy and disease
    "edinger-westphal brown-sequard guillain-barre charcot-marie wernicke-korsakoff gerstmann-straussler kluver-bucy "
    "lambert-eaton miller-fisher steele-richardson shy-drager hallervorden-spatz niemann-pick tay-sachs louis-bar klippel-feil "
    "arnold-chiari budd-chiari osgood-schlatter legg-calve epstein-barr bence-jones henoch-schonlein stevens-johnson "
    "landau-kleffner wolff-parkinson adams-stokes blalock-taussig hand-schuller erdheim-chester dandy-walker sturge-weber "
    "hunter-hurler swyer-james sinding-larsen kearns-sayre lesch-nyhan swyer-james "
    "hunter-schreger baker-gordon harvard-oxford desikan-killiany harrington-hollingsworth".split()
)
"""Two names with a hyphen that are one thing; folded. Not by halves: Mann and Whitney are people."""

ALONE = frozenset(
    "dijkstra kolmogorov viterbi matern likert cronbach fleiss youden gini pareto zipf benford wechsler ekman vineland karnofsky "
    "apgar luria rorschach hayling mahalanobis minkowski chebyshev hilbert huffman nesterov krylov lyapunov wasserstein sinkhorn "
    "frobenius hankel toeplitz vandermonde".split()
)
"""Names that, as a whole description, are those of a method: a family name alone is a hint of a person, no more."""

NOUN = expression(
    r"(?:'s|’s|s')?[ _\-](?:disease|syndrome|sign|lesion|fracture|tumou?r|cyst|procedure|operation|test|(?:rating )?scale|score|d(?![^\W_])"
    r"|kappa|index|criteria|classification|grade|method|sequence|filter|transform|algorithm|model|equation|effect|area|node|space|view"
    r"|projection|line|angle|ratio|atlas|catheter|drain|stent|ligament|canal|rods?|maneuver|manoeuvre|position|type|stage"
    r"|contracture|deformity|palsy|chorea|dementia|encephalopathy|anomaly|malformation|hernia|duct|body|bodies)",
    re.IGNORECASE,
)
"""What follows a name that something is called by: ``Wilson disease``."""
RARER_NOUN = expression(
    r"(?:'s|’s|s')?[ _\-](?:(?:[^\W\d_]{3,16}[ _]){0,2}(?:atlas|template|parcellation|toolbox|inventory|questionnaire)s?|brain (?:map|bank)|grids?|statistics?|distributions?|distances?|divergences?"
    r"|kernels?|matri(?:x|ces)|norms?|coefficients?|correlations?|regressions?|estimators?|priors?|entropy|exponents?|modularity|conditions?|pseudoinverse|formulas?|trace|criterion|theorem|lemma|law|rule"
    r"|inequality|polynomials?|integral|constant|pouch|column|retinotopy|paradigm|cueing"
    r"|circuit|nucle(?:us|i)|gyrus|sulcus|fissure|ganglion|plexus|institute|university|foundation|initiative|consortium|decomposition"
    r"|factori[sz]ation|u(?![^\W_])"
    r"|(?:depression|anxiety|naming|verbal|visual|auditory|memory|hopelessness|handedness) (?:inventory|scale|test|rating|learning|task))"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
"""What follows a name alone that something is called by: ``Allen Brain Atlas``. Behind a title, a person's all the same."""

_NAME = r"[^\W\d_a-z][^\W\d_]{1,30}(?:[-'’][^\W\d_]{1,30})?(?:[ ][A-Z]{1,3}(?![^\W_])\.?)?"
_YEAR = r"(?:19[5-9]\d|20\d\d)[a-z]?(?![\w/\-])"
_MORE = rf"(?:,?[ ](?:(?:and|und|et|&)[ ])?{_NAME}|,[ ][A-Z]\.(?:[ -]?[A-Z]\.)?)"
ET_AL = expression(rf"{_MORE}{{0,3}},?[ ]et[ ]al(?![^\W_])")
YEAR_IN_BRACKET = expression(rf"({_MORE}{{0,6}}),?[ ](et[ ]al\.?,?[ ])?{_YEAR}(?=[)\];,])")
YEAR_ALONE = expression(rf"({_MORE}{{0,6}})[ ]\({_YEAR}\)")
BRACKET = expression(r"[(\[]([^()\[\]\n]{0,160})$")
CITED = expression(
    rf"(?:RRID:\w{{1,16}}|see|e\.g\.|cf\.|et|al\.?|and|und|&|{_YEAR}|[^\W\d_a-z][^\W\d_]{{0,30}}\.?(?:[-'’][^\W\d_]{{1,30}})?)[,;]{{0,2}}"
)
AND = expression(r"[^\W\d_a-z][^\W\d_]{1,30},? (?:and|und|&) $")
COPYRIGHT = expression(r"(?:copyright|©|\(c\))[^\n\r]{0,80}$", re.IGNORECASE)
_FIELD = expression(r"[:=][^\n\r]{0,120}\Z")
_FOLLOWING = expression(r"[ ][^\W\d_]{1,16}")
_REFERENCE = r"[^\W\d_a-z][\w'’\-]{1,30}[ ][A-Z]{1,3}"
REFERENCES_AFTER = expression(rf"(?:[ ][A-Z]{{1,3}})?(?:[,;][ ]{_REFERENCE}){{2}}(?![^\W_])")
REFERENCES_BEFORE = expression(rf"(?:(?<![^\W_]){_REFERENCE}[,;][ ]){{2}}\Z")
REFERENCES_AROUND = (
    expression(rf"(?<![^\W_]){_REFERENCE}[,;][ ]\Z"),
    expression(rf"(?:[ ][A-Z]{{1,3}})?[,;][ ]{_REFERENCE}(?![^\W_])"),
)
"""Three authors as papers list them: ``Fonov VS, Evans AC, Collins DL``."""
YEAR_OF_PAPER = expression(r"(?:\. |[ ]\()(?:19|20)\d\d[a-z]?\)?\. ")
VOLUME = expression(r"\d{1,4} ?\(\d{1,4}\)|\d[\-–]\d|doi\.org/")
YEAR_AND_VOLUME = expression(r"(?:19|20)\d\d(?: [A-Z][a-z]{2})?;\d{1,4}(?:\(\w{1,10}\)| Suppl \d)?:[A-Za-z]?\d")
_NO_AUTHORS = expression(r"[\n\r\d:;()]")
_LINE_ENDS = expression(r"[\n\r]")
ENTRY = 400
"""Characters of the authors, and of the title, of an entry of a list of references."""
AUTHOR = expression(
    r"(?<![^\W\d_])(?:authors?|maintainers?|contributors?|developers?)[\"'_]{0,3}(?:\[[^\]\n]{0,32}\])?\s?[:=][ \t]{0,8}[^\n\r:=\d]{0,80}(?<!Dr\.[ ])(?<!Prof\.[ ])(?<!Dr[ ])\Z",
    re.IGNORECASE,
)
"""Who wrote a file or a program: nobody of the study as a rule, so that somebody has to look."""
_ANY_YEAR = expression(r"(?<!\d)(?:19|20)\d\d(?!\d)")
REACH = 200
"""Characters before a name that can open the citation or the line it stands in."""


def judged(text: str, match: Match) -> Match | None:
    """Return the name that was found, weak where it is that of who wrote the text; None where it is no person's."""
    if _is_of_no_person(text, match):
        return None
    if match.strong and AUTHOR.search(text, max(0, match.start - REACH), match.start):
        return match._replace(strong=False)
    return match


def _is_of_no_person(text: str, match: Match) -> bool:
    """Tell whether a name stands for a method, a paper or who owns a program."""
    if "al" in text and ET_AL.match(text, match.end):
        return True
    before = text[max(0, match.start - REACH) : match.start]
    if "." in text and _is_listed(text, match.end) and not _FIELD.search(before):
        return True
    owned = COPYRIGHT.search(before)
    if owned and _ANY_YEAR.search(text, match.start - len(owned[0]), match.end + 24):
        return True
    if match.strong:
        return False
    return _is_eponym(text, match) or _is_cited(text, before, match)


def _is_listed(text: str, end: int) -> bool:
    """Tell whether an entry of a list of references goes on: authors, the year, the paper, its volume and pages."""
    year = YEAR_OF_PAPER.search(text, end, end + ENTRY)
    if year and not _NO_AUTHORS.search(text, end, year.start()):
        volume = VOLUME.search(text, year.end(), year.end() + ENTRY)
        if volume and not _LINE_ENDS.search(text, year.end(), volume.start()):
            return True
    both = YEAR_AND_VOLUME.search(text, end, end + ENTRY)
    return both is not None and not _LINE_ENDS.search(text, end, both.start())


def _is_eponym(text: str, match: Match) -> bool:
    if any(compound in COMPOUNDS for compound in _compounds(text, match)):
        return True
    whole = fold(text.strip(" .,;:()[]'\"\0"))
    return whole in ALONE and whole == fold(text[match.start : match.end])


def _compounds(text: str, match: Match) -> list[str]:
    """Return the pairs of words with a hyphen that the match is in or overlaps, folded."""
    start, end = match.start, match.end
    while start > max(0, match.start - 32) and (text[start - 1].isalpha() or text[start - 1] in "-–"):
        start -= 1
    while end < min(len(text), match.end + 32) and (text[end].isalpha() or text[end] in "-–"):
        end += 1
    following = _FOLLOWING.match(text, end)
    end = following.end() if following else end
    words = fold(text[start:end]).replace("–", "-").replace(" ", "-").split("-")
    return [f"{one}-{two}" for one, two in itertools.pairwise(words)]


def _is_cited(text: str, before: str, match: Match) -> bool:
    """Tell whether two names at least stand before a year, in brackets or before one in brackets."""
    if REFERENCES_AFTER.match(text, match.end) or REFERENCES_BEFORE.search(before):
        return True
    if REFERENCES_AROUND[0].search(before) and REFERENCES_AROUND[1].match(text, match.end):
        return True
    several = AND.search(before)
    alone = YEAR_ALONE.match(text, match.end)
    if alone:
        return bool(several or alone[1])
    year, bracket = YEAR_IN_BRACKET.match(text, match.end), BRACKET.search(before)
    if not year or not bracket:
        return False
    inside = bracket[1].split()
    return bool(inside or year[1] or year[2]) and all(map(CITED.fullmatch, inside))
