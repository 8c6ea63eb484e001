// What the detail of an agent asks the service.
import type { Agent, AgentInstance, AgentSchemaVersion, AgentSpan, AgentVersion, Pagination } from "../../../js/generated/wire.js";
import { call } from "../connection/client.js";
import { type Outcome, type Resource, succeeded, useResource } from "../data/resource.js";

export interface Page<T> {
  readonly rows: readonly T[];
  readonly pagination: Pagination;
}

const BY = "the agent’s page";
export const INSTANCES_PER_PAGE = 50;
export const SPANS_PER_PAGE = 100;

async function details<T>(path: string, signal: AbortSignal): Promise<Outcome<T>> {
  const answer = await call("GET", path, undefined, { signal, by: BY });
  return succeeded(answer) ? { value: (answer.body as { details: T }).details } : { failed: answer };
}

async function page<T>(path: string, signal: AbortSignal): Promise<Outcome<Page<T>>> {
  const answer = await call("GET", path, undefined, { signal, by: BY });
  if (!succeeded(answer)) return { failed: answer };
  const { summaries, pagination } = answer.body as { summaries: readonly T[]; pagination: Pagination };
  return { value: { rows: summaries, pagination } };
}

/** Keys begin with the agent's, so that one call of `forget` drops all that is known of it. */
export const useAgent = (id: string): Resource<Agent> => useResource(`agent ${id}`, (signal) => details(`/api/v1/agent/${id}`, signal));

export const useInstances = (agent: string, offset: number): Resource<Page<AgentInstance>> =>
  useResource(`agent ${agent} instances ${offset}`, (signal) =>
    page(
      `/api/v1/agent_instance?agent_id=${agent}&sorting=-inserted_at&pagination[offset]=${offset}&pagination[page_size]=${INSTANCES_PER_PAGE}`,
      signal,
    ),
  );

export const useInstance = (agent: string, id: string | undefined): Resource<AgentInstance> =>
  useResource(id === undefined ? undefined : `agent ${agent} instance ${id}`, (signal) => details(`/api/v1/agent_instance/${id}`, signal));

export const useVersions = (agent: string): Resource<Page<AgentVersion>> =>
  useResource(`agent ${agent} versions`, (signal) =>
    page(`/api/v1/agent_version?agent_id=${agent}&sorting=-inserted_at&pagination[page_size]=100`, signal),
  );

export const useSchemas = (agent: string): Resource<Page<AgentSchemaVersion>> =>
  useResource(`agent ${agent} schemas`, (signal) =>
    page(`/api/v1/agent_schema_version?agent_id=${agent}&sorting=-inserted_at&pagination[page_size]=100`, signal),
  );

/** The first spans of an instance, as many pages as were asked for. */
export const useSpans = (agent: string, instance: string, pages: number): Resource<Page<AgentSpan>> =>
  useResource<Page<AgentSpan>>(`agent ${agent} spans ${instance} ${pages}`, async (signal) => {
    const rows: AgentSpan[] = [];
    for (let offset = 0; ; ) {
      const outcome = await page<AgentSpan>(
        `/api/v1/agent_spans?agent_instance_id=${instance}&sorting=started_at&pagination[offset]=${offset}&pagination[page_size]=${SPANS_PER_PAGE}`,
        signal,
      );
      if (!("value" in outcome)) return outcome;
      rows.push(...outcome.value.rows);
      const next = outcome.value.pagination.next_page_offset;
      if (next === null || rows.length >= pages * SPANS_PER_PAGE || outcome.value.rows.length === 0)
        return { value: { ...outcome.value, rows } };
      offset = next;
    }
  });
