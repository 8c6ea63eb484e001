// What the service said, kept by the connection that said it.
import { effect, signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Answer, connection } from "../connection/client.js";
import { setBadge } from "../frame/badges.js";
import { property } from "./property.js";

export { property };

/** What a request gave: a value, or the answer that is none. */
export type Outcome<T> = { readonly value: T } | { readonly failed: Answer };

/** What a view knows of something that the service keeps. */
export interface Resource<T> {
  readonly value: T | undefined;
  /** When the value was asked for, in Unix milliseconds. */
  readonly at: number | undefined;
  /** The last answer, if it was no value. */
  readonly failed: Answer | undefined;
  readonly waiting: boolean;
  readonly reload: () => void;
  readonly stop: () => void;
  /** Puts a value that another request gave. */
  readonly put: (value: T) => void;
}

interface Kept {
  readonly value: unknown;
  readonly at: number;
}

const MOST = 100;
const kept = new Map<string, Kept>();
/** Changes when a kept value was replaced from outside of its view. */
const changes = signal(0);

let generation = -1;
effect(() => {
  const now = connection.value.generation;
  if (now === generation) return;
  generation = now;
  // Nothing is shown of a server that did not say it.
  kept.clear();
  setBadge("agents", undefined);
  changes.value++;
});

/** Forgets what is kept under keys that begin so, and lets the views that show it ask again. */
export function forget(prefix: string): void {
  for (const key of [...kept.keys()]) if (key.startsWith(prefix)) kept.delete(key);
}

export function keptValue<T>(key: string): T | undefined {
  return kept.get(key)?.value as T | undefined;
}

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, { value, at: Date.now() });
  const oldest = kept.keys().next();
  if (kept.size > MOST && oldest.done !== true) kept.delete(oldest.value);
}

/**
 * What the service says under a key. It is asked when the key or the connection changes; what is kept shows meanwhile.
 * `undefined` as the key asks nothing.
 */
export function useResource<T>(key: string | undefined, ask: (signal: AbortSignal) => Promise<Outcome<T>>): Resource<T> {
  const { generation, state } = connection.value;
  const [version, setVersion] = useState(0);
  const [waiting, setWaiting] = useState(false);
  const failed = useRef<{ readonly key: string; readonly answer: Answer } | undefined>(undefined);
  const abort = useRef<AbortController | undefined>(undefined);
  void changes.value;
  // Before the first answer of a connection there is nothing to ask.
  const isOpen = state === "answering";

  const run = useCallback(async () => {
    if (key === undefined) return;
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    setWaiting(true);
    const outcome = await ask(controller.signal);
    if (abort.current !== controller || connection.peek().generation !== generation) return;
    setWaiting(false);
    if ("value" in outcome) {
      failed.current = undefined;
      keep(key, outcome.value);
    } else if (!controller.signal.aborted) failed.current = { key, answer: outcome.failed };
    setVersion((before) => before + 1);
  }, [key, generation]);

  useEffect(() => {
    failed.current = undefined;
    if (isOpen) void run();
    else setWaiting(false);
    return () => abort.current?.abort();
  }, [run, isOpen]);

  const known = key === undefined ? undefined : kept.get(key);
  return {
    value: known?.value as T | undefined,
    at: known?.at,
    failed: failed.current?.key === key ? failed.current?.answer : undefined,
    waiting: waiting || state === "connecting" || state === "unknown",
    reload: () => void run(),
    stop: () => {
      abort.current?.abort();
      setWaiting(false);
    },
    put: (value) => {
      if (key === undefined) return;
      keep(key, value);
      setVersion(version + 1);
    },
  };
}

/** The `message` of an answer; a sentence about its status if it has none. */
export function messageOf(answer: Answer): string {
  if (answer.status === 0) return answer.cause ?? "There was no answer.";
  const message = property(answer.body, "message");
  return typeof message === "string" ? message : `The service answered with ${answer.status}.`;
}

/** Whether the service said yes. */
export const succeeded = (answer: Answer): boolean => answer.status >= 200 && answer.status < 300;

/** Why actions rest: only a service that answers can be asked to do something. */
export function restsByConnection(): string | undefined {
  const { state } = connection.value;
  if (state === "answering") return undefined;
  return {
    unknown: "The service has not answered yet.",
    connecting: "The service has not answered yet.",
    refused: "The service refuses the token.",
    unreachable: "The service does not answer.",
  }[state];
}
