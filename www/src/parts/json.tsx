// JSON to read: coloured, folding, with marked values, and with links from ids to their views.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { isId } from "./pfid.js";
import { href } from "../router.js";
import { counted, number } from "./words.js";
import "./json.css";

/** A mark on the value at a dotted path. */
export interface Mark {
  readonly kind: "bad" | "warn";
  readonly note?: string;
}

interface Line {
  /** Dotted path of the value that begins or ends here. */
  readonly path: string;
  readonly depth: number;
  readonly key?: string;
  readonly kind: "open" | "close" | "folded" | "string" | "literal";
  /** The value's text, or the brackets. */
  readonly text: string;
  readonly link?: string;
  readonly comma: boolean;
}

const ESCAPED =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are looked for
  /[\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** A string as JSON text, with what cannot be seen as escapes. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(ESCAPED, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}

const LONGEST = 2_000;

function linkOf(key: string, value: string, owner: Readonly<Record<string, unknown>>): string | undefined {
  if (!isId(value)) return undefined;
  const agent = owner["agent_id"];
  if (key === "agent_id" || (key === "id" && owner["type"] === "agent")) return href(`/agents/${value}`);
  if (typeof agent === "string" && isId(agent) && (key === "agent_instance_id" || (key === "id" && owner["type"] === "agent_instance"))) {
    return href(`/agents/${agent}/instances/${value}`);
  }
  return undefined;
}

function addLines(
  lines: Line[],
  value: unknown,
  path: string,
  depth: number,
  key: string | undefined,
  owner: Readonly<Record<string, unknown>>,
  comma: boolean,
  folded: ReadonlySet<string>,
): void {
  const base = { path, depth, comma, ...(key !== undefined && { key }) };
  if (typeof value !== "object" || value === null) {
    if (typeof value === "string") {
      const cut = value.length > LONGEST ? `${value.slice(0, LONGEST)}… ${number(value.length - LONGEST)} more` : value;
      const link = linkOf(key ?? "", value, owner);
      lines.push({ ...base, kind: "string", text: jsonString(cut), ...(link !== undefined && { link }) });
    } else lines.push({ ...base, kind: "literal", text: String(value) });
    return;
  }
  const isArray = Array.isArray(value);
  const entries = Object.entries(value as Record<string, unknown>);
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) lines.push({ ...base, kind: "literal", text: `${open}${close}` });
  else if (folded.has(path))
    lines.push({ ...base, kind: "folded", text: `${open} ${counted(entries.length, isArray ? "item" : "key")} ${close}` });
  else {
    lines.push({ ...base, kind: "open", text: open ?? "", comma: false });
    for (const [index, [name, inner]] of entries.entries()) {
      const below = path === "" ? name : `${path}.${name}`;
      addLines(
        lines,
        inner,
        below,
        depth + 1,
        isArray ? undefined : name,
        isArray ? {} : (value as Record<string, unknown>),
        index < entries.length - 1,
        folded,
      );
    }
    lines.push({ path, depth, kind: "close", text: close ?? "", comma });
  }
}

const SHOWN_LINES = 200;

/** A JSON value. */
export function Json({
  value,
  label,
  marks,
  limit = SHOWN_LINES,
}: {
  readonly value: unknown;
  /** The accessible name of the region. */
  readonly label: string;
  readonly marks?: ReadonlyMap<string, Mark>;
  /** Lines that show before "Show all". */
  readonly limit?: number;
}): JSX.Element {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const lines = useMemo(() => {
    const made: Line[] = [];
    addLines(made, value, "", 0, undefined, {}, false, folded);
    return made;
  }, [value, folded]);
  const isCut = !all && lines.length > limit;
  const toggle = (path: string): void => {
    const next = new Set(folded);
    if (!next.delete(path)) next.add(path);
    setFolded(next);
  };
  return (
    <div class={isCut ? "json is-cut" : "json"}>
      <section class="code json-lines" tabIndex={0} aria-label={label}>
        {(isCut ? lines.slice(0, limit) : lines).map((line) => (
          <JsonLine
            key={`${line.path}${line.kind === "close" ? "}" : ""}`}
            line={line}
            mark={line.kind === "close" ? undefined : marks?.get(line.path)}
            toggle={toggle}
          />
        ))}
      </section>
      {isCut && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          Show all {number(lines.length)} lines
        </button>
      )}
    </div>
  );
}

function JsonLine({
  line,
  mark,
  toggle,
}: {
  readonly line: Line;
  readonly mark: Mark | undefined;
  readonly toggle: (path: string) => void;
}): JSX.Element {
  const { kind, text, link } = line;
  const isFold = (kind === "open" || kind === "folded") && line.path !== "";
  return (
    <div class={mark === undefined ? "json-line" : `json-line is-${mark.kind}`}>
      {"  ".repeat(line.depth)}
      {line.key !== undefined && (
        <>
          <span class="json-key">{jsonString(line.key)}</span>
          {": "}
        </>
      )}
      {isFold ? (
        <button
          type="button"
          class="json-fold"
          aria-expanded={kind === "open"}
          aria-label={`${kind === "open" ? text : text}, ${line.path}`}
          onClick={() => toggle(line.path)}
        >
          {text}
        </button>
      ) : link !== undefined ? (
        <a class="json-string" href={link}>
          {text}
        </a>
      ) : (
        <span class={kind === "string" ? "json-string" : kind === "literal" ? "json-literal" : undefined}>{text}</span>
      )}
      {line.comma && ","}
      {mark?.note !== undefined && <span class="json-note"> {mark.note}</span>}
    </div>
  );
}
