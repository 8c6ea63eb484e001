import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ApiToken } from "../../../js/generated/wire.js";
import { freshKey } from "../data/key.js";
import { viewTitle } from "../frame/title.js";
import { Age } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { ask, Dialog } from "../parts/dialog.js";
import { Field } from "../parts/field.js";
import { Foreign, plainText } from "../parts/foreign.js";
import { MenuButton, type MenuItem } from "../parts/menu.js";
import { copyText, tell } from "../parts/messages.js";
import { Empty, Failure, GreyRows, Progress } from "../parts/states.js";
import { exactTime } from "../parts/words.js";
import { type Answer, call, connection } from "./client.js";
import { Tabs } from "./view.js";
import "./connection.css";

const PATH = "/api/v1/api_token?sorting=-inserted_at&pagination[page_size]=100";
const BY = "the list of tokens";

const tokensIn = ({ status, body }: Answer): readonly ApiToken[] | undefined =>
  status === 200 ? (body as { readonly summaries: readonly ApiToken[] }).summaries : undefined;

const messageOf = ({ status, body, cause }: Answer): string =>
  cause ?? (body as { readonly message?: string } | undefined)?.message ?? `The service answered with status ${status}.`;

const nameOf = ({ name, id }: ApiToken): string => (name === null || name === "" ? `…${id.slice(-12)}` : name);

/** The API tokens of the account. */
export default function Tokens(): JSX.Element {
  const { generation, state } = connection.value;
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const [reloads, setReloads] = useState(0);
  const [isMaking, setMaking] = useState(false);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    viewTitle.value = "API tokens: Connection";
  }, []);
  const isAnswering = state === "answering";
  useEffect(() => {
    if (!isAnswering) return;
    const abort = new AbortController();
    stop.current = abort;
    void call("GET", PATH, undefined, { by: BY, signal: abort.signal }).then((found) => {
      if (!abort.signal.aborted || found.status !== 0) setAnswer(found);
    });
    return () => abort.abort();
  }, [generation, isAnswering, reloads]);
  // What another connection said is not shown.
  const shown = answer?.generation === generation ? answer : undefined;
  const tokens = shown === undefined ? undefined : tokensIn(shown);
  const reload = (): void => setReloads((n) => n + 1);
  const rests = !isAnswering ? "The service is not answering." : shown?.status === 403 ? "It needs an account-wide token." : undefined;
  return (
    <div class="view">
      <header class="view-head">
        <h1 tabIndex={-1}>Connection</h1>
        <span class="grow" />
        <Button kind="main" icon="plus" rests={rests} onClick={() => setMaking(true)}>
          New token
        </Button>
      </header>
      <Tabs of="tokens" />
      <Progress waiting={isAnswering && shown === undefined} onStop={() => stop.current?.abort()} />
      <div class="scrolls" data-scroll="tokens" aria-busy={shown === undefined}>
        <p class="tokens-head soft small">Tokens of the server’s configuration are not in this list.</p>
        {shown === undefined ? (
          <GreyRows count={3} />
        ) : shown.status === 403 ? (
          <Failure title="This token is for one environment">API tokens need an account-wide token (403 not_permitted).</Failure>
        ) : tokens === undefined ? (
          <Failure title="The tokens could not be listed" action={{ label: "Try again", run: reload }}>
            {messageOf(shown)}
          </Failure>
        ) : tokens.length === 0 ? (
          <Empty title="No tokens">No tokens besides the ones from the server’s configuration.</Empty>
        ) : (
          <Table tokens={tokens} isAnswering={isAnswering} reload={reload} />
        )}
      </div>
      {isMaking && (
        <NewToken
          onClose={() => {
            setMaking(false);
            reload();
          }}
        />
      )}
    </div>
  );
}

function Table({
  tokens,
  isAnswering,
  reload,
}: {
  readonly tokens: readonly ApiToken[];
  readonly isAnswering: boolean;
  readonly reload: () => void;
}): JSX.Element {
  const environments = connection.value.environments ?? [];
  return (
    // Roles are repeated, because a changed `display` drops them.
    <table class="tokens-table" role="table" aria-label="API tokens">
      <thead role="rowgroup">
        <tr role="row">
          {["Name", "Scope", "Status", "Last used", "Expires", "Actions"].map((word) => (
            <th key={word} role="columnheader" scope="col">
              {word === "Actions" ? <span class="sr">{word}</span> : word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {tokens.map((token) => (
          <tr key={token.id} role="row">
            <th role="rowheader" scope="row" class="name">
              <Foreign text={nameOf(token)} />
            </th>
            <td role="cell">
              {token.token_scope === "account" ? (
                "account"
              ) : (
                <Foreign text={environments.find(({ id }) => id === token.environment_id)?.name ?? "environment"} />
              )}
            </td>
            <td role="cell">
              <span class={token.status === "active" ? "badge is-good" : "badge"}>{token.status}</span>
            </td>
            <td role="cell">{token.last_used_at === null ? "not used" : <Age time={token.last_used_at} />}</td>
            <td role="cell">{token.expires_at === null ? "never" : exactTime(token.expires_at)}</td>
            <td role="cell">
              <MenuButton label={`Actions of ${plainText(nameOf(token))}`} items={actionsOf(token, isAnswering, reload)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const ACTIONS = [
  { name: "suspend", label: "Suspend", done: "was suspended" },
  { name: "activate", label: "Activate", done: "was activated" },
  { name: "revoke", label: "Revoke", done: "was revoked" },
  { name: "delete", label: "Delete", done: "was deleted" },
] as const;

function actionsOf(token: ApiToken, isAnswering: boolean, reload: () => void): readonly MenuItem[] {
  return ACTIONS.map(({ name, label, done }): MenuItem => {
    const rests = !isAnswering
      ? "not answering"
      : token.available_actions[name]
        ? undefined
        : token.status === "active"
          ? "in use here"
          : token.status;
    return {
      label,
      rests,
      apart: name === "revoke",
      run: () => void carryOut(token, name, done, reload),
    };
  });
}

async function carryOut(token: ApiToken, name: (typeof ACTIONS)[number]["name"], done: string, reload: () => void): Promise<void> {
  if (name === "revoke" || name === "delete") {
    const yes = await ask({
      title: name === "revoke" ? "Revoke this token?" : "Delete this token?",
      body: (
        <>
          <p>
            <strong>
              <Foreign text={nameOf(token)} />
            </strong>{" "}
            <code>{token.id}</code>
          </p>
          <p>Programs that use it are refused from now on. This can’t be undone.</p>
        </>
      ),
      no: "Keep it",
      yes: name === "revoke" ? "Revoke token" : "Delete token",
      danger: true,
    });
    if (!yes) return;
  }
  const body = { idempotency_key: freshKey() };
  const path = `/api/v1/api_token/${token.id}`;
  const answer = name === "delete" ? await call("DELETE", path, body, { by: BY }) : await call("POST", `${path}/${name}`, body, { by: BY });
  if (answer.status === 200)
    tell({
      kind: "done",
      text: (
        <>
          <Foreign text={nameOf(token)} /> {done}.
        </>
      ),
    });
  else tell({ kind: "bad", title: "Nothing was changed", text: messageOf(answer) });
  reload();
}

interface Made {
  readonly token: string;
  readonly name: string;
}

/** Makes a token, and shows it once. */
function NewToken({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const environments = connection.value.environments ?? [];
  const [name, setName] = useState("");
  const [scope, setScope] = useState("account");
  const [expires, setExpires] = useState("");
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [made, setMade] = useState<Made | undefined>(undefined);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    const details = {
      token_scope: scope === "account" ? "account" : "environment",
      ...(scope !== "account" && { environment_id: scope }),
      ...(name.trim() !== "" && { name }),
      ...(expires !== "" && { expires_at: new Date(`${expires}:00Z`).toISOString() }),
    };
    const answer = await call("POST", "/api/v1/api_token", { details }, { by: "the form of tokens" });
    setBusy(false);
    const { token, errors } = (answer.body ?? {}) as {
      readonly token?: string;
      readonly errors?: Readonly<Record<string, readonly string[]>>;
    };
    if (answer.status === 200 && token !== undefined) return setMade({ token, name });
    setProblem(errors === undefined ? messageOf(answer) : Object.values(errors).flat().join(" "));
  };
  if (made !== undefined) {
    return (
      <Dialog title="The new token" canEscape={false} onClose={onClose}>
        <div class="new-token">
          <p>It is shown this once. The service keeps only a digest of it.</p>
          <code class="code" data-testid="new-token">
            {made.token}
          </code>
          <div class="dialog-buttons">
            <Button kind="quiet" onClick={onClose}>
              I don’t need it
            </Button>
            <Button
              kind="main"
              icon="copy"
              autofocus
              onClick={() => {
                void copyText(made.token, "Token copied.").then(onClose);
              }}
            >
              Copy and close
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Create an API token" onClose={onClose}>
      <form class="new-token" onSubmit={(event) => void submit(event)} noValidate>
        <Field id="token-name" label="Name" optional help="What uses it.">
          <input
            id="token-name"
            class="input"
            aria-describedby="token-name-help"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field id="token-scope" label="Scope" help="What it opens.">
          <select
            id="token-scope"
            class="select"
            aria-describedby="token-scope-help"
            value={scope}
            onChange={(event) => setScope(event.currentTarget.value)}
          >
            <option value="account">The whole account</option>
            {environments.map((one) => (
              <option key={one.id} value={one.id}>
                Environment {plainText(one.name)}
              </option>
            ))}
          </select>
        </Field>
        <Field
          id="token-expires"
          label="Expires"
          optional
          help="In UTC. Leave it empty and it does not expire."
          problems={problem === undefined ? [] : [problem]}
        >
          <input
            id="token-expires"
            class="input"
            type="datetime-local"
            aria-describedby="token-expires-help"
            value={expires}
            onInput={(event) => setExpires(event.currentTarget.value)}
          />
        </Field>
        <div class="dialog-buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit">
            {isBusy ? "Creating…" : "Create token"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
