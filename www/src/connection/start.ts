// Where a page connects when it is opened.
import { IN_PAGE_TOKEN } from "../in-page/token.js";
import { tell } from "../parts/messages.js";
import { href, navigate } from "../router.js";
import { CAUSES, type Cause } from "./causes.js";
import { connect, connection, type Target, waitForToken } from "./client.js";

const STORED = `agent-registrar.connection ${new URL("./", document.baseURI).pathname}`;

/** What a server says of itself in the page's HTML (js/node/static.ts). A static copy says nothing. */
export function server(): "connected" | "token" | undefined {
  const content = document.querySelector<HTMLMetaElement>("meta[name=agent-registrar]")?.content;
  return content === "connected" || content === "token" ? content : undefined;
}

interface Stored {
  readonly place: "page" | "address";
  readonly address: string;
  readonly token?: string;
}

/** The choice of an earlier visit: for this tab, or for the browser with its token. */
function stored(): Stored | undefined {
  for (const storage of ["sessionStorage", "localStorage"] as const) {
    try {
      const found = JSON.parse(window[storage].getItem(STORED) ?? "null") as Stored | null;
      if (found !== null && (found.place === "page" || typeof found.address === "string")) return found;
    } catch {
      // No storage, or not ours.
    }
  }
  return undefined;
}

/** The token that the browser keeps, if it was asked to. */
export function keptToken(): boolean {
  try {
    return (JSON.parse(localStorage.getItem(STORED) ?? "null") as Stored | null)?.token !== undefined;
  } catch {
    return false;
  }
}

/** Keeps the choice: its token only if the reader asked for that. */
export function remember({ place, address, token }: Target, keepsToken: boolean): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify({ place, address }));
    if (place === "page") localStorage.removeItem(STORED);
    else if (keepsToken) {
      localStorage.setItem(STORED, JSON.stringify({ place, address, token }));
      sessionStorage.removeItem(STORED);
    } else localStorage.removeItem(STORED);
  } catch {
    // Without storage the choice ends with the page.
  }
}

export const inPage: Target = { place: "page", address: "", token: IN_PAGE_TOKEN };

/** Asks the page's own server for a token: a loopback server gives it, once or always; another one for the code of its link. */
export async function askOwnServer(code?: string): Promise<Target | undefined> {
  try {
    const response = await fetch(code === undefined ? "/_registrar/defaults" : "/_registrar/exchange", {
      ...(code !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code }),
      }),
      cache: "no-store",
    });
    if (!response.ok) return undefined;
    const { token } = (await response.json()) as { readonly token?: unknown };
    return typeof token === "string" ? { place: "address", address: location.origin, token } : undefined;
  } catch {
    return undefined;
  }
}

/** Connects to the service in this page, and lets the Service Worker take it over. */
export async function useInPage(): Promise<void> {
  const { startWorker } = await import("../in-page/index.js");
  void startWorker((begin) => {
    tell({ kind: "done", text: "A new version is ready.", action: { label: "Reload", run: begin } });
  });
  await connect(inPage);
}

/** Asks the reader for a token. */
function ask(address: string, cause?: Cause): void {
  waitForToken(address, cause);
  navigate(href("/connection"), { replace: true });
}

export async function start(code: string | undefined): Promise<void> {
  addEventListener("offline", () => {
    if (connection.peek().place === "page") tell({ kind: "done", text: "You are offline. The service in this page goes on." });
  });
  const own = server();
  if (code !== undefined) {
    const target = await askOwnServer(code);
    if (target !== undefined) return connect(target);
    return ask(location.origin, CAUSES.usedLink);
  }
  const before = stored();
  if (before?.place === "page") return useInPage();
  if (before !== undefined && (before.address !== location.origin || own !== "connected")) {
    if (before.token === undefined) return ask(before.address);
    return connect({ place: "address", address: before.address, token: before.token });
  }
  if (own === "connected") {
    const target = await askOwnServer();
    return target === undefined ? ask(location.origin) : connect(target);
  }
  return own === "token" ? ask(location.origin) : useInPage();
}
