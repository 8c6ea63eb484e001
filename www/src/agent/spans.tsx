import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Foreign, plainText } from "../parts/foreign.js";
import { Icon } from "../parts/icons.js";
import { Shape, shapeOf } from "../parts/shape.js";
import { duration } from "../parts/words.js";
import type { SpanRow, Tree } from "./tree.js";
import "./spans.css";

/** Above so many rows only those in view are in the document. */
const ALL_SHOWN = 300;
const ROW = 30;
const ROW_NARROW = 48;
const SPARE = 20;

interface SpansProps {
  readonly tree: Tree;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly onFold: (id: string, folded: boolean) => void;
  /** Folds or unfolds several. */
  readonly onExpandAll: (ids: readonly string[]) => void;
}

const share = (value: number, tree: Tree): number => (tree.end === tree.start ? 0 : (100 * (value - tree.start)) / (tree.end - tree.start));

function SpanBar({ row, tree }: { readonly row: SpanRow; readonly tree: Tree }): JSX.Element {
  const left = share(row.start, tree);
  const width = Math.max(0.4, share(row.end, tree) - left);
  const { hidden } = row;
  return (
    <span class="span-track" aria-hidden="true">
      {hidden !== undefined && (
        <i
          class="span-reach"
          style={{ left: `${share(hidden.start, tree)}%`, width: `${share(hidden.end, tree) - share(hidden.start, tree)}%` }}
        />
      )}
      <i class={`span-bar is-${shapeOf(row.span.status)}`} style={{ left: `${Math.min(left, 99.6)}%`, width: `${width}%` }} />
    </span>
  );
}

function Row({
  row,
  tree,
  isSelected,
  isFocusable,
  ...on
}: { readonly row: SpanRow; readonly tree: Tree; readonly isSelected: boolean; readonly isFocusable: boolean } & Omit<
  SpansProps,
  "tree" | "selected" | "onExpandAll"
>): JSX.Element {
  const { span, level, expanded } = row;
  return (
    <div
      class={isSelected ? "span-row is-selected" : "span-row"}
      role="row"
      data-span={span.id}
      tabIndex={isFocusable ? 0 : -1}
      aria-level={level}
      aria-expanded={expanded}
      aria-selected={isSelected}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      onClick={() => on.onSelect(span.id)}
    >
      <span class="span-name" role="gridcell" style={{ paddingInlineStart: `${(level - 1) * 12}px` }}>
        <span
          class="span-fold"
          aria-hidden="true"
          onClick={(event) => {
            if (expanded === undefined) return;
            event.stopPropagation();
            on.onFold(span.id, expanded);
          }}
        >
          {expanded !== undefined && <Icon name={expanded ? "down" : "right"} size={14} />}
        </span>
        <Shape of={shapeOf(span.status)} />
        <span class="cut">
          <Foreign text={span.schema_name} />
          <span class="sr">, {span.status}</span>
          {row.isOrphan && <span class="soft small"> parent not loaded</span>}
        </span>
      </span>
      <span class="span-duration num" role="gridcell">
        {duration(row.end - row.start)}
        {span.finished_at === null && <span class="sr">, running</span>}
      </span>
      <span class="span-cell" role="gridcell">
        <SpanBar row={row} tree={tree} />
      </span>
    </div>
  );
}

/** The rows around what is in view. */
function useWindow(
  count: number,
  isNarrow: boolean,
): { readonly ref: { current: HTMLDivElement | null }; readonly from: number; readonly to: number; readonly height: number } {
  const ref = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: ALL_SHOWN });
  const height = isNarrow ? ROW_NARROW : ROW;
  const isAll = count <= ALL_SHOWN;
  useLayoutEffect(() => {
    if (isAll) return;
    const update = (): void => {
      const box = ref.current?.getBoundingClientRect();
      if (box === undefined) return;
      const from = Math.max(0, Math.floor(-box.top / height) - SPARE);
      const to = Math.min(count, Math.ceil((window.innerHeight - box.top) / height) + SPARE);
      setRange((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    update();
    // Scrolling does not bubble, but it is captured.
    document.addEventListener("scroll", update, true);
    window.addEventListener("resize", update);
    return () => {
      document.removeEventListener("scroll", update, true);
      window.removeEventListener("resize", update);
    };
  }, [count, isAll, height]);
  return { ref, height, ...(isAll ? { from: 0, to: count } : range) };
}

const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;

/** Spans as a tree with a timeline: a treegrid whose rows take the focus (ARIA Authoring Practices, row mode). */
export function Spans({
  tree,
  selected,
  onSelect,
  onFold,
  onExpandAll,
  isNarrow,
}: SpansProps & { readonly isNarrow: boolean }): JSX.Element {
  const { rows } = tree;
  const [focused, setFocused] = useState<string | undefined>(undefined);
  const view = useWindow(rows.length, isNarrow);
  const current = rows.some(({ span }) => span.id === focused)
    ? focused
    : rows.some(({ span }) => span.id === selected)
      ? selected
      : rows[0]?.span.id;
  const focusRow = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setFocused(row.span.id);
    const target = (): HTMLElement | null => document.querySelector<HTMLElement>(`[data-span="${row.span.id}"]`);
    if (target() === null) view.ref.current?.parentElement?.scrollTo({ top: index * view.height });
    requestAnimationFrame(() => target()?.focus());
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex(({ span }) => span.id === current);
    const row = rows[at];
    if (row === undefined) return;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focusRow(at + 1),
      ArrowUp: () => focusRow(at - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => {
        if (row.expanded === false) onFold(row.span.id, false);
        else if (row.expanded === true) focusRow(at + 1);
      },
      ArrowLeft: () => {
        if (row.expanded === true) onFold(row.span.id, true);
        else focusRow(rows.findIndex(({ span }) => span.id === row.span.parent_span_id));
      },
      "*": () => onExpandAll(rows.filter(({ level, expanded }) => level === row.level && expanded === false).map(({ span }) => span.id)),
      Enter: () => onSelect(row.span.id),
      " ": () => onSelect(row.span.id),
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };
  const whole = tree.end - tree.start;
  return (
    <div class="spans" role="treegrid" aria-label="Spans" aria-rowcount={rows.length + 1} onKeyDown={pressed}>
      <div class="span-head" role="row">
        <span role="columnheader">Span</span>
        <span role="columnheader" class="span-duration">
          Duration
        </span>
        <span role="columnheader" class="span-ticks num">
          <span class="sr">Timeline</span>
          {TICKS.map((tick) => (
            <span key={tick} aria-hidden="true">
              {duration(whole * tick)}
            </span>
          ))}
        </span>
      </div>
      <div
        ref={view.ref}
        class="span-rows"
        role="rowgroup"
        style={{ paddingTop: `${view.from * view.height}px`, paddingBottom: `${(rows.length - view.to) * view.height}px` }}
      >
        {rows.slice(view.from, view.to).map((row) => (
          <Row
            key={row.span.id}
            row={row}
            tree={tree}
            isSelected={row.span.id === selected}
            isFocusable={row.span.id === current}
            onSelect={(id) => {
              setFocused(id);
              onSelect(id);
            }}
            onFold={onFold}
          />
        ))}
      </div>
    </div>
  );
}

/** What a row is called in a select. */
export const spanWord = (row: SpanRow): string =>
  `${"· ".repeat(row.level - 1)}${plainText(row.span.schema_name)} …${row.span.id.slice(-6)}`;
