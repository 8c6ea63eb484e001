import type { JSX } from "preact";
import type { Agent, AgentSchemaVersion, AgentVersion } from "../../../js/generated/wire.js";
import { messageOf, type Resource } from "../data/resource.js";
import { Age } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { Foreign } from "../parts/foreign.js";
import { Json } from "../parts/json.js";
import { copyText } from "../parts/messages.js";
import { Id } from "../parts/pfid.js";
import { Empty, Failure, GreyRows } from "../parts/states.js";
import type { Page } from "./data.js";

type AnyVersion = AgentVersion | AgentSchemaVersion;

function Rows<T extends AnyVersion>({
  resource,
  current,
  label,
  empty,
  more,
}: {
  readonly resource: Resource<Page<T>>;
  readonly current: string | null;
  readonly label: string;
  readonly empty: JSX.Element;
  readonly more?: (version: T) => JSX.Element | undefined;
}): JSX.Element {
  const page = resource.value;
  return (
    <div class="scrolls agent-tab" data-scroll={label}>
      {resource.failed !== undefined && (
        <Failure title={`The ${label.toLowerCase()} could not be loaded`} action={{ label: "Try again", run: resource.reload }}>
          {messageOf(resource.failed)}
        </Failure>
      )}
      {page === undefined && resource.waiting && <GreyRows count={4} />}
      {page !== undefined && page.rows.length === 0 && empty}
      {page !== undefined && page.rows.length > 0 && (
        <ul class="version-list" aria-label={label}>
          {page.rows.map((version) => (
            <li key={version.id} class="version-row">
              <strong class="cut">
                <Foreign text={version.external_identifier} />
              </strong>
              {version.id === current && <span class="badge is-good">current</span>}
              <span class="soft cut">{version.name !== null && <Foreign text={version.name} />}</span>
              <Id value={version.id} copy />
              <span class="soft">
                <Age time={version.inserted_at} />
              </span>
              {more?.(version)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function Versions({
  resource,
  current,
}: {
  readonly resource: Resource<Page<AgentVersion>>;
  readonly current: string | null;
}): JSX.Element {
  return (
    <Rows
      resource={resource}
      current={current}
      label="Versions"
      empty={<Empty title="No versions yet">The first instance brings one.</Empty>}
    />
  );
}

export function Schemas({
  resource,
  current,
}: {
  readonly resource: Resource<Page<AgentSchemaVersion>>;
  readonly current: string | null;
}): JSX.Element {
  return (
    <Rows
      resource={resource}
      current={current}
      label="Schemas"
      empty={<Empty title="No schemas yet">An instance can bring the schemas of its spans when it is registered.</Empty>}
      more={({ span_schemas, span_result_schemas, span_type_schemas, quality_schemas, external_identifier }) => (
        <details class="version-more">
          <summary>Schemas</summary>
          <Json
            value={{ span_schemas, span_result_schemas, span_type_schemas, quality_schemas }}
            label={`Schemas of ${external_identifier}`}
          />
        </details>
      )}
    />
  );
}

export function AgentJson({ agent }: { readonly agent: Agent }): JSX.Element {
  return (
    <div class="scrolls agent-tab agent-json" data-scroll="json">
      <Button icon="copy" onClick={() => void copyText(JSON.stringify(agent, null, 2), "Copied as JSON.")}>
        Copy JSON
      </Button>
      <Json value={agent} label="The agent as JSON" />
    </div>
  );
}
