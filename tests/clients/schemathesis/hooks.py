"""What Schemathesis cannot know from the description of the API: which ids exist, and which keys were used.

Schemas say what requests look like. By themselves, nearly all well-formed requests would name objects that don't
exist, and be refused before the interesting part. So ids in them are replaced by ids that earlier answers gave.
Needs REGISTRAR_URL, a registrar with its test hooks, and its tokens; see run.py.
"""

import atexit
import json
import os
import random
import re
from collections import Counter, defaultdict, deque
from itertools import count
from typing import Any

import requests
import schemathesis
from hypothesis.control import current_build_context
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
PFID = re.compile(f"[0-7][{DIGITS}]{{31}}")

# The kind of object that a field or a parameter names.
KINDS = {
    "account_id": "account",
    "environment_id": "environment",
    "agent_id": "agent",
    "agent_instance_id": "agent_instance",
    "parent_span_id": "agent_span",
    "current_version_id": "agent_version",
}
# The kind of object that `{id}` in a path names, where that isn't the path's own word.
PATH_KINDS = {"agent_spans": "agent_span"}

# The status that an action of a path needs.
NEEDED = {
    **{"retire": "pending", "reinstate": "retired", "start": "pending", "finish": "active"},
    **{"suspend": "active", "activate": "suspended", "revoke": "active"},
}

# Accounts are made, exported and imported with the operator's token alone; it opens nothing else.
MAKE, EXPORT, IMPORT = "POST /api/v1/account", "GET /api/v1/export", "POST /api/v1/import"
BY_OPERATOR = {MAKE, EXPORT, IMPORT}
BEARER, OPERATOR_BEARER = (f"Bearer {os.environ[name]}" for name in ("REGISTRAR_TOKEN", "REGISTRAR_OPERATOR_TOKEN"))

# How often an id that nothing has, or a key that was used, stays as it is: those answers are tested, too.
LEFT_ALONE = 0.15

# A registrar as it starts has these.
DEFAULTS = {"account": "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk", "environment": "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}


# A record of an export, which exists.
TIME = "2026-05-07T10:00:00Z"
ACCOUNT_RECORD = {"kind": "account", "id": DEFAULTS["account"], "name": "Default", "inserted_at": TIME, "updated_at": TIME}


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """One line of JSON."""
    return json.dumps(value).encode()


class Known:
    """What is known of the registrar's state."""

    def __init__(self, objects: dict[str, tuple[str, str | None]]) -> None:
        # The latest ids of each kind, and the kind and status of all.
        self.latest: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=12))
        self.kinds: dict[str, str] = {}
        self.statuses: dict[str, str | None] = {}
        # The agents of versions, and the agents that are gone with theirs.
        self.agents: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.used_keys: set[str] = set()
        self.used_identifiers: set[str] = set()
        self.numbers = count(1)
        for value, (kind, status) in objects.items():
            self.note(kind, value, status)

    def heed(self, case: Case) -> None:
        """Chance depends on the request alone, ids by their age: the same scenario has the same luck again."""
        text = repr((case.operation.label, case.path_parameters, case.query, case.body))
        ages = {value: age for age, value in enumerate(self.kinds)}
        self.chance = random.Random(PFID.sub(lambda match: str(ages.get(match[0], match[0])), text))

    def note(self, kind: str, value: str, status: str | None = None) -> None:
        if value not in self.kinds:
            self.latest[kind].append(value)
        self.kinds[value] = kind
        self.statuses[value] = status

    def existing(self, kind: str, value: Any, status: str | None = None) -> Any:
        """An id of an object of this kind and status, mostly, where `value` is an id but not that of such an object."""
        if not isinstance(value, str) or PFID.fullmatch(value) is None:
            return value
        if self.kinds.get(value) == kind and status in (None, self.statuses[value]):
            return value
        if not self.latest[kind] or self.chance.random() < LEFT_ALONE:
            return value
        return self.chance.choice(self.fitting(kind, status) or self.latest[kind])

    def fitting(self, kind: str, status: str | None) -> list[str]:
        return [value for value in self.latest[kind] if self.statuses[value] == status]

    def fields(self, values: dict[str, Any], shortest_key: int = 1) -> dict[str, Any]:
        values = {name: self.existing(KINDS[name], value) if name in KINDS else value for name, value in values.items()}
        # An id that the caller chose for a new object has to be new, and in the account's partition.
        chosen = values.get("id")
        if isinstance(chosen, str) and PFID.fullmatch(chosen) is not None and self.chance.random() >= LEFT_ALONE:
            rest = "".join(self.chance.choices(DIGITS, k=16)) if chosen in self.kinds else chosen[16:]
            values["id"] = chosen[:10] + DEFAULTS["account"][10:16] + rest
        # What a version is called has to be new in its agent.
        identifier = values.get("external_identifier")
        if isinstance(identifier, str) and "agent_id" in values:
            if identifier in self.used_identifiers and self.chance.random() >= LEFT_ALONE:
                number = str(next(self.numbers))
                values["external_identifier"] = number + identifier[len(number) :]
            self.used_identifiers.add(identifier)
        key = values.get("idempotency_key")
        if not isinstance(key, str):
            return values
        if key in self.used_keys and self.chance.random() >= LEFT_ALONE:
            # One of the same length; none at all where that is too short to be a new one.
            if len(key) >= max(shortest_key, 6):
                values["idempotency_key"] = str(next(self.numbers)).rjust(len(key), "-")
            else:
                del values["idempotency_key"]
        self.used_keys.add(key)
        return values

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        body = self.fields(body)
        details, items = body.get("details"), body.get("items")
        if isinstance(details, dict):
            body["details"] = self.fields(details)
        if isinstance(items, list):
            body["items"] = [self.fields(item, shortest_key=8) if isinstance(item, dict) else item for item in items]
        return body


# Answers by operation, phase and status, for run.py.
answers: Counter[tuple[str, str, int]] = Counter()


def ask(method: str, path: str, **kwargs: Any) -> requests.Response:
    url, headers = os.environ["REGISTRAR_URL"] + path, {"Authorization": BEARER}
    response = requests.request(method, url, headers=headers, timeout=10, **kwargs)
    response.raise_for_status()
    mirror.compare(response.request, response.status_code, response.headers, response.content)
    return response


def keep() -> bytes:
    """Keeps the state: of memory as a snapshot, of all stores by tests/conformance/serve.ts, which has no snapshots of databases."""
    if "REGISTRAR_CONTROL" not in os.environ:
        return ask("GET", "/_registrar/snapshot").content
    requests.post(f"{os.environ['REGISTRAR_CONTROL']}/keep", timeout=60).raise_for_status()
    return b""


def restore(snapshot: bytes) -> None:
    """Goes back to that state."""
    if "REGISTRAR_CONTROL" not in os.environ:
        ask("POST", "/_registrar/restore", data=snapshot)
        return
    requests.post(f"{os.environ['REGISTRAR_CONTROL']}/restore", timeout=60).raise_for_status()
    mirror.forget()


class Mirror:
    """Sends each request to the other stores, too, whose answers are to be equal to the byte."""

    TEXTS = re.compile(rf"\b(registrar(?:_[{DIGITS}]+){{3}}|[0-7][{DIGITS}]{{31}})\b")
    REQUEST_ID = re.compile(r"\b[0-9a-f]{32}\b")
    # In exports: how far the random stream is, which an object has for itself, and the digests of tokens made of it.
    OF_RANDOM = re.compile(r'"random_position":\d+|"sha256":"[0-9a-f]{64}"')

    def __init__(self) -> None:
        self.others: dict[str, str] = json.loads(os.environ.get("REGISTRAR_OTHERS", "{}"))
        self.now = os.environ.get("REGISTRAR_NOW", "")
        self.session = requests.Session()
        self.compared = 0
        self.differences: list[str] = []
        self.forget()

    def forget(self) -> None:
        # Random texts here and there, for stores with a random stream for each account.
        self.there: dict[str, str] = {}
        self.here: dict[str, str] = {}

    def compare(self, request: requests.PreparedRequest, status: int, headers: Any, body: bytes) -> None:
        for name, url in self.others.items():
            is_renamed = name == "Durable Objects"
            answer = self.send(request, url, is_renamed)
            kind, other_kind = (str(it.get("content-type", "")).strip("[]'") for it in (headers, answer.headers))
            wanted, found = (f"{code} {type}\n{self.REQUEST_ID.sub('REQUEST', text.decode())}" for code, type, text in (
                (status, kind, body),
                (answer.status_code, other_kind, answer.content),
            ))
            if is_renamed:
                found = self.received(found, wanted)
                wanted, found = self.OF_RANDOM.sub("", wanted), self.OF_RANDOM.sub("", found)
            self.compared += 1
            # The names in the operator's list of accounts are those that they were made with, in Durable Objects.
            is_list = is_renamed and request.method == "GET" and request.path_url.startswith("/api/v1/account?")
            if wanted != found and not is_list:
                self.differences.append(f"{request.method} {request.path_url} {request.body!r}\n{name}: {found}\nmemory: {wanted}")

    def send(self, request: requests.PreparedRequest, url: str, is_renamed: bool) -> requests.Response:
        other = request.copy()
        other.url = url + request.path_url
        other.headers["x-now"] = self.now
        if is_renamed:
            other.url = self.sent(other.url)
            for name, value in other.headers.items():
                if isinstance(value, str):
                    other.headers[name] = self.sent(value)
            if isinstance(other.body, (str, bytes)):
                text = other.body.decode("latin-1") if isinstance(other.body, bytes) else other.body
                other.body = self.sent(text).encode("latin-1") if isinstance(other.body, bytes) else self.sent(text)
        return self.session.send(other, timeout=30, allow_redirects=False)

    def sent(self, text: str) -> str:
        return self.TEXTS.sub(lambda match: self.there.get(match[0], match[0]), text)

    def received(self, there: str, here: str) -> str:
        words = iter(self.TEXTS.findall(here))

        def word(match: re.Match[str]) -> str:
            found, wanted = match[0], next(words, None)
            if found in self.here:
                return self.here[found]
            if wanted is None or wanted in self.there:
                return found
            self.there[wanted], self.here[found] = found, wanted
            return wanted

        return self.TEXTS.sub(word, there)


mirror = Mirror()


class Start:
    """A registrar with a few objects in it, to come back to."""

    def __init__(self) -> None:
        # Kind and status, by id.
        self.objects: dict[str, tuple[str, str | None]] = {value: (kind, None) for kind, value in DEFAULTS.items()}
        for name in ("First", "Second"):
            agent = self.agent(name)
            versions = {f"agent_{word}": {"external_identifier": "1"} for word in ("version", "schema_version")}
            for status in ("pending", "active", "complete"):
                instance = self.instance(agent, status, versions)
                if status == "active":
                    self.span(instance)
            for kind in ("agent_version", "agent_schema_version"):
                summaries = ask("GET", f"/api/v1/{kind}", params={"agent_id": agent}).json()["summaries"]
                self.objects |= {summary["id"]: (kind, None) for summary in summaries}
        self.retired()
        for status in ("active", "active", "suspended", "suspended"):
            self.token(status)
        # These have nothing in them, and can be deleted.
        self.agent("Third")
        self.make("environment", {"details": {"name": "Empty", "account_id": DEFAULTS["account"]}})
        self.snapshot = keep()

    def make(self, path: str, body: dict[str, Any]) -> str:
        details = ask("POST", f"/api/v1/{path}", json=body).json()["details"]
        self.objects[details["id"]] = (details["type"], details.get("status"))
        return details["id"]

    def agent(self, name: str) -> str:
        return self.make("agent", {"details": {"name": name, "environment_id": DEFAULTS["environment"]}})

    def retired(self) -> str:
        return self.make(f"agent/{self.agent('Retired')}/retire", {})

    def token(self, status: str) -> str:
        token = self.make("api_token", {"details": {"token_scope": "account"}})
        return self.make(f"api_token/{token}/suspend", {}) if status == "suspended" else token

    def instance(self, agent: str, status: str, versions: dict[str, Any]) -> str:
        instance = self.make("agent_instance/register", {"agent_id": agent, **versions})
        if status != "pending":
            self.make(f"agent_instance/{instance}/start", {})
        if status == "complete":
            self.make(f"agent_instance/{instance}/finish", {})
        return instance

    def span(self, instance: str) -> str:
        span = {"agent_instance_id": instance, "schema_name": "x", "status": "active", "payload": {}}
        return self.make("agent_spans", {"details": span})

    def another(self, kind: str, status: str) -> str:
        """One more object of this kind, in this status."""
        if kind == "agent":
            return self.retired() if status == "retired" else self.agent("More")
        if kind == "api_token":
            return self.token(status)
        instance = self.instance(self.agent("More"), "active" if kind == "agent_span" else status, {})
        return self.span(instance) if kind == "agent_span" else instance

    def again(self) -> Known:
        restore(self.snapshot)
        return Known(self.objects)


start = Start()
known = start.again()
scenario: object = None


def begin_scenario() -> None:
    """Each scenario of the stateful phase finds the same registrar.

    Which step comes next depends on earlier answers. Hypothesis runs scenarios again to vary them, and gives up where
    the same beginning then goes another way.
    """
    global known, scenario
    current = current_build_context().data
    if current is not scenario:
        scenario = current
        known = start.again()


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    in_scenario = case.meta is not None and case.meta.phase.name == "stateful"
    if in_scenario:
        begin_scenario()
    known.heed(case)
    if case.operation.label in BY_OPERATOR and case.headers.get("Authorization") == BEARER:
        case.headers["Authorization"] = OPERATOR_BEARER
    # In requests that are meant to be refused as well: they are to be refused for what is wrong with them.
    if "id" in case.path_parameters:
        _, _, _, word, _, *action = case.operation.path.split("/")
        kind = PATH_KINDS.get(word, word)
        # A scenario goes on with the objects that it has come to, and makes what it needs.
        status = NEEDED.get(action[0]) if action and not in_scenario else None
        if status is not None and not known.fitting(kind, status):
            known.note(kind, start.another(kind, status), status)
        case.path_parameters["id"] = known.existing(kind, case.path_parameters["id"], status)
    if isinstance(case.query, dict):
        case.query = known.fields(case.query)
    if isinstance(case.body, dict):
        case.body = known.body(case.body)
    # A record that the description allows is refused by nearly all rules of its kind: mostly, one that exists is sent.
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if case.operation.label == IMPORT and is_valid and known.chance.random() >= LEFT_ALONE:
        case.query = {"account_id": DEFAULTS["account"]}
        case.body = ACCOUNT_RECORD


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    phase = case.meta.phase.name if case.meta is not None else "?"
    answers[case.operation.label, phase, response.status_code] += 1
    mirror.compare(response.request, response.status_code, response.headers, response.content)
    if response.status_code != 200:
        return
    # An account that the operator makes is none that this token sees; a record of an export is no answer about an object.
    if case.operation.label in BY_OPERATOR:
        return
    body = response.json()
    for details in [body.get("details"), *body.get("summaries", [])]:
        if isinstance(details, dict) and "type" in details and "id" in details:
            known.note(details["type"], details["id"], details.get("status"))
            if "agent_id" in details:
                known.agents[details["id"]] = details["agent_id"]
            if case.method.upper() == "DELETE":
                known.deleted.add(details["id"])


# Refusals that a schema cannot express: they depend on existing objects or on two fields at once, which the
# description says in words. Any other message in a 422 for a request that fits the description is a failure.
NOT_IN_A_SCHEMA = re.compile(
    "|".join(
        [
            r"There is no [a-z ]+ with this ID\.",
            r"Account ID must be the ID of the token's account\.",
            r"Environment ID must be the ID of an environment of the account\.",
            r"Current version ID must be the ID of a version of the agent\.",
            r"Parent span ID must be the ID of a span of the same instance\.",
            r"External identifier must differ from those of the agent's other versions\.",
            r"Idempotency key must differ from that of every other item\.",
            r"ID is already taken\.",
            r"ID must be in the account's partition\.",
            # Schemathesis has a token of the account's scope, which has no default environment.
            r"Environment ID is required\.",
            r"Agent ID must be that of the instance's agent\.",
            r"Agent instance ID is required, or else agent ID\.",
            r"Finish time must be absent unless the status says that the span is over\.",
            r"Environment ID must be absent for a token of the account's scope\.",
            r"Expiry must lie in the future\.",
            r"Cursor must be the next_cursor of a page\.",
            r"More items may be invalid: the list of errors ends here\.",
        ]
    )
)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    # "Created resource not found": versions are deleted with their agent, and an account exists for its own tokens
    # alone. Schemathesis does not know either.
    if failure.code == "ST302":
        value = str(case.path_parameters.get("id"))
        return known.agents.get(value) not in known.deleted and not case.path.startswith("/api/v1/account/")
    # "Schema-violating request accepted": before_call gives an import a record that exists in place of what was to be wrong.
    if failure.code == "ST201" and case.operation.label == IMPORT:
        return False
    if failure.code != "ST202" or response.status_code != 422:
        return True
    error = response.json()
    # The rules of records are those of the objects, which the description of an import leaves out.
    if case.operation.label == IMPORT:
        return False
    # An id of an object of another kind.
    if error["code"] == "unexpected_ref_type":
        return False
    messages = [message for messages in error["errors"].values() for message in messages]
    return not all(NOT_IN_A_SCHEMA.fullmatch(message) for message in messages)


@atexit.register
def report() -> None:
    path = os.environ.get("REGISTRAR_ANSWERS")
    if path is not None:
        counted = [[*what, times] for what, times in sorted(answers.items())]
        told = {"answers": counted, "compared": mirror.compared, "differences": mirror.differences[:5]}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(told, file)
