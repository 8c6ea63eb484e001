import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { call, connection } from "../connection/client.js";
import { viewTitle } from "../frame/title.js";
import { Icon } from "../parts/icons.js";
import { SearchBox } from "../parts/search.js";
import { Empty, Failure, GreyRows, Progress } from "../parts/states.js";
import { counted } from "../parts/words.js";
import { recordOf } from "../requests/log.js";
import { href, type Params, query } from "../router.js";
import { type Document, type Operation, operationOf, operationsOf, type Values } from "./model.js";
import { OperationForm } from "./operation.js";
import "./explorer.css";

interface Loaded {
  readonly generation: number;
  readonly document?: Document;
  readonly cause?: string;
}

/** The API's description, as the service gives it. */
function useDocument(): { readonly loaded: Loaded | undefined; readonly reload: () => void } {
  const { generation, state } = connection.value;
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined);
  const [tries, setTries] = useState(0);
  const isAnswering = state === "answering";
  useEffect(() => {
    if (!isAnswering) return;
    const abort = new AbortController();
    void call("GET", "/api/v1/openapi", undefined, { by: "the explorer", signal: abort.signal }).then(({ status, body, cause }) => {
      if (abort.signal.aborted) return;
      const isDocument = status === 200 && typeof body === "object" && body !== null && "paths" in body;
      setLoaded({
        generation,
        ...(isDocument ? { document: body as Document } : { cause: cause ?? `The service answered with status ${status}.` }),
      });
    });
    return () => abort.abort();
  }, [generation, isAnswering, tries]);
  return { loaded: loaded?.generation === generation ? loaded : undefined, reload: () => setTries((n) => n + 1) };
}

/** A request of the log to edit. */
interface Given {
  readonly operation: Operation;
  readonly values: Values;
  readonly text: string | undefined;
}

function given(operations: readonly Operation[], from: string | null): Given | undefined {
  const record = from === null ? undefined : recordOf(Number(from));
  if (record === undefined) return undefined;
  const found = operationOf(operations, record.method, record.path);
  return found === undefined ? undefined : { ...found, text: record.body?.text };
}

/** All operations of the API, generated from its description. */
export default function Explorer({ params }: { readonly params: Params }): JSX.Element {
  const { loaded, reload } = useDocument();
  const { state } = connection.value;
  const document = loaded?.document;
  const operations = useMemo(() => (document === undefined ? [] : operationsOf(document)), [document]);
  const from = query.value.get("from");
  const edited = useMemo(() => given(operations, from), [operations, from]);
  const name = params["operation"];
  const chosen = operations.find(({ id }) => id === name) ?? edited?.operation;
  useEffect(() => {
    viewTitle.value = chosen === undefined ? "Explorer" : `${chosen.title}: Explorer`;
  }, [chosen]);
  const isWaiting = state === "answering" && loaded === undefined;
  return (
    <div class={chosen === undefined && name === undefined ? "view explorer" : "view explorer has-open"}>
      <header class="view-head">
        <h1 tabIndex={-1}>Explorer</h1>
        <span class="soft grow">
          {document !== undefined && `${counted(operations.length, "operation")}, from the service’s own description`}
        </span>
      </header>
      <Progress waiting={isWaiting} />
      {loaded?.cause !== undefined && (
        <Failure title="The description could not be read" action={{ label: "Try again", run: reload }}>
          {loaded.cause}
        </Failure>
      )}
      {document === undefined ? (
        loaded?.cause === undefined && (isWaiting ? <GreyRows count={8} /> : <NotAnswering />)
      ) : (
        <div class="explorer-panes">
          <List operations={operations} open={chosen?.id} />
          {chosen !== undefined ? (
            <OperationForm
              key={`${chosen.id} ${from ?? ""}`}
              document={document}
              operation={chosen}
              given={edited?.operation === chosen ? edited : undefined}
            />
          ) : name !== undefined ? (
            <div class="operation scrolls">
              <Empty title="There is no such operation">
                <a href={href("/explorer")}>Go to Explorer</a>
              </Empty>
            </div>
          ) : (
            <div class="operation scrolls">
              <p class="soft pick-operation">Choose an operation to try it.</p>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

function NotAnswering(): JSX.Element {
  return (
    <Empty title="The service is not answering">
      Its description comes from itself. <a href={href("/connection")}>Go to Connection</a>
    </Empty>
  );
}

function List({ operations, open }: { readonly operations: readonly Operation[]; readonly open: string | undefined }): JSX.Element {
  const [sought, setSought] = useState("");
  const text = sought.trim().toLowerCase();
  const shown = operations.filter(({ title, path, id, method }) => `${method} ${path} ${id} ${title}`.toLowerCase().includes(text));
  const groups = [...new Set(shown.map(({ group }) => group))];
  return (
    <nav class="operations scrolls" aria-label="Operations" data-scroll="operations">
      <SearchBox label="Find an operation" value={sought} onInput={setSought} />
      {shown.length === 0 && <p class="soft none">No operation matches.</p>}
      {groups.map((group) => {
        const inGroup = shown.filter((operation) => operation.group === group);
        return (
          <details key={group} open>
            <summary>
              <Icon name="right" size={14} />
              <span>{group}</span>
              <span class="soft num">{inGroup.length}</span>
            </summary>
            <ul>
              {inGroup.map(({ id, method, title, isMissing }) => (
                <li key={id}>
                  <a href={href(`/explorer/${id}`)} data-row={id} aria-current={id === open ? "page" : undefined}>
                    <code>{method === "DELETE" ? "DEL" : method}</code>
                    <span>
                      {title}
                      {isMissing && <span class="badge is-warn">not built</span>}
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </nav>
  );
}
