import type { ComponentChild, JSX } from "preact";

/** Drawings of 16 by 16 units, in lines of the text's colour. */
const DRAWINGS = {
  agents: (
    <>
      <rect x="2" y="3" width="12" height="4" rx="1.5" />
      <rect x="2" y="9" width="12" height="4" rx="1.5" />
    </>
  ),
  requests: <path d="M2 5.5h11M10 2.5l3 3-3 3M14 11H3M6 8l-3 3 3 3" />,
  explorer: <path d="M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4" />,
  traffic: <path d="M1.5 8.5H4L6 3l3.5 10 2-4.5h3" />,
  connection: <path d="M6 10 10 6M7 4l1.5-1.5a3 3 0 0 1 5 5L12 9M9 12l-1.5 1.5a3 3 0 0 1-5-5L4 7" />,
  help: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.2 6.2a1.9 1.9 0 1 1 2.7 1.8c-.6.3-.9.6-.9 1.2M8 11.3v.2" />
    </>
  ),
  plus: <path d="M8 3v10M3 8h10" />,
  refresh: <path d="M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  down: <path d="m4 6 4 4 4-4" />,
  left: <path d="m10 4-4 4 4 4" />,
  right: <path d="m6 4 4 4-4 4" />,
  arrowDown: <path d="M8 3v10M4.5 9.5 8 13l3.5-3.5" />,
  arrowUp: <path d="M8 13V3M4.5 6.5 8 3l3.5 3.5" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M3.5 10.5h-.2a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v.2" />
    </>
  ),
  dots: (
    <g fill="currentColor" stroke="none">
      <circle cx="3.5" cy="8" r="1.2" />
      <circle cx="8" cy="8" r="1.2" />
      <circle cx="12.5" cy="8" r="1.2" />
    </g>
  ),
  edit: <path d="m3 13 .6-3L10.5 3.1a1.4 1.4 0 0 1 2 0l.4.4a1.4 1.4 0 0 1 0 2L6 12.4z" />,
  retire: <rect x="4" y="4" width="8" height="8" rx="1" />,
  reinstate: <path d="M5 3.5v9l7.5-4.5z" />,
  delete: <path d="m4 4 8 8M12 4l-8 8" />,
  check: <path d="m3 8.5 3.2 3L13 4.5" />,
  bad: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.8v4M8 11v.2" />
    </>
  ),
  warn: <path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.5v.2" />,
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.4v3.8M8 5v.2" />
    </>
  ),
  page: <path d="M2 4.5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1zM2 6.5h12" />,
  filter: <path d="M2.5 4.5h11M4.5 8h7M6.5 11.5h3" />,
  start: <path d="M5 3.5v9l7.5-4.5z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  external: <path d="M6.5 3.5H4a1 1 0 0 0-1 1V12a1 1 0 0 0 1 1h7.5a1 1 0 0 0 1-1V9.5M9.5 2.5h4v4M13.5 2.5 8 8" />,
  eye: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z" />
      <circle cx="8" cy="8" r="2" />
    </>
  ),
} as const satisfies Readonly<Record<string, ComponentChild>>;

export type IconName = keyof typeof DRAWINGS;

/** A drawing beside a word; screen readers skip it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {DRAWINGS[name]}
    </svg>
  );
}
