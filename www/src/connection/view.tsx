import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { viewTitle } from "../frame/title.js";
import { clearExamples, type InPageStatus, inPageStatus, resetInPage } from "../in-page/index.js";
import { install } from "../in-page/install.js";
import { Button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { describedBy, Field } from "../parts/field.js";
import { tell } from "../parts/messages.js";
import { bytes, counted } from "../parts/words.js";
import { href } from "../router.js";
import { call, connect, connection, currentTarget, previousTarget, type Target } from "./client.js";
import { inPage, keptToken, remember, useInPage } from "./start.js";
import { StateCard, whereItRuns } from "./state-card.js";
import "./connection.css";

/** The tabs of the place. */
export function Tabs({ of }: { readonly of: "where" | "tokens" }): JSX.Element {
  return (
    <nav class="connection-tabs" aria-label="Connection">
      <a href={href("/connection")} aria-current={of === "where" ? "page" : undefined}>
        Where it runs
      </a>
      <a href={href("/connection/tokens")} aria-current={of === "tokens" ? "page" : undefined}>
        API tokens
      </a>
    </nav>
  );
}

/** The origin of an address as a person types it; `undefined` if it is none. */
function originOf(text: string): string | undefined {
  const trimmed = text.trim();
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
    return url.protocol === "http:" || url.protocol === "https:" ? url.origin : undefined;
  } catch {
    return undefined;
  }
}

/** Changes the connection, and says when the new one answers. */
async function change(target: Target, keepsToken: boolean): Promise<void> {
  remember(target, keepsToken);
  await (target.place === "page" ? useInPage() : connect(target));
  if (currentTarget() === target && connection.peek().state === "answering") {
    const where = target.place === "page" ? "the service in this page" : whereItRuns();
    tell({ kind: "done", text: `Now connected to ${where}. What was shown before has been cleared.` });
  }
}

/** Where the service runs. */
export default function Where(): JSX.Element {
  useEffect(() => {
    viewTitle.value = "Connection";
  }, []);
  const { generation } = connection.value;
  return (
    <div class="view">
      <header class="view-head">
        <h1 tabIndex={-1}>Connection</h1>
      </header>
      <Tabs of="where" />
      <div class="connection scrolls" data-scroll="connection">
        <StateCard />
        <Choice key={generation} />
        {connection.value.place === "page" && <InPage key={`page ${generation}`} />}
      </div>
    </div>
  );
}

function Choice(): JSX.Element {
  const now = connection.peek();
  const [place, setPlace] = useState<"page" | "address">(now.place);
  const [address, setAddress] = useState(now.address ?? (location.protocol.startsWith("http") ? location.origin : "http://127.0.0.1:8787"));
  const [token, setToken] = useState("");
  const [isShown, setShown] = useState(false);
  const [keeps, setKeeps] = useState(keptToken());
  const [problems, setProblems] = useState<{ readonly address?: string; readonly token?: string }>({});
  const before = previousTarget();
  const { state, trouble } = connection.value;
  const died =
    trouble?.kind === "token_died" || trouble?.kind === "wrong_token"
      ? "This token is not valid here. Paste the one that the terminal shows now."
      : undefined;
  const tokenProblem = problems.token ?? (token === "" ? died : undefined);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (place === "page") return void change(inPage, false);
    const origin = originOf(address);
    const found = {
      ...(origin === undefined && { address: "Address must be a URL such as http://127.0.0.1:8787." }),
      ...(!/^[\x21-\x7e]+$/.test(token.trim()) && {
        token: token.trim() === "" ? "Token must not be blank." : "Token must be printable ASCII without spaces.",
      }),
    };
    setProblems(found);
    if (origin === undefined || found.token !== undefined) {
      document.getElementById(origin === undefined ? "connection-address" : "connection-token")?.focus();
      return;
    }
    void change({ place: "address", address: origin, token: token.trim() }, keeps);
  };
  return (
    <form class="box choice" onSubmit={submit} noValidate autocomplete="off" aria-label="Where the service runs">
      <fieldset>
        <legend class="sr">Where the service runs</legend>
        <Option
          id="connection-place-page"
          isChosen={place === "page"}
          onChoose={() => setPlace("page")}
          label="In this page"
          help="The service runs in this browser and keeps its records here."
          badge="nothing to install"
        />
        <Option
          id="connection-place-address"
          isChosen={place === "address"}
          onChoose={() => setPlace("address")}
          label="A server"
          help={
            <>
              A local <code>agent-registrar serve</code>, or a deployed one.
            </>
          }
        />
      </fieldset>
      {place === "address" && (
        <div class="choice-fields">
          <Field
            id="connection-address"
            label="Address"
            help="Only the host counts: the API sits at its root."
            problems={problems.address === undefined ? [] : [problems.address]}
          >
            <input
              id="connection-address"
              class="input mono"
              type="url"
              inputMode="url"
              spellcheck={false}
              aria-describedby={describedBy("connection-address")}
              aria-invalid={problems.address === undefined ? undefined : true}
              value={address}
              onInput={(event) => setAddress(event.currentTarget.value)}
            />
          </Field>
          <Field
            id="connection-token"
            label="Token"
            help="It was printed when the server started."
            problems={tokenProblem === undefined ? [] : [tokenProblem]}
          >
            <div class="field-line">
              <input
                id="connection-token"
                class="input mono"
                type={(isShown ? "text" : "password") as "text"}
                autocomplete="off"
                autocapitalize="off"
                spellcheck={false}
                aria-describedby={describedBy("connection-token")}
                aria-invalid={tokenProblem === undefined ? undefined : true}
                value={token}
                onInput={(event) => setToken(event.currentTarget.value)}
              />
              <Button icon="eye" pressed={isShown} onClick={() => setShown(!isShown)}>
                Show
              </Button>
            </div>
          </Field>
          <div>
            <label class="check">
              <input type="checkbox" checked={keeps} onChange={(event) => setKeeps(event.currentTarget.checked)} />
              Keep the token in this browser
            </label>
            <p class="soft small">Otherwise it is gone when this tab closes.</p>
          </div>
        </div>
      )}
      <div class="choice-actions">
        <Button kind="main" type="submit">
          Connect
        </Button>
        {before !== undefined && state !== "answering" && (
          <Button onClick={() => void change(before, keptToken())}>
            Back to {before.place === "page" ? "this page" : new URL(before.address).host}
          </Button>
        )}
        <a class="button is-quiet" href={href("/agents")}>
          <span>Cancel</span>
        </a>
      </div>
    </form>
  );
}

function Option({
  id,
  isChosen,
  onChoose,
  label,
  help,
  badge,
}: {
  readonly id: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly label: string;
  readonly help: JSX.Element | string;
  readonly badge?: string;
}): JSX.Element {
  return (
    <label class={isChosen ? "option is-chosen" : "option"} for={id}>
      <input id={id} type="radio" name="place" checked={isChosen} onChange={onChoose} aria-describedby={`${id}-help`} />
      <span>
        <strong>{label}</strong>
        {badge !== undefined && <span class="badge">{badge}</span>}
        <span class="soft small" id={`${id}-help`}>
          {help}
        </span>
      </span>
    </label>
  );
}

interface Held {
  readonly agents: number;
  readonly status: InPageStatus;
  readonly bytes: number | undefined;
}

/** How much the service in this page holds. */
async function held(): Promise<Held> {
  const [list, status, estimate] = await Promise.all([
    call("GET", "/api/v1/agent?pagination[page_size]=1", undefined, { by: "the connection" }),
    inPageStatus(),
    navigator.storage?.estimate?.().catch(() => undefined),
  ]);
  const { pagination } = (list.body ?? {}) as { readonly pagination?: { readonly item_count: number } };
  return { agents: pagination?.item_count ?? 0, status, bytes: estimate?.usage };
}

function InPage(): JSX.Element {
  const [holds, setHolds] = useState<Held | undefined>(undefined);
  const { state } = connection.value;
  useEffect(() => {
    let isMounted = true;
    if (state === "answering") void held().then((found) => isMounted && setHolds(found));
    return () => {
      isMounted = false;
    };
  }, [state]);
  const examples = holds?.status.examples ?? null;
  return (
    <section class="box in-page" aria-labelledby="in-page-title">
      <h2 id="in-page-title">Records in this browser</h2>
      <p>
        {holds === undefined
          ? " "
          : `${counted(holds.agents, "agent")}${holds.bytes === undefined ? "" : `, ${bytes(holds.bytes)} of storage with the page itself`}. ${
              holds.status.isKept ? "They survive a reload." : "This browser keeps nothing: they end with the page."
            }${holds.status.deviations > 0 ? ` ${counted(holds.status.deviations, "write")} had another outcome in this version of the page.` : ""}`}
      </p>
      <div class="choice-actions">
        <Button rests={examples === null ? "There are no examples." : undefined} onClick={() => void askToClearExamples()}>
          Clear examples…
        </Button>
        <Button onClick={() => void askToReset(holds?.agents)}>Reset…</Button>
        {install.value !== undefined && <Button onClick={install.value}>Install this page</Button>}
      </div>
    </section>
  );
}

/** Asks, and removes the examples. */
export async function askToClearExamples(): Promise<void> {
  const { examples } = await inPageStatus();
  if (examples === null) return;
  const yes = await ask({
    title: "Clear the examples?",
    body: `${counted(examples.agents, "agent")} and ${counted(examples.instances, "instance")} in this browser go. What you made stays.`,
    no: "Keep them",
    yes: "Clear examples",
    danger: true,
  });
  if (!yes) return;
  if (await clearExamples()) {
    await connect(inPage);
    tell({ kind: "done", text: "The examples were cleared." });
  } else {
    tell({
      kind: "bad",
      title: "Not cleared",
      text: "The examples can’t be told from the other records any more. Reset removes all of them.",
    });
  }
}

async function askToReset(agents: number | undefined): Promise<void> {
  const yes = await ask({
    title: "Reset the service in this page?",
    body: `${agents === undefined ? "All agents" : counted(agents, "agent")} with their runs go from this browser. This can’t be undone.`,
    no: "Keep them",
    yes: "Reset",
    danger: true,
  });
  if (!yes) return;
  await resetInPage();
  await connect(inPage);
  tell({ kind: "done", text: "Everything in this browser was removed." });
}
