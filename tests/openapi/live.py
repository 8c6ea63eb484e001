"""The client of openapi-python-client, unchanged, makes calls to the server whose address, token and environment are given."""

import sys

sys.path.insert(0, sys.argv[1])

from registrar_client import AuthenticatedClient
from registrar_client.api.agent import agents_create, agents_delete, agents_fetch, agents_list
from registrar_client.models import AgentAnswer, AgentSummaryList, CreateAgent, CreateAgentBody, ErrorBody, ErrorCode, KeyBody
from registrar_client.models import ValidationErrors

url, token, environment = sys.argv[2:]
with AuthenticatedClient(base_url=url, token=token) as client:
    made = agents_create.sync(client=client, body=CreateAgentBody(details=CreateAgent(name="Ada", environment_id=environment)))
    assert isinstance(made, AgentAnswer), made
    fetched = agents_fetch.sync(made.details.id, client=client)
    assert isinstance(fetched, AgentAnswer) and fetched.details.to_dict() == made.details.to_dict()
    listed = agents_list.sync(client=client, environment_id=environment, include_counts=True, paginationpage_size=1)
    assert isinstance(listed, AgentSummaryList) and listed.summaries[0].id == made.details.id, listed
    refused = agents_create.sync(client=client, body=CreateAgentBody(details=CreateAgent(name="", environment_id=environment)))
    assert isinstance(refused, ValidationErrors) and "details.name" in refused.errors, refused
    gone = agents_delete.sync(made.details.id, client=client, body=KeyBody(idempotency_key="delete-1"))
    again = agents_delete.sync(made.details.id, client=client, body=KeyBody(idempotency_key="delete-1"))
    assert isinstance(gone, AgentAnswer) and isinstance(again, AgentAnswer) and gone.to_dict() == again.to_dict()
    missing = agents_fetch.sync(made.details.id, client=client)
    assert isinstance(missing, ErrorBody) and missing.code == ErrorCode.NOT_FOUND, missing
