"""fw-gear-deid-check: says whether imaging data are free of identifiers, and what could not be checked."""

__version__ = "0.1.0"
