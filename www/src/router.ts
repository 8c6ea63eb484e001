// The address of a view is the part of the URL after `#`, so that a static host, a sub-path and a reload need no rules of a server.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { linkCode } from "./connection/link.js";
import type { Typed } from "./frame/first.js";

export type Params = Readonly<Record<string, string>>;

/** The places of the navigation. */
export type Place = "agents" | "requests" | "explorer" | "traffic" | "connection";

/** The module of a view. */
export interface ViewModule {
  readonly default: ComponentType<{ readonly params: Params }>;
  /** Takes what was typed into the markup of index.html, before the view is drawn for the first time. */
  readonly adopt?: (typed: Typed) => void;
}

/** A view, loaded when it is first shown. */
export interface Route {
  /** Segments; one that begins with `:` takes any text. */
  readonly pattern: string;
  readonly place: Place;
  readonly load: () => Promise<ViewModule>;
  /**
   * Names the view that an address shows. While it stays the same, the view stays mounted and the focus stays where it is:
   * an instance that opens beside its list, a tab.
   */
  readonly group?: (params: Params) => string;
}

/** The present address, read. */
export interface Address {
  /** The part before the query: `/agents/new`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const routes: Route[] = [];

/** Adds routes. An earlier route wins. */
export function register(...added: readonly Route[]): void {
  routes.push(...added);
}

/** The routes of a place. */
export const routesOf = (place: Place): readonly Route[] => routes.filter((route) => route.place === place);

function read(hash: string): Address {
  const text = hash.startsWith("#") ? hash.slice(1) : hash;
  const at = text.indexOf("?");
  const path = at < 0 ? text : text.slice(0, at);
  return { path: path === "" || path === "/" ? "/agents" : path, query: new URLSearchParams(at < 0 ? "" : text.slice(at + 1)) };
}

const current = signal<Address>(read(linkCode === undefined ? location.hash : "#/agents"));

/** The present address. */
export const address: ReadonlySignal<Address> = current;

/** The parameters of the query of the present address. */
export const query = computed(() => current.value.query);

/** What the present address shows; `undefined` if there is no such page. */
export const match = computed(() => find(current.value.path));

function find(path: string): { readonly route: Route; readonly params: Params; readonly group: string } | undefined {
  const segments = path.split("/");
  for (const route of routes) {
    const params = paramsOf(route.pattern.split("/"), segments);
    if (params !== undefined) return { route, params, group: route.group?.(params) ?? path };
  }
  return undefined;
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Params | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":")) {
      if (segment === "") return undefined;
      try {
        params[part.slice(1)] = decodeURIComponent(segment);
      } catch {
        return undefined;
      }
    } else if (part !== segment) return undefined;
  }
  return params;
}

/** The address of a view. Values that are `undefined`, `""` or `false` are left out. */
export function href(path: string, values: Readonly<Record<string, string | number | boolean | undefined>> = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== "" && value !== false) query.set(key, String(value));
  }
  // Commas and slashes stay readable in addresses.
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  return `#${path}${text === "" ? "" : `?${text}`}`;
}

/** The present address with other values in its query. */
export function withQuery(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const { path, query } = current.peek();
  return href(path, { ...Object.fromEntries(query), ...values });
}

/** Where the page was scrolled to, and what had the focus, when an address was left. */
interface Left {
  readonly scroll: readonly (readonly [name: string, top: number])[];
  readonly focus: string | undefined;
}

const left = new Map<number, Left>();
let key = 0;
/** Increases with each entry of the history that this page makes. */
let lastKey = 0;

/** What the next render has to do with focus and scrolling. */
export type Arrival = { readonly kind: "new" } | { readonly kind: "same" } | { readonly kind: "back"; readonly left: Left | undefined };

/** How the present address was reached. */
export const arrival = signal<Arrival>({ kind: "new" });

function leave(): void {
  const active = document.activeElement?.closest<HTMLElement>("[data-row]");
  left.set(key, {
    scroll: [
      ["", window.scrollY],
      ...[...document.querySelectorAll<HTMLElement>("[data-scroll]")].map((e) => [e.dataset["scroll"] ?? "", e.scrollTop] as const),
    ],
    focus: active?.dataset["row"],
  });
}

/** Goes to an address. `replace` keeps the history as long as it is: typing in a search, filters, sorting. */
export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  const before = find(current.peek().path)?.group;
  const next = read(to);
  leave();
  if (options.replace === true) history.replaceState({ key }, "", to);
  else {
    key = ++lastKey;
    history.pushState({ key }, "", to);
  }
  arrival.value = { kind: find(next.path)?.group === before ? "same" : "new" };
  current.value = next;
}

function keyOf(state: unknown): number | undefined {
  if (typeof state !== "object" || state === null || !("key" in state)) return undefined;
  return typeof state.key === "number" ? state.key : undefined;
}

/** Follows the address. Called once. */
export function startRouter(): void {
  history.scrollRestoration = "manual";
  // After a reload the history has entries of the page before it.
  lastKey = key = keyOf(history.state) ?? 0;
  history.replaceState({ key }, "");
  window.addEventListener("popstate", (event) => {
    const before = find(current.peek().path)?.group;
    leave();
    const known = keyOf(event.state);
    const next = read(location.hash);
    if (known === undefined) {
      // A link was followed: a new entry.
      key = ++lastKey;
      history.replaceState({ key }, "");
      arrival.value = { kind: find(next.path)?.group === before ? "same" : "new" };
    } else {
      key = known;
      arrival.value = { kind: "back", left: left.get(known) };
    }
    current.value = next;
  });
}
