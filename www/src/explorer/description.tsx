import type { JSX } from "preact";
import { type Document, type Operation, resolve, type Schema, typeInWords } from "./model.js";

/** What an operation answers, and with which errors. */
export function Description({ document, operation }: { readonly document: Document; readonly operation: Operation }): JSX.Element {
  const good = operation.outcomes.filter(({ status }) => status.startsWith("2"));
  const bad = operation.outcomes.filter(({ status }) => !status.startsWith("2"));
  return (
    // It scrolls by itself, so the keyboard must reach it.
    <aside class="description scrolls" aria-label="Answers of the operation" data-scroll="description" tabIndex={0}>
      {good.map(({ status, description, schema }) => (
        <section key={status}>
          <h3>
            <span class="badge is-good">{status}</span> {description}
          </h3>
          <Members document={document} schema={schema} depth={0} />
        </section>
      ))}
      <h3>Errors</h3>
      <dl class="errors">
        {bad.map(({ status, description }) => (
          <div key={status}>
            <dt>
              <span class={status.startsWith("5") ? "badge is-bad" : "badge is-warn"}>{status}</span>
            </dt>
            <dd class="soft small">{description}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

/** The members of an object, those within `details` too. */
function Members({
  document,
  schema,
  depth,
}: {
  readonly document: Document;
  readonly schema: Schema | undefined;
  readonly depth: number;
}): JSX.Element | null {
  const { properties } = resolve(document, schema);
  if (properties === undefined || depth > 1) return null;
  return (
    <dl class={depth === 0 ? "members" : "members is-inner"}>
      {Object.entries(properties).map(([name, member]) => (
        <div key={name}>
          <dt>
            <code>{name}</code> <span class="soft small">{typeInWords(document, member)}</span>
          </dt>
          <dd>
            <p class="soft small">{member.description ?? resolve(document, member).description}</p>
            <Members document={document} schema={member} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
