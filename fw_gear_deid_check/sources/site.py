"""Site: a Flywheel site as this package asks it, through the SDK's transport: plain JSON in, plain JSON out.

The SDK's models drop what they don't know (``metadata`` of a session) and turn an absent field into None; here an
answer is what the site said. Errors come out as `SiteError` in our own words: the site's own messages name files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import flywheel

from fw_gear_deid_check.errors import DeidCheckError

PLURALS = {
    "project": "projects",
    "subject": "subjects",
    "session": "sessions",
    "acquisition": "acquisitions",
    "analysis": "analyses",
}
LEVELS = ("project", "subject", "session", "acquisition")
CHILD = {"project": "subject", "subject": "session", "session": "acquisition"}
PAGE = 250
"""Entries of a list that are asked for at once."""
PAUSE = 1.0
"""Seconds before something is tried a second time; doubled before each further one."""
ASKS = 2
"""Times that a question is asked which the site failed to answer (500, or a broken answer) and that may be repeated."""
LOOKUPS = 5
"""Times that a path is looked up."""
PASSING = frozenset({None, 429, 500, 502, 503, 504})
"""Statuses, None for no answer, after which trying again may help."""
UNSENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
"""Errors of the transport after which nothing of the question has left this machine."""
AWAY = frozenset({None, 429, 503})
"""Statuses, None for no answer, of a site that is away, or wants not to be asked."""
GONE_AFTER = 3
"""Different things that may go unanswered in a row, each after the SDK's retries, before nothing more is asked."""

Json = dict[str, Any]


class SiteError(DeidCheckError):
    """The site refused, failed, or could not be reached.

    Attributes
    ----------
    status
        HTTP status; None without an answer.
    final
        Trying again can't help.
    sent
        The question may have reached the site; False where it surely has not.
    """

    def __init__(self, words: str, status: int | None = None, *, final: bool = False, sent: bool = True) -> None:
        super().__init__(words)
        self.status = status
        self.final = final
        self.sent = sent


class BrokenAnswerError(SiteError):
    """The site's answer came, and is no JSON to its end."""


class UntoldError(SiteError):
    """The site's answer leaves out what has to be known before anything is written."""


class NoRoomError(SiteError):
    """A file is larger than what there is room for."""


class Site:
    """A Flywheel site.

    Parameters
    ----------
    client
        A ``flywheel.Client`` that is logged in.
    """

    def __init__(self, client: Any) -> None:
        self._api = getattr(client, "_fw", client).api_client
        self._unanswered: set[tuple[str, ...]] = set()
        self.pause = PAUSE

    @classmethod
    def connect(cls, api_key: str) -> Site:
        """Log in; raise `SiteError` where the key is no key, is refused, or the site can't be reached."""
        if ":" not in api_key:
            raise SiteError("the API key is not of the form site:key")
        try:
            site = cls(flywheel.Client(api_key, disable_auth_check=True))
        except Exception as error:  # noqa: BLE001 - the SDK raises bare exceptions, with parts of the key in their text
            raise SiteError(f"the API key can't be used ({type(error).__name__})") from None
        try:
            site.get("auth", "status")
        except SiteError as error:
            site.close()
            raise SiteError(f"login failed: {error}", error.status) from None
        return site

    def close(self) -> None:
        """Let the connections go."""
        self._api.rest_client.client.close()

    def hope(self) -> None:
        """Ask again, though the site had stopped answering: some time has passed."""
        self._unanswered.clear()

    def get(self, *path: str, **query: str) -> Any:
        """Return the site's answer to GET."""
        return self._ask("GET", path, query)

    def lookup(self, *path: str) -> Json:
        """Return what a path of labels leads to: a container, or a gear below ``gears``.

        The SDK never tries a POST again; this one only reads, so here it is.
        """
        for attempt in range(1, LOOKUPS + 1):
            try:
                found: Json = self.post("lookup", body={"path": list(path)})
            except SiteError as error:
                if error.status not in PASSING or attempt == LOOKUPS:
                    raise
                time.sleep(self.pause * 2 ** (attempt - 1))
            else:
                return found
        raise AssertionError

    def post(self, *path: str, body: Any = None) -> Any:
        """Return the site's answer to POST, which is sent once: without an answer, it may have been done or not."""
        return self._ask("POST", path, {}, body)

    def patch(self, *path: str, body: Any) -> Any:
        """Return the site's answer to PATCH."""
        return self._ask("PATCH", path, {}, body)

    def put(self, *path: str, body: Any) -> Any:
        """Return the site's answer to PUT."""
        return self._ask("PUT", path, {}, body)

    def delete(self, *path: str, body: Any = None) -> Any:
        """Return the site's answer to DELETE, with a body or without."""
        return self._ask("DELETE", path, {}, body)

    def pages(self, *path: str, **conditions: str) -> Iterator[Json]:
        """Yield the entries of a list, page after page until one is empty.

        Parameters
        ----------
        conditions
            Further parameters of the query: ``filter``.

        Raises
        ------
        SiteError
            Where the list can't be read to its end: an error, or a site that gives the first page again.
        """
        seen: set[str] = set()
        query = conditions | {"limit": str(PAGE)}
        while page := self.get(*path, **query):
            if not isinstance(page, list) or not all(isinstance(each, dict) and _is_id(each) for each in page):
                raise SiteError("the site's answer is no list of containers")
            new = [entry for entry in page if entry["_id"] not in seen]
            if not new:
                raise SiteError("the site gave the same page of a list again")
            yield from new
            seen.update(entry["_id"] for entry in new)
            query["after_id"] = page[-1]["_id"]

    def stream(self, path: tuple[str, ...], query: Json, headers: dict[str, str]) -> Any:
        """Return the site's answer to GET as it comes; the caller closes it."""
        return self._call("GET", path, query, None, headers)

    def _ask(self, method: str, path: tuple[str, ...], query: Json, body: Any = None) -> Any:
        """Return the site's answer; what may be done twice is asked again after a 500, which the SDK doesn't do."""
        for attempt in range(1, ASKS + 1):
            try:
                return self._ask_once(method, path, query, body)
            except SiteError as error:
                passing = error.status == 500 or isinstance(error, BrokenAnswerError)
                if method == "POST" or not passing or attempt == ASKS:
                    raise
                time.sleep(self.pause)
        raise AssertionError

    def _ask_once(self, method: str, path: tuple[str, ...], query: Json, body: Any) -> Any:
        response = self._call(method, path, query, body)
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise BrokenAnswerError("the site's answer was not JSON") from None
        except Exception as error:  # noqa: BLE001 - the transport's errors; their text may hold the address
            raise BrokenAnswerError(f"{method}: the answer was cut short ({type(error).__name__})") from None
        finally:
            response.close()

    def _call(
        self, method: str, path: tuple[str, ...], query: Json, body: Any, headers: dict[str, str] | None = None
    ) -> Any:
        if len(self._unanswered) >= GONE_AFTER:
            raise SiteError("the site stopped answering", final=True, sent=False)
        try:
            response = self._api.call_api(
                "/" + "/".join(quote(part, safe="") for part in path),
                method,
                query_params=list(query.items()),
                header_params={"Accept": "application/json"}
                | ({} if body is None else {"Content-Type": "application/json"})
                | (headers or {}),
                body=body,
                auth_settings=["ApiKey"],
                _return_http_data_only=True,
                _preload_content=False,
            )
        except Exception as error:  # noqa: BLE001 - ApiException and the transport's own; both quote the site
            told = told_of(error, method)
            if told.status in AWAY:
                self._unanswered.add(path)
            else:
                self._unanswered.clear()
            raise told from None
        self._unanswered.clear()
        return response


def _is_id(entry: Json) -> bool:
    """Tell whether an entry of a list has an id."""
    return isinstance(entry.get("_id"), str) and bool(entry["_id"])


def told_of(error: Exception, doing: str) -> SiteError:
    """Return the error in our own words; nothing of its text."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and status:
        return SiteError(f"{doing}: the site answered {status}", status, final=status != 500)
    kind = type(error).__name__
    return SiteError(f"{doing}: no answer from the site ({kind})", sent=kind not in UNSENT)
