import type { JSX } from "preact";
import type { Agent, AgentVersion } from "../../../js/generated/wire.js";
import { connection } from "../connection/client.js";
import { Age } from "../parts/age.js";
import { Bar, countsSentence } from "../parts/counts.js";
import { Foreign } from "../parts/foreign.js";
import { exactTime, number } from "../parts/words.js";

/** Five facts about an agent. */
export function Facts({ agent, version }: { readonly agent: Agent; readonly version: AgentVersion | undefined }): JSX.Element {
  const { instance_counts: counts } = agent;
  const environment = connection.value.environments?.find((one) => one.id === agent.environment_id);
  const parts = countsSentence(counts).split(": ")[1]?.replaceAll(", ", " · ");
  return (
    <dl class="facts box">
      <div class="fact-counts">
        <dt>Instances</dt>
        <dd class="fact-main">
          <span class="num">{number(counts.total)}</span>
          <Bar counts={counts} />
        </dd>
        <dd class="fact-more num">{parts ?? "none yet"}</dd>
      </div>
      <div>
        <dt>Environment</dt>
        <dd class="fact-main cut">{environment === undefined ? "unnamed" : <Foreign text={environment.name} />}</dd>
        <dd class="fact-more">
          <code>
            {agent.environment_id.slice(0, 10)}…{agent.environment_id.slice(-6)}
          </code>
        </dd>
      </div>
      <div>
        <dt>Current version</dt>
        <dd class="fact-main cut">
          {version === undefined ? agent.current_version_id === null ? "none" : "…" : <Foreign text={version.external_identifier} />}
        </dd>
        <dd class="fact-more">{version !== undefined && <Age time={version.inserted_at} />}</dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd class="fact-main">
          <Age time={agent.inserted_at} />
        </dd>
        <dd class="fact-more">{exactTime(agent.inserted_at)}</dd>
      </div>
      <div>
        <dt>Last change</dt>
        <dd class="fact-main">
          <Age time={agent.updated_at} />
        </dd>
        <dd class="fact-more">{exactTime(agent.updated_at)}</dd>
      </div>
    </dl>
  );
}
