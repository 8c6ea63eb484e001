// Each status has a word and a shape: colour repeats what they tell.
import type { ComponentChild, JSX } from "preact";
import "./shape.css";

const RING = 5.75;
const tick = <path d="m4.6 7.2 1.7 1.7 3.2-3.6" />;
const cross = <path d="m5.3 5.3 3.4 3.4M8.7 5.3 5.3 8.7" />;

/** Drawings of 14 by 14 units. */
const SHAPES = {
  pending: <circle cx="7" cy="7" r={RING} stroke-linecap="butt" stroke-dasharray="2.6 1.92" />,
  active: (
    <>
      <circle class="full" cx="7" cy="7" r="6.5" />
      <path class="hole" d="M5.5 4.2v5.6L9.9 7z" />
    </>
  ),
  dormant: <path d="M11.8 9.2A5.3 5.3 0 0 1 5 2.2a5.3 5.3 0 1 0 6.8 7z" />,
  retired: (
    <>
      <rect x="1.5" y="1.5" width="11" height="11" rx="2" />
      <path d="M4.5 7h5" />
    </>
  ),
  complete: (
    <>
      <circle cx="7" cy="7" r={RING} />
      {tick}
    </>
  ),
  failed: (
    <>
      <path class="full" d="M7 .4 13.6 7 7 13.6.4 7z" />
      <g class="line">{cross}</g>
    </>
  ),
  cancelled: (
    <>
      <circle cx="7" cy="7" r={RING} />
      <path d="m3.2 10.8 7.6-7.6" />
    </>
  ),
  unknown: <circle cx="7" cy="7" r={RING} stroke-linecap="butt" stroke-dasharray="1.3 1.71" />,
  connecting: <path d="M7 1.25A5.75 5.75 0 1 1 1.25 7" />,
  answering: (
    <>
      <circle class="full" cx="7" cy="7" r="6.5" />
      <g class="line">{tick}</g>
    </>
  ),
  refused: (
    <>
      <rect class="full" x="1" y="1" width="12" height="12" rx="2" />
      <path class="line" d="M7 3.8v3.8M7 10v.2" />
    </>
  ),
  unreachable: (
    <>
      <path class="full" d="M7 .4 13.6 7 7 13.6.4 7z" />
      <g class="line">{cross}</g>
    </>
  ),
} as const satisfies Readonly<Record<string, ComponentChild>>;

export type ShapeName = keyof typeof SHAPES;

/** The shape of a status, without its word. */
export function Shape({ of, size = 14 }: { readonly of: ShapeName; readonly size?: number }): JSX.Element {
  return (
    <svg
      class={`shape is-${of}`}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[of]}
    </svg>
  );
}

/** A status: shape and word. */
export function Status({ of, word = of }: { readonly of: ShapeName; readonly word?: string }): JSX.Element {
  return (
    <span class="status">
      <Shape of={of} />
      <span>{word}</span>
    </span>
  );
}

/** The shape of a text from outside; a status that this page doesn't know has the shape of the unknown. */
export function shapeOf(status: string): ShapeName {
  return Object.hasOwn(SHAPES, status) ? (status as ShapeName) : "unknown";
}
