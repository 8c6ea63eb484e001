"""`prefactor-http`, as it is published, against `agent-registrar serve` as users start it.

python -m unittest discover tests/clients
"""

import asyncio
import json
import re
import subprocess
import unittest
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefactor_http import (
    HttpClientConfig,
    PrefactorApiError,
    PrefactorAuthError,
    PrefactorHttpClient,
    PrefactorNotFoundError,
    PrefactorRetryExhaustedError,
    PrefactorValidationError,
)
from prefactor_http.models.agent import AgentForCreate, AgentForUpdate
from prefactor_http.models.bulk import BulkItem, BulkRequest

COMMAND = Path(__file__).parents[2] / "dist" / "cli.js"
ACCOUNT = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk"
ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"
UNUSED = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr"
TOKEN = "account-token-for-the-clients"
# For agents.create, which sends no environment: the token must be for one environment.
ENVIRONMENT_TOKEN = "environment-token-for-the-clients"

VERSION = {"external_identifier": "v1.0.0", "name": "First", "description": "The first one"}
SCHEMA = {"external_identifier": "schema-1", "span_type_schemas": [{"name": "agent:llm", "title": "A model's turn"}]}


class Server:
    def __init__(self, token: str = TOKEN, environment_token: str = ENVIRONMENT_TOKEN) -> None:
        tokens = ["--token", token, "--environment-token", environment_token]
        self.process = subprocess.Popen(
            ["node", str(COMMAND), "serve", "--port", "0", *tokens, "--test-hooks"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        greeting = re.search(r" answers at (http:\S+)", self.process.stdout.readline())
        assert greeting is not None, "the server did not start"
        self.url = greeting[1]

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()

    def hook(self, name: str, body: Any = None) -> None:
        data = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_registrar/{name}", data, method="POST"), timeout=10)


class Case(unittest.IsolatedAsyncioTestCase):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    async def asyncSetUp(self) -> None:
        self.server.hook("reset")
        self.client = await self.connect(ENVIRONMENT_TOKEN)

    async def connect(self, token: str, **config: Any) -> PrefactorHttpClient:
        client = PrefactorHttpClient(
            HttpClientConfig(api_url=self.server.url, api_token=token, initial_retry_delay=0.01, **config)
        )
        return await self.enterAsyncContext(client)

    async def make(self, name: str = "Weather") -> str:
        return (await self.client.agents.create(AgentForCreate(name=name))).id

    async def register(self, agent_id: str, **more: Any) -> Any:
        return await self.client.agent_instances.register(VERSION, SCHEMA, agent_id=agent_id, **more)


class Agents(Case):
    async def test_the_token_is_checked(self) -> None:
        answer = await self.client.validate_token()
        self.assertEqual(answer, {"status": "success", "details": {"token_type": "api"}})

    async def test_create(self) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        agent = await self.client.agents.create(AgentForCreate(name="  Weather ", description="Knows\nthe weather"))
        self.assertEqual((agent.name, agent.description, agent.status), ("Weather", "Knows\nthe weather", "pending"))
        self.assertRegex(agent.id, "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$")
        self.assertEqual(agent.instance_counts.model_dump(exclude={"terminated"}), dict.fromkeys(COUNTS, 0))
        self.assertEqual(agent.available_actions.model_dump(), actions("update", "retire", "delete"))
        self.assertTrue(before < agent.inserted_at < datetime.now(UTC) + timedelta(seconds=1))
        self.assertEqual(agent.updated_at, agent.inserted_at)

    async def test_create_with_a_chosen_id_and_fields_that_are_not_stored(self) -> None:
        agent = await self.client.agents.create(AgentForCreate(name="Mine", id=UNUSED, team_id="t", external_identifier="e"))
        self.assertEqual((agent.id, agent.team_id, agent.external_identifier), (UNUSED, None, None))
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agents.create(AgentForCreate(name="Other", id=UNUSED))
        self.assertEqual(list(caught.exception.errors), ["details.id"])

    async def test_a_repeated_key_has_no_second_effect(self) -> None:
        made = [await self.client.agents.create(AgentForCreate(name="Once"), idempotency_key="once") for _ in range(3)]
        self.assertEqual(len({agent.id for agent in made}), 1)
        self.assertEqual(len(await self.client.agents.list_agents()), 1)
        with self.assertRaises(PrefactorApiError) as caught:
            await self.client.agents.create(AgentForCreate(name="Twice"), idempotency_key="once")
        self.assertEqual((caught.exception.code, caught.exception.status_code), ("idempotency_key_already_used", 409))

    async def test_get_and_show(self) -> None:
        agent_id = await self.make()
        agent = await self.client.agents.get(agent_id)
        self.assertEqual(agent, await self.client.agents.show(agent_id=agent_id, include_counts=True))
        self.assertEqual((agent.id, agent.name), (agent_id, "Weather"))

    async def test_update(self) -> None:
        agent_id = await self.make()
        agent = await self.client.agents.update(agent_id, AgentForUpdate(description="New"), idempotency_key="update")
        self.assertEqual((agent.name, agent.description), ("Weather", "New"))
        agent = await self.client.agents.update(agent_id, AgentForUpdate(name="Climate"))
        self.assertEqual((agent.name, agent.description), ("Climate", "New"))
        self.assertEqual(agent, await self.client.agents.get(agent_id))

    async def test_list_in_pages(self) -> None:
        made = [await self.make(f"Agent {number}") for number in range(5)]
        self.assertEqual([agent.id for agent in await self.client.agents.list_agents()], made)
        pages = [await self.client.agents.list_agents(offset=offset, page_size=2) for offset in (0, 2, 4, 6)]
        self.assertEqual([[agent.id for agent in page] for page in pages], [made[:2], made[2:4], made[4:], []])
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agents.list_agents(page_size=101)
        self.assertEqual(list(caught.exception.errors), ["pagination.page_size"])

    async def test_list_sorted(self) -> None:
        made = [await self.make(name) for name in ("b", "a", "c")]

        async def names(sorting: str) -> str:
            return "".join(agent.name for agent in await self.client.agents.list_agents(sorting=sorting))

        self.assertEqual(await names("name"), "abc")
        self.assertEqual(await names("-name"), "cba")
        self.assertEqual(await names("-id"), "cab")
        self.assertEqual(await names("inserted_at"), "bac")
        self.assertEqual([agent.id for agent in await self.client.agents.list_agents(sorting="id")], made)
        with self.assertRaises(PrefactorValidationError):
            await self.client.agents.list_agents(sorting="team_id")

    async def test_retire_and_reinstate(self) -> None:
        agent_id = await self.make()
        retired = await self.client.agents.retire(agent_id)
        self.assertEqual((retired.status, retired.available_actions.model_dump()), ("retired", actions("reinstate", "delete")))
        with self.assertRaises(PrefactorApiError) as caught:
            await self.client.agents.update(agent_id, AgentForUpdate(name="New"))
        self.assertEqual((caught.exception.code, caught.exception.status_code), ("invalid_action", 409))
        reinstated = await self.client.agents.reinstate(agent_id, idempotency_key="reinstate")
        self.assertEqual(reinstated.status, "pending")
        with self.assertRaises(PrefactorApiError):
            await self.client.agents.reinstate(agent_id)

    async def test_delete(self) -> None:
        agent_id = await self.make()
        self.assertEqual((await self.client.agents.delete(agent_id)).id, agent_id)
        with self.assertRaises(PrefactorNotFoundError) as caught:
            await self.client.agents.get(agent_id)
        self.assertEqual((caught.exception.code, caught.exception.status_code), ("not_found", 404))

    async def test_an_agent_with_a_history_is_not_deleted(self) -> None:
        agent_id = await self.make()
        await self.register(agent_id)
        with self.assertRaises(PrefactorApiError) as caught:
            await self.client.agents.delete(agent_id)
        self.assertEqual(caught.exception.code, "invalid_action")


class Refusals(Case):
    async def test_validation_errors_name_their_fields(self) -> None:
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agents.create(AgentForCreate(name=" ", description="\0", id="x"))
        error = caught.exception
        self.assertEqual((error.code, error.status_code), ("validation_errors", 422))
        self.assertEqual(list(error.errors), ["details.name", "details.description", "details.id"])
        for messages in error.errors.values():
            self.assertTrue(messages and all(isinstance(message, str) for message in messages))

    async def test_a_token_of_the_account_does_not_say_which_environment(self) -> None:
        client = await self.connect(TOKEN)
        with self.assertRaises(PrefactorValidationError) as caught:
            await client.agents.create(AgentForCreate(name="Weather"))
        self.assertEqual(list(caught.exception.errors), ["details.environment_id"])

    async def test_a_token_that_is_no_good(self) -> None:
        client = await self.connect("nobody")
        with self.assertRaises(PrefactorAuthError) as caught:
            await client.validate_token()
        self.assertEqual((caught.exception.code, caught.exception.status_code), ("bad_authtoken", 401))

    async def test_what_does_not_exist(self) -> None:
        for ask in (self.client.agents.get, self.client.agents.retire, self.client.agent_instances.start):
            with self.assertRaises(PrefactorNotFoundError):
                await ask(UNUSED)

    async def test_what_this_build_does_not_have(self) -> None:
        with self.assertRaises(PrefactorNotFoundError) as refused:
            await self.client.agent_instances.record_quality(UNUSED, "quality", {})
        self.assertEqual((refused.exception.code, refused.exception.status_code), ("not_implemented", 404))
        self.assertIn("POST /api/v1/agent_instance/{id}/record_quality", str(refused.exception))
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agents.list_agents(team_id=UNUSED)
        self.assertEqual(list(caught.exception.errors), ["team_id"])
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agents.show(external_identifier="weather")
        self.assertEqual(list(caught.exception.errors), ["agent_id", "external_identifier"])


class Instances(Case):
    async def test_register_start_finish(self) -> None:
        agent_id = await self.make()
        instance = await self.register(agent_id, idempotency_key="register")
        self.assertEqual(instance, await self.register(agent_id, idempotency_key="register"))
        self.assertEqual(
            (instance.agent_id, instance.account_id, instance.environment_id, instance.status, instance.started_at),
            (agent_id, ACCOUNT, ENVIRONMENT, "pending", None),
        )

        moment = datetime(2026, 5, 7, 10, 0, 0, 123456, UTC)
        started = await self.client.agent_instances.start(instance.id, timestamp=moment)
        self.assertEqual((started.status, started.started_at), ("active", moment))
        finished = await self.client.agent_instances.finish(instance.id, status="failed", timestamp=moment + timedelta(1))
        self.assertEqual((finished.status, finished.finished_at), ("failed", moment + timedelta(1)))
        self.assertEqual(finished, await self.client.agent_instances.get(instance.id))

        agent = await self.client.agents.get(agent_id)
        self.assertEqual(agent.status, "active")
        self.assertEqual(agent.instance_counts.model_dump(exclude={"terminated"}), counts(failed=1))

    async def test_without_timestamps_it_is_now(self) -> None:
        instance = await self.register(await self.make())
        started = await self.client.agent_instances.start(instance.id)
        finished = await self.client.agent_instances.finish(instance.id)
        self.assertEqual(finished.status, "complete")
        self.assertTrue(instance.inserted_at <= started.started_at <= finished.finished_at)

    async def test_out_of_order(self) -> None:
        instance = await self.register(await self.make())
        with self.assertRaises(PrefactorApiError) as caught:
            await self.client.agent_instances.finish(instance.id)
        self.assertEqual(caught.exception.code, "invalid_action")
        self.assertEqual((await self.client.agent_instances.finish(instance.id, status="cancelled")).status, "cancelled")

    async def test_many_at_once(self) -> None:
        agent_id = await self.make()

        async def run() -> None:
            instance = await self.register(agent_id)
            await self.client.agent_instances.start(instance.id)
            await self.client.agent_instances.finish(instance.id)

        await asyncio.gather(*(run() for _ in range(20)))
        agent = await self.client.agents.get(agent_id)
        self.assertEqual(agent.instance_counts.model_dump(exclude={"terminated"}), counts(complete=20))


class Spans(Case):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.instance_id = (await self.register(await self.make())).id

    async def test_create_and_finish(self) -> None:
        spans = self.client.agent_spans
        moment = datetime(2026, 5, 7, 10, 0, 0, 0, UTC)
        root = await spans.create(self.instance_id, "agent:llm", "active", {"model": "m"}, started_at=moment)
        self.assertEqual((root.status, root.payload, root.started_at), ("active", {"model": "m"}, moment))
        child = await spans.create(self.instance_id, "tool", "complete", parent_span_id=root.id, result_payload={"n": 1})
        self.assertEqual((child.parent_span_id, child.payload, child.result_payload), (root.id, {}, {"n": 1}))
        self.assertIsNotNone(child.finished_at)
        done = await spans.finish(root.id, status="failed", result_payload={"why": "ü"}, timestamp=moment + timedelta(1))
        self.assertEqual((done.status, done.result_payload, done.finished_at), ("failed", {"why": "ü"}, moment + timedelta(1)))
        with self.assertRaises(PrefactorApiError) as caught:
            await spans.finish(root.id)
        self.assertEqual(caught.exception.code, "invalid_action")

        instance = await self.client.agent_instances.get(self.instance_id)
        wanted = counts(complete=1, failed=1)
        del wanted["pending"]
        self.assertEqual(instance.span_counts.model_dump(), wanted)

    async def test_a_repeated_key_has_no_second_effect(self) -> None:
        made = [
            await self.client.agent_spans.create(self.instance_id, "tool", "active", idempotency_key="span-once")
            for _ in range(2)
        ]
        self.assertEqual(made[0], made[1])
        instance = await self.client.agent_instances.get(self.instance_id)
        self.assertEqual(instance.span_counts.total, 1)

    async def test_refusals(self) -> None:
        with self.assertRaises(PrefactorValidationError) as caught:
            await self.client.agent_spans.create(UNUSED, "tool", "active", parent_span_id="x")
        self.assertIn("details.parent_span_id", caught.exception.errors)


class Bulk(Case):
    async def execute(self, *items: dict[str, Any]) -> dict[str, dict[str, Any]]:
        response = await self.client.bulk.execute(BulkRequest(items=[BulkItem(**item) for item in items]))
        return {key: output.model_dump() for key, output in response.outputs.items()}

    async def test_the_whole_life_of_an_agent(self) -> None:
        outputs = await self.execute(
            {"_type": "agents/create", "idempotency_key": "create-1", "details": {"name": "Bulk", "id": UNUSED}},
            {
                "_type": "agent_instances/register",
                "idempotency_key": "register-1",
                "agent_id": UNUSED,
                "agent_version": VERSION,
                "agent_schema_version": SCHEMA,
            },
            {"_type": "agents/list", "idempotency_key": "list-all-1"},
        )
        self.assertEqual([output["status"] for output in outputs.values()], ["success"] * 3)
        self.assertEqual(outputs["create-1"]["details"]["id"], UNUSED)
        self.assertEqual([agent["id"] for agent in outputs["list-all-1"]["summaries"]], [UNUSED])
        instance_id = outputs["register-1"]["details"]["id"]

        span = {"agent_instance_id": instance_id, "schema_name": "agent:llm", "status": "active", "payload": {}}
        outputs = await self.execute(
            {"_type": "agent_instances/start", "idempotency_key": "start-it", "agent_instance_id": instance_id},
            {"_type": "agent_spans/create", "idempotency_key": "create-span", "details": span},
            {"_type": "agent_instances/finish", "idempotency_key": "finish-it", "agent_instance_id": instance_id},
        )
        self.assertEqual([output["status"] for output in outputs.values()], ["success"] * 3)
        agent = await self.client.agents.get(UNUSED)
        self.assertEqual(agent.instance_counts.model_dump(exclude={"terminated"}), counts(complete=1))

    async def test_it_stops_at_the_first_that_fails(self) -> None:
        outputs = await self.execute(
            {"_type": "agents/create", "idempotency_key": "first-one", "details": {"name": "First"}},
            {"_type": "agents/create", "idempotency_key": "second-one", "details": {"name": ""}},
            {"_type": "agents/create", "idempotency_key": "third-one", "details": {"name": "Third"}},
        )
        self.assertEqual(list(outputs), ["first-one", "second-one"])
        self.assertEqual(outputs["second-one"]["code"], "validation_errors")
        self.assertEqual([agent.name for agent in await self.client.agents.list_agents()], ["First"])


class Retries(Case):
    async def fail(self, **fault: Any) -> None:
        self.server.hook("faults", fault)

    async def test_each_ends_in_one_agent(self) -> None:
        for number, fault in enumerate(({"status": 429}, {"status": 503}, {"drop": "before"}), start=1):
            with self.subTest(fault=fault):
                await self.fail(match={"method": "POST", "path": "/api/v1/agent"}, times=2, **fault)
                await self.make(f"Agent {number}")
                self.assertEqual(len(await self.client.agents.list_agents()), number)

    async def test_an_answer_that_is_lost_needs_a_key(self) -> None:
        await self.fail(match={"method": "POST", "path": "/api/v1/agent"}, drop="after")
        await self.client.agents.create(AgentForCreate(name="Once"), idempotency_key="once")
        self.assertEqual(len(await self.client.agents.list_agents()), 1)
        await self.fail(match={"method": "POST", "path": "/api/v1/agent"}, drop="after")
        await self.client.agents.create(AgentForCreate(name="Twice"))
        self.assertEqual(len(await self.client.agents.list_agents()), 3)

    async def test_it_gives_up(self) -> None:
        client = await self.connect(ENVIRONMENT_TOKEN, max_retries=1)
        await self.fail(match={"method": "POST"}, status=503, times=2)
        with self.assertRaises(PrefactorRetryExhaustedError) as caught:
            await client.agents.create(AgentForCreate(name="Never"))
        self.assertEqual(caught.exception.last_error.status_code, 503)
        self.assertEqual(await self.client.agents.list_agents(), [])


COUNTS = ("total", "pending", "active", "complete", "failed", "cancelled", "finished")


def counts(**some: int) -> dict[str, int]:
    """The seven counts of things that are all finished, where only these are not zero."""
    return dict.fromkeys(COUNTS, 0) | some | {"total": sum(some.values()), "finished": sum(some.values())}


def actions(*available: str) -> dict[str, bool]:
    return {action: action in available for action in ("update", "retire", "reinstate", "delete")}


if __name__ == "__main__":
    unittest.main()
