"""A Flywheel site in memory, over loopback HTTP, that the real flywheel-sdk talks to.

::

    with FlywheelServer() as server:
        project = server.store.add("project", "study")
        subject = server.store.add("subject", "sub-01", project)
        client = server.client()                    # a real flywheel.Client
        server.behaviour.info_in_lists = True       # an unknown of the real site, answered the other way
        server.fail("GET", r"/files/", status=503, times=2)
        server.requests                             # every request: method, path, query, body, range

``store.py`` holds the data, ``routes.py`` says what each request does, ``http.py`` carries, records and breaks it.
"""

from tests.flywheel_server.http import Behaviour, Fault, FlywheelServer, Request
from tests.flywheel_server.store import Store

__all__ = ["Behaviour", "Fault", "FlywheelServer", "Request", "Store"]
