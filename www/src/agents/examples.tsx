import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { connection } from "../connection/client.js";
import { Button, LinkButton } from "../parts/button.js";
import { Icon } from "../parts/icons.js";
import { counted } from "../parts/words.js";
import { href } from "../router.js";

const STORED = `agent-registrar.examples ${new URL("./", document.baseURI).pathname}`;

/** Whether an earlier visit found no examples: then no space is kept for the banner. */
function wereGone(): boolean {
  try {
    return localStorage.getItem(STORED) === "gone";
  } catch {
    return false;
  }
}

function remember(gone: boolean): void {
  try {
    if (gone) localStorage.setItem(STORED, "gone");
    else localStorage.removeItem(STORED);
  } catch {
    // Then the space is kept again at the next visit.
  }
}

/** Says that the service runs in this page, and that the first agents are examples. */
export function ExamplesBanner({ changes }: { readonly changes: unknown }): JSX.Element | null {
  const { place, state, generation } = connection.value;
  // `undefined` until it is known.
  const [agents, setAgents] = useState<number | undefined>(wereGone() ? 0 : undefined);
  useEffect(() => {
    if (place !== "page" || state !== "answering") return;
    let isCurrent = true;
    void import("../in-page/index.js")
      .then(({ inPageStatus }) => inPageStatus())
      .then(({ examples }) => {
        if (!isCurrent) return;
        setAgents(examples?.agents ?? 0);
        remember(examples === null);
      })
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [place, state, generation, changes]);
  if (place !== "page" || agents === 0) return null;
  return (
    <div class="examples note is-tint">
      <Icon name="page" />
      {agents !== undefined && (
        <>
          <p>The service runs in this page. {agents === 1 ? "1 agent is an example." : `${counted(agents, "agent")} are examples.`}</p>
          <Button onClick={() => void import("../connection/view.js").then(({ askToClearExamples }) => askToClearExamples())}>
            Clear examples
          </Button>
          <LinkButton href={href("/connection")}>Use a server</LinkButton>
        </>
      )}
    </div>
  );
}
