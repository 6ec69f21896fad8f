"""Words: which are the language of imaging, and which are names of people.

The words of imaging are those of DICOM's own dictionaries (``dictionary_words.txt``, made by
``tests/detectors/make_vocabulary.py``) and a list of our own: scanners, eponyms, sequences, what technologists write. They keep
``HEAD^Brain Routine`` from being a person. The names are common ones of several cultures; they serve in pairs only.
"""

# ruff: noqa: E501, RUF001, SIM905 - tables and patterns read better whole

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from fw_gear_deid_check.detectors.folding import fold

LETTERS = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôûåøæœ")

DUMMIES = frozenset(
    "anon anonymous anonymized anonymised anonymize anonymise deidentified deid removed redacted none null unknown "
    "unspecified test testing tester phantom dummy sample example demo xxx xxxx xxxxx xxxxxxxx qa qc acr nema "
    "nobody noname blank empty masked hidden withheld scrubbed cleared deleted study research volunteer control "
    "subject patient participant service daily weekly calibration "
    # the same in other languages
    "anonym anonyme anonyma anonymise anonymisee anonymisiert anonymiserad anonymiseret anonimo anonima anonimizado anonimizada "
    "anonimizzato geanonimiseerd anoniem anonimowy anonimowa zanonimizowano anonim anonimlestirilmis entfernt geloscht geschwarzt "
    "unbekannt supprime supprimee efface inconnu inconnue eliminado eliminada borrado desconocido desconocida removido rimosso rimossa "
    "sconosciuto desconhecido verwijderd onbekend borttagen borttaget fjernet slettet ukjent ukendt okand poistettu tuntematon usunieto "
    "usuniete nieznany silindi bilinmiyor аноним анонимно анонимныи анонимизировано удалено неизвестно 匿名 匿名化 已匿名 已删除 未知 不明 削除 削除済 なし "
    "익명 익명화 삭제 삭제됨 없음 미상 مجهول محذوف".split()
)
"""Words that stand where a name was, or that name an object: no person."""

TITLES = frozenset(
    "dr mr mrs ms miss prof sir md phd jr sr ii iii iv rn rt do np pa bs ba dds esq herr frau fr".split()
)
PARTICLES = frozenset(
    "van von der den de del della dela la le da dos das di du el al ibn bin bint ben abu ter ten zu zum af av st san "
    "santa mac mc y e".split()
)

EVERYDAY = frozenset(
    "remove removed delete replace change pii phi young will may august april june grant chase mark marks bill rose roses hope frank hunter price lane church street page park parks field "
    "fields moon star summer winter spring black white green gray grey brown gold silver king knight bishop pope rich best good noble sharp swift "
    "strong power powers wise small little short long low law love joy grace faith dawn eve ivy lily violet olive pearl ruby amber crystal holly "
    "iris ginger basil cash case camp cook butler carter cooper farmer fisher fowler gardner mason miller porter shepherd weaver baker bell ball "
    "banks bank bar barber bass beach bean bear berry bird blood bloom boot bond bow box boyd branch bridge bridges bright brook brooks bush cain "
    "cane card cross day days dean dial drew drummer duke earl early east ember flood flower flowers ford forest fox free freed frost fry gain "
    "gate gates gene glass glover golden hall hand hands hart head heart heath herb hill hills holiday house hull hunt jack jay jewel joint keen "
    "key keys lake lamb land last leaf lee limb link lock loop lord lot love lung main major male man many march mark marsh mast may mead mean "
    "mercy miles mills mint more moss mount neal neck night north nose nut oaks page paige pain palmer part past path patient peace peak pen "
    "penny person pitt plane plant pond poole porter post pound price prince rain rains ray read red reed rest rice rich rim ring rivers road "
    "robin rock rod root rose rush sage salt sand savage scan see self sense series session shade shields shin short side signal silk skin slice "
    "small snow song south spear spine stack stand steel stern still stone storm study sun sweet tag temple terry test thorn tide time tip tissue "
    "title todd tone tooth town tract true trust van vance vein vest view volume wade walker wall walls wang ward ware waters wave way weeks well "
    "wells west wheel whole wing wolf wood woods worth yard year zone angel art bob carol chance charity chip chuck cliff colt dean destiny "
    "dick don drew dusty eden gene guy harmony kit lance lane laurel lee lucky max melody misty nick "
    "pat patience pierce ray reed rob rusty sandy sky sue tiger trinity val victor vic woody".split()
)
"""Everyday words that are also names: they tell of a person only beside the other part of the name."""

COMMONEST = 150
"""Family names that are so common that nobody thinks of the machine or the method that is called like it."""

STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR".split()
)

PUBLIC_HOSTS = frozenset(
    "github.com githubusercontent.com github.io gitlab.com bitbucket.org w3.org xmlsoap.org nema.org dicomstandard.org "
    "loinc.org snomed.org ihe.net hl7.org iana.org ietf.org iso.org doi.org orcid.org zenodo.org osf.io figshare.com "
    "openneuro.org nitrc.org bids.neuroimaging.io neuroimaging.io flywheel.io humanconnectome.org nih.gov "
    "cancerimagingarchive.net python.org pypi.org readthedocs.io readthedocs.org docker.com docker.io mathworks.com "
    "slicer.org itk.org vtk.org kitware.com dcmtk.org offis.de dcm4che.org orthanc-server.com pydicom.org nipy.org "
    "fmriprep.org freesurfer.net oxfordasl.org creativecommons.org opensource.org apache.org gnu.org adobe.com "
    "microsoft.com openxmlformats.org purl.org ns.adobe.com schema.org json-schema.org apple.com siemens.com "
    "siemens-healthineers.com gehealthcare.com gemedicalsystems.com philips.com example.invalid cognitiveatlas.org "
    "obolibrary.org bioontology.org ebi.ac.uk identifiers.org interlex.org scicrunch.org neurolex.org hedtags.org w3id.org "
    "wikidata.org wikipedia.org snomed.info rrid.site templateflow.org neurovault.org openfmri.org dandiarchive.org "
    "crossref.org spdx.org unitsofmeasure.org xmlns.com dublincore.org docbook.org oasis-open.org omg.org ogp.me rdfs.org unicode.org khronos.org "
    "ecma-international.org ieee.org acm.org "
    # software
    "matplotlib.org numpy.org scipy.org scikit-learn.org scikit-image.org pydata.org jupyter.org ipython.org anaconda.com anaconda.org conda.io "
    "conda-forge.org plotly.com plot.ly d3js.org bokeh.org r-project.org bioconductor.org rstudio.com posit.co julialang.org inkscape.org "
    "sourceforge.net sourceforge.io libreoffice.org openoffice.org cairographics.org ghostscript.com latex-project.org ctan.org tug.org "
    "graphviz.org gnome.org kde.org gimp.org imagemagick.org mozilla.org npmjs.com nodejs.org jsdelivr.net unpkg.com cdnjs.cloudflare.com "
    "fonts.googleapis.com fonts.gstatic.com bootstrapcdn.com getbootstrap.com jquery.com mathjax.org cmake.org qt.io oracle.com intel.com "
    "nvidia.com debian.org ubuntu.com centos.org redhat.com kernel.org sylabs.io apptainer.org quay.io ghcr.io tensorflow.org pytorch.org "
    "huggingface.co opencv.org vispy.org pyvista.org paraview.org imagej.net imagej.org exiftool.org exiv2.org libtiff.org libpng.org "
    # imaging's own, public data and papers
    "nipreps.org mrtrix.org dipy.org bidsstandard.org psychopy.org psychtoolbox.org neurobs.com pstnet.com brainvisa.info brain-map.org "
    "brain-development.org oasis-brains.org ukbiobank.ac.uk physionet.org datadryad.org dataverse.org datacite.org fsl.fmrib.ox.ac.uk "
    "surfer.nmr.mgh.harvard.edu fil.ion.ucl.ac.uk loni.usc.edu bic.mni.mcgill.ca nature.com sciencedirect.com elsevier.com wiley.com "
    "springer.com springernature.com frontiersin.org plos.org arxiv.org biorxiv.org medrxiv.org mdpi.com tandfonline.com sagepub.com oup.com "
    "cambridge.org science.org sciencemag.org pnas.org jneurosci.org ajnr.org cell.com thelancet.com nejm.org bmj.com jstor.org "
    "stackoverflow.com".split()
)
"""Hosts of standards, software and public archives: their addresses say nothing of a person."""


def _read(name: str) -> frozenset[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def imaging_words() -> frozenset[str]:
    """Return the words of imaging, folded."""
    return _read("dictionary_words.txt") | own_words() | DUMMIES


@cache
def own_words() -> frozenset[str]:
    """Return the words of imaging that DICOM's dictionaries don't have, folded."""
    return _read("imaging_words.txt")


@cache
def first_names() -> frozenset[str]:
    """Return common given names, folded."""
    return _read("first_names.txt")


@cache
def last_names() -> frozenset[str]:
    """Return common family names, folded."""
    return _read("last_names.txt")


@cache
def commonest_last_names() -> frozenset[str]:
    """Return the most common family names, folded: the list begins with them."""
    text = files(__package__).joinpath("last_names.txt").read_text(encoding="utf-8")
    return frozenset(" ".join(line for line in text.splitlines() if not line.startswith("#")).split()[:COMMONEST])


def is_word(token: str) -> bool:
    """Whether a token is the language of imaging, or an abbreviation without a vowel, rather than a name.

    >>> is_word("Brain"), is_word("BrainResearch"), is_word("FTDC"), is_word("Holloway")
    (True, True, True, False)
    """
    folded = fold(token)
    words = imaging_words()
    if "-" in token:
        return all(len(part) < 2 or is_word(part) for part in token.split("-"))
    if folded in words or (folded.endswith("s") and folded[:-1] in words):
        return True
    if token.isascii() and 2 <= len(folded) <= 5 and VOWELS.isdisjoint(folded) and folded not in last_names():
        return True
    parts = CAMEL.findall(token)
    return len(parts) > 1 and all(fold(part) in words for part in parts)


def is_dummy(token: str) -> bool:
    """Whether a token stands where a name was.

    >>> is_dummy("ANONYMOUS"), is_dummy("XXXXX"), is_dummy("Doe")
    (True, True, False)
    """
    folded = fold(token)
    return folded in DUMMIES or (len(folded) >= 2 and len(set(folded)) == 1 and folded.isascii())


def is_first(token: str) -> bool:
    """Whether a token is a common given name, one with a hyphen by its parts."""
    folded = fold(token)
    names = first_names()
    return folded in names or ("-" in folded and any(part in names for part in folded.split("-")))


def is_last(token: str) -> bool:
    """Whether a token is a common family name, one with a hyphen by its parts."""
    folded = fold(token).replace("'", "").replace("’", "")
    names = last_names()
    return folded in names or (
        "-" in folded and any(part in names for part in (*folded.split("-"), folded.replace("-", "")))
    )


def is_everyday(token: str) -> bool:
    """Whether a token is an everyday word, be it a name or not: ``Long``, ``White``, ``Mark``."""
    return fold(token) in EVERYDAY


def is_name(token: str) -> bool:
    """Whether a token is a common name, and neither an everyday word nor an eponym of imaging."""
    return (is_first(token) or is_last(token)) and fold(token) not in EVERYDAY and fold(token) not in own_words()


def is_pair(first: str, last: str) -> bool:
    """Whether a given and a family name stand together, whatever else each of them means.

    >>> is_pair("Robert", "Brown"), is_pair("Grace", "Long"), is_pair("Gibbs", "Martin")
    (True, False, False)
    """
    return is_first(first) and is_last(last) and not (is_everyday(first) and is_everyday(last))
