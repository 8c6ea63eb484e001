// Shows the view of the present address, and puts focus and scrolling where they belong.
import { signal } from "@preact/signals";
import { check } from "../connection/client.js";
import type { ComponentType, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { arrival, href, match, type Params, type Route, routesOf, type ViewModule } from "../router.js";
import { clearMessages } from "../parts/messages.js";
import { Empty, Failure, GreyRows } from "../parts/states.js";
import { handTyped } from "./first.js";
import { focusHeading } from "./focus.js";
import { titlePrefix, viewTitle } from "./title.js";

type View = ComponentType<{ readonly params: Params }>;

/** By the function that loads it: routes that show the same view share it, and going between them keeps the view mounted. */
const loaded = new Map<Route["load"], View>();
/** Changes when a view was loaded, or failed to. */
const loads = signal(0);
const failed = new Set<Route["load"]>();

/** Loads the code of a view, before it is needed or now. Gives its module, or `undefined` if it can't be loaded. */
export async function load(route: Route | undefined): Promise<ViewModule | undefined> {
  if (route === undefined) return undefined;
  failed.delete(route.load);
  try {
    const module = await route.load();
    loaded.set(route.load, module.default);
    handTyped(module);
    return module;
  } catch {
    failed.add(route.load);
    // The server of the page is gone: is the service, too?
    check();
    return undefined;
  } finally {
    loads.value++;
  }
}

const RESTORES_FOR = 2_000;
const PRELOADS_AFTER = 1_000;

/** Restores scrolling and focus once what had them is there again. */
function restore(left: { readonly scroll: readonly (readonly [string, number])[]; readonly focus: string | undefined }): () => void {
  const start = performance.now();
  let frame = 0;
  let focused = false;
  const attempt = (): void => {
    let done = true;
    for (const [name, top] of left.scroll) {
      const element = name === "" ? document.scrollingElement : document.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
      if (element === null) {
        done = false;
        continue;
      }
      if (Math.abs(element.scrollTop - top) > 1) {
        element.scrollTop = top;
        if (Math.abs(element.scrollTop - top) > 1) done = false;
      }
    }
    const row = left.focus === undefined ? null : document.querySelector<HTMLElement>(`[data-row="${CSS.escape(left.focus)}"]`);
    const target = row?.matches("a,button,[tabindex]") ? row : row?.querySelector<HTMLElement>("a,button,[tabindex]");
    if (target && !focused) {
      target.focus({ preventScroll: true });
      focused = true;
    } else if (left.focus !== undefined && !focused) done = false;
    if (!done && performance.now() - start < RESTORES_FOR) frame = requestAnimationFrame(attempt);
    else if (!focused) focusHeading();
  };
  attempt();
  return () => cancelAnimationFrame(frame);
}

export function Outlet(): JSX.Element {
  const found = match.value;
  const loadsNow = loads.value;
  const how = arrival.value;
  const shown = useRef<string | undefined>(undefined);
  const isFirst = useRef(true);
  const route = found?.route;
  const view = route === undefined ? undefined : loaded.get(route.load);

  useEffect(() => {
    if (route !== undefined && !loaded.has(route.load) && !failed.has(route.load)) void load(route);
  }, [route]);

  // The view is there: focus and scrolling.
  const group = found?.group ?? "none";
  const ready = route === undefined || view !== undefined;
  useLayoutEffect(() => {
    if (!ready) return;
    const isNew = shown.current !== group;
    shown.current = group;
    if (isNew && !isFirst.current) clearMessages();
    if (how.kind === "back" && how.left !== undefined && !isFirst.current) return restore(how.left);
    if (isFirst.current) {
      isFirst.current = false;
      // A view that focuses a field of its own has done so.
      return;
    }
    if (isNew) {
      if (document.activeElement?.closest("[data-own-focus]") == null) focusHeading();
      window.scrollTo(0, 0);
    }
  }, [group, ready, how]);

  // When there is nothing else to do, the code of the views that may come next.
  useEffect(() => {
    if (!ready || route === undefined) return;
    const idle = setTimeout(() => {
      for (const next of routesOf(route.place)) if (!loaded.has(next.load)) void load(next);
    }, PRELOADS_AFTER);
    return () => clearTimeout(idle);
  }, [ready, route]);

  useLayoutEffect(() => {
    if (route !== undefined) return;
    viewTitle.value = "There is no such page";
    titlePrefix.value = "";
  }, [route]);

  if (route === undefined) {
    return (
      <div class="view">
        <header class="view-head">
          <h1 tabIndex={-1}>There is no such page</h1>
        </header>
        <Empty title="Nothing is at this address">
          <a href={href("/agents")}>Go to Agents</a>
        </Empty>
      </div>
    );
  }
  if (view === undefined) {
    if (failed.has(route.load)) {
      return (
        <div class="view">
          <Failure title="This part of the page could not be loaded" action={{ label: "Try again", run: () => void load(route) }}>
            The server that gave you this page did not answer.
          </Failure>
        </div>
      );
    }
    return (
      <div class="view" aria-busy="true" data-loads={loadsNow}>
        <header class="view-head" />
        <GreyRows count={10} />
      </div>
    );
  }
  const Shown = view;
  return <Shown key={group} params={found?.params ?? {}} />;
}
