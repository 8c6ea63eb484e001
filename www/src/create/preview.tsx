import type { JSX } from "preact";
import { CopyMenu } from "./copy.js";
import { Json, type Mark } from "../parts/json.js";
import { IdParts, isId } from "../parts/pfid.js";
import { counted, exactTime, number } from "../parts/words.js";
import { type Problem, validator } from "./check.js";

export const PATH = "/api/v1/agent";

/** Time, partition and randomness of an id. */
export function IdFacts({ value }: { readonly value: string }): JSX.Element | null {
  const parts = validator.value?.parsePfid(value);
  if (parts === undefined || parts === null) return null;
  const { timestamp, partition } = parts;
  return (
    <dl class="id-facts">
      <div>
        <dt>Time</dt>
        <dd>{exactTime(timestamp)}</dd>
      </div>
      <div>
        <dt>Partition</dt>
        <dd>{number(partition)}, the same for all IDs of this account</dd>
      </div>
      <div>
        <dt>Random</dt>
        <dd>80 bits</dd>
      </div>
    </dl>
  );
}

/** How the ids of a draft are read, or how they differ. */
export function IdBox({
  id,
  environment,
  problems,
}: {
  readonly id: string;
  readonly environment: string;
  readonly problems: readonly Problem[];
}): JSX.Element | null {
  const parse = validator.value?.parsePfid;
  if (parse === undefined) return null;
  const differ = problems.some(({ path, reason }) => path === "details.id" && reason === "foreign_partition");
  if (differ) {
    return (
      <section class="box id-box" aria-label="The two IDs">
        <h3>The two IDs differ here</h3>
        <IdParts value={id} problem />
        <p>
          <span class="soft">ID</span> partition {number(parse(id)?.partition ?? 0)}
        </p>
        <IdParts value={environment} />
        <p>
          <span class="soft">Environment</span> partition {number(parse(environment)?.partition ?? 0)}, this account
        </p>
        <p class="soft small">Characters 11 to 16 are the account’s partition. An agent’s ID must have the same as its environment.</p>
      </section>
    );
  }
  const shown = [id, id.toLowerCase(), environment].find((one) => isId(one));
  if (shown === undefined) return null;
  return (
    <section class="box id-box" aria-label="How an ID is read">
      <h3>How an ID is read</h3>
      <IdParts value={shown} />
      <IdFacts value={shown} />
    </section>
  );
}

/** The request that the form will send. */
export function Preview({ body, problems }: { readonly body: unknown; readonly problems: readonly Problem[] }): JSX.Element {
  const marks = new Map<string, Mark>(problems.map(({ path }) => [path, { kind: "bad" }]));
  return (
    <section class="preview" aria-labelledby="preview-title">
      <div class="preview-head">
        <h2 id="preview-title">What will be sent</h2>
        {problems.length > 0 && <span class="badge is-bad">{counted(problems.length, "problem")}</span>}
        <span class="grow" />
        <CopyMenu path={PATH} text={JSON.stringify(body)} />
      </div>
      <code class="soft">POST {PATH}</code>
      <Json value={body} label="The body that will be sent" marks={marks} />
      <p class="soft small">Checked in this page by the rules that the service uses. Nothing is sent until they pass.</p>
    </section>
  );
}
