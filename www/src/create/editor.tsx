// JSON mode: a text area over a marked copy of its text.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { maxBodyBytes } from "../../../js/generated/constants.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icons.js";
import { bytes, counted, number } from "../parts/words.js";
import type { Problem } from "./check.js";
import { CopyMenu } from "./copy.js";
import { type Place, lineAt, type Scan } from "./scan.js";
import "./editor.css";

/** Beyond this length marks would make typing slow. */
export const MARKED = 200_000;

interface LineMark {
  readonly kind: "bad" | "warn";
  readonly note: string;
  /** Columns of the wavy line, from 0. */
  readonly from: number;
  readonly to: number;
}

/** Short words for a line's end. */
const NOTES: Readonly<Record<string, string>> = {
  missing: "is missing",
  wrong_type: "must be text",
  foreign_partition: "another partition",
  blank: "is blank",
  too_long: "is too long",
  not_a_pfid: "is no PFID",
};

function nearest(places: readonly Place[], path: string): Place | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    const found = places.findLast((place) => place.path === at);
    if (found !== undefined || at === "") return found;
  }
}

/** The line of the value at a path, or of the object where it is missing. */
export function lineOf(text: string, found: Scan, path: string): number {
  return lineAt(text, nearest(found.places, path)?.start ?? 0).line;
}

function marksOf(text: string, found: Scan, problems: readonly Problem[], ignored: readonly string[]): ReadonlyMap<number, LineMark> {
  const marks = new Map<number, LineMark>();
  const mark = (start: number, end: number, kind: LineMark["kind"], note: string): void => {
    const { line, column } = lineAt(text, start);
    if (marks.get(line)?.kind === "bad") return;
    marks.set(line, { kind, note, from: column - 1, to: column - 1 + Math.max(1, end - start) });
  };
  for (const path of ignored) {
    const place = found.places.find((one) => one.path === path);
    const range = place?.key ?? place;
    if (range !== undefined) mark(range.start, range.end, "warn", "ignored");
  }
  for (const { path, reason, message } of problems) {
    const place = nearest(found.places, path);
    // Of a value that is missing, the bracket of its object is marked.
    if (place !== undefined)
      mark(place.start, place.path === path ? place.end : place.start + 1, "bad", (reason !== undefined && NOTES[reason]) || message);
  }
  if (found.error !== undefined) mark(found.error.offset, found.error.offset + 1, "bad", found.error.message);
  return marks;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;

/** The colours of a piece of a line. */
function coloured(text: string, key: string): JSX.Element[] {
  const parts: JSX.Element[] = [];
  let at = 0;
  const plain = (end: number): void => {
    if (end > at) parts.push(<span key={`${key}p${at}`}>{text.slice(at, end)}</span>);
  };
  for (const found of text.matchAll(TOKEN)) {
    plain(found.index);
    const isKey = found[2] !== undefined;
    parts.push(
      <span key={`${key}t${found.index}`} class={isKey ? "json-key" : found[1] === undefined ? "json-literal" : "json-string"}>
        {found[0]}
      </span>,
    );
    at = found.index + found[0].length;
  }
  plain(text.length);
  return parts;
}

function EditorLine({
  text,
  line,
  mark,
}: {
  readonly text: string;
  readonly line: number;
  readonly mark: LineMark | undefined;
}): JSX.Element {
  return (
    <div class={mark === undefined ? "editor-line" : `editor-line is-${mark.kind}`}>
      <span class="editor-number num">
        {mark !== undefined && <Icon name={mark.kind} size={14} />}
        {line}
      </span>
      {mark === undefined ? (
        coloured(text, "a")
      ) : (
        <>
          {coloured(text.slice(0, mark.from), "a")}
          <span class="wavy">{coloured(text.slice(mark.from, mark.to), "b")}</span>
          {coloured(text.slice(mark.to), "c")}
          <span class="editor-note">{mark.note}</span>
        </>
      )}
      {"\n"}
    </div>
  );
}

/** The sentence about a text that is no JSON. */
export function errorSentence(text: string, found: Scan): string | undefined {
  if (found.error === undefined) return undefined;
  const { line, column } = lineAt(text, found.error.offset);
  return `Line ${line}, column ${column}: ${found.error.message}`;
}

export function Editor({
  text,
  scanned,
  problems,
  ignored,
  path,
  onInput,
  id,
}: {
  readonly text: string;
  readonly scanned: Scan;
  readonly problems: readonly Problem[];
  readonly ignored: readonly string[];
  readonly path: string;
  readonly onInput: (text: string) => void;
  readonly id: string;
}): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const isMarked = text.length <= MARKED;
  const marks = useMemo(
    () => (isMarked ? marksOf(text, scanned, problems, ignored) : new Map<number, LineMark>()),
    [text, scanned, problems, ignored],
  );
  const size = useMemo(() => new TextEncoder().encode(text).length, [text]);
  const { line, column } = lineAt(text, caret);
  const at = scanned.places.findLast((place) => caret >= (place.key?.start ?? place.start) && caret <= place.end);
  const error = errorSentence(text, scanned);
  const moved = (): void => setCaret(area.current?.selectionStart ?? 0);
  return (
    <div class="editor box">
      <div class="editor-head">
        <code class="soft">POST {path}</code>
        <span class="grow" />
        <Button
          kind="quiet"
          rests={error === undefined ? undefined : "It is no JSON yet."}
          onClick={() => onInput(JSON.stringify(JSON.parse(text), null, 2))}
        >
          Format
        </Button>
        <CopyMenu path={path} text={text} />
      </div>
      <div class={isMarked ? "editor-text is-marked" : "editor-text"}>
        {isMarked && (
          <pre class="editor-copy" aria-hidden="true">
            {text.split("\n").map((one, index) => (
              <EditorLine key={index} text={one} line={index + 1} mark={marks.get(index + 1)} />
            ))}
          </pre>
        )}
        <textarea
          ref={area}
          id={id}
          aria-label="Body as JSON"
          aria-invalid={error !== undefined || problems.length > 0 ? "true" : undefined}
          aria-describedby={`${id}-error`}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={text}
          onInput={(event) => {
            onInput(event.currentTarget.value);
            moved();
          }}
          onKeyUp={moved}
          onClick={moved}
          onFocus={moved}
        />
      </div>
      <div class="editor-foot small soft">
        <span id={`${id}-error`} class={error === undefined ? "cut" : "editor-error"}>
          {error ?? at?.path ?? ""}
        </span>
        <span class="grow" />
        {!isMarked && <span>Marks are off beyond {counted(MARKED, "character")}.</span>}
        <span class="num">
          Line {number(line)}, column {number(column)}
        </span>
        <span class={size > maxBodyBytes ? "num editor-error" : "num"}>
          {size < 1000 ? counted(size, "byte") : bytes(size)} of {maxBodyBytes / 1_048_576} MiB
        </span>
      </div>
    </div>
  );
}
