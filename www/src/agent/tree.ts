// Spans as a tree, flattened to the rows that show.
import type { AgentSpan } from "../../../js/generated/wire.js";

export interface SpanRow {
  readonly span: AgentSpan;
  /** From 1. */
  readonly level: number;
  /** Whether its children show; `undefined` without children. */
  readonly expanded: boolean | undefined;
  readonly position: number;
  readonly siblings: number;
  /** Its parent is not among the loaded spans. */
  readonly isOrphan: boolean;
  /** Unix milliseconds. */
  readonly start: number;
  readonly end: number;
  /** Where the spans under it begin and end, if they do not show. */
  readonly hidden: { readonly start: number; readonly end: number } | undefined;
}

export interface Tree {
  readonly rows: readonly SpanRow[];
  /** When the first span starts and the last one ends. */
  readonly start: number;
  readonly end: number;
}

const startOf = (span: AgentSpan): number => Date.parse(span.started_at);
/** A running span ends now. */
const endOf = (span: AgentSpan, now: number): number =>
  span.finished_at === null ? Math.max(now, startOf(span)) : Date.parse(span.finished_at);

/** Builds the rows. Spans that are their own ancestors, which no service should send, stand at the top level. */
export function treeOf(spans: readonly AgentSpan[], folded: ReadonlySet<string>, now: number): Tree {
  const known = new Set(spans.map(({ id }) => id));
  const children = new Map<string, AgentSpan[]>();
  const roots: AgentSpan[] = [];
  const sorted = [...spans].sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1));
  for (const span of sorted) {
    const parent = span.parent_span_id;
    if (parent === null || !known.has(parent)) roots.push(span);
    else children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows: SpanRow[] = [];
  const seen = new Set<string>();
  const reach = (span: AgentSpan, path: ReadonlySet<string>): { start: number; end: number } => {
    let [start, end] = [startOf(span), endOf(span, now)];
    seen.add(span.id);
    for (const child of children.get(span.id) ?? []) {
      if (path.has(child.id)) continue;
      const below = reach(child, new Set([...path, child.id]));
      start = Math.min(start, below.start);
      end = Math.max(end, below.end);
    }
    return { start, end };
  };
  const add = (span: AgentSpan, level: number, position: number, siblings: number): void => {
    if (seen.has(span.id)) return;
    seen.add(span.id);
    const below = children.get(span.id) ?? [];
    const expanded = below.length === 0 ? undefined : !folded.has(span.id);
    rows.push({
      span,
      level,
      expanded,
      position,
      siblings,
      isOrphan: span.parent_span_id !== null && !known.has(span.parent_span_id),
      start: startOf(span),
      end: endOf(span, now),
      hidden: expanded === false ? reach(span, new Set([span.id])) : undefined,
    });
    if (expanded === true) for (const [index, child] of below.entries()) add(child, level + 1, index + 1, below.length);
  };
  for (const [index, root] of roots.entries()) add(root, 1, index + 1, roots.length);
  for (const span of sorted) if (!seen.has(span.id)) add(span, 1, 1, 1);
  return {
    rows,
    start: sorted.reduce((least, span) => Math.min(least, startOf(span)), Number.POSITIVE_INFINITY),
    end: sorted.reduce((most, span) => Math.max(most, endOf(span, now)), Number.NEGATIVE_INFINITY),
  };
}
