// Why a server could not be reached. The browser hides the reason from scripts; it is worked out from what can be seen.

export type CauseKind =
  | "asks_for_token"
  | "token_died"
  | "wrong_token"
  | "used_link"
  | "not_permitted"
  | "mixed_content"
  | "policy"
  | "cors"
  | "local_network"
  | "offline"
  | "silent"
  | "stopped"
  | "in_page";

/** Why the service is refused or unreachable. */
export interface Cause {
  readonly kind: CauseKind;
  /** One short sentence. */
  readonly title: string;
  /** What follows from it, and what to do. */
  readonly text: string;
  /** The command-line option that would help. */
  readonly option?: string;
}

/** What the browser lets a page know. */
export interface Surroundings {
  /** The origin of the page. */
  readonly origin: string;
  readonly isOnline: boolean;
  /** Whether the page's own policy refused this address since the request began. */
  readonly isBlockedByPolicy: boolean;
  /** Sends a request whose answer stays hidden: rejects unless something answered. */
  readonly probe: (address: string) => Promise<unknown>;
  /** The state of the permission to reach local addresses; `undefined` if this browser has none. */
  readonly localNetwork: () => Promise<"granted" | "denied" | "prompt" | undefined>;
}

/** Works out why `fetch` failed. */
export async function causeOf(address: string, surroundings: Surroundings): Promise<Cause> {
  const target = new URL(address);
  const page = new URL(surroundings.origin);
  const host = target.host;
  if (surroundings.isBlockedByPolicy) {
    const title = "This page may not call that address.";
    return { kind: "policy", title, text: `Its policy allows https: and this computer. Serve the page from ${host} to use it there.` };
  }
  // Browsers count loopback addresses as secure.
  if (page.protocol === "https:" && target.protocol === "http:" && !isLoopbackHost(target.hostname)) {
    const title = "A secure page can’t call http://.";
    return { kind: "mixed_content", title, text: "Give the server https, or open this page from that server itself." };
  }
  const isLocal = isLocalHost(target.hostname);
  if (!surroundings.isOnline && !isLocal) {
    return { kind: "offline", title: "You are offline.", text: "The service in this page goes on without a network." };
  }
  if (isLocal && !isLocalHost(page.hostname)) {
    const permission = await surroundings.localNetwork();
    if (permission === "denied" || permission === "prompt") {
      const text = "Allow “local network access” for this site in the browser’s prompt or its site settings, then ask again.";
      return { kind: "local_network", title: "The browser has not allowed local addresses.", text };
    }
  }
  if (target.origin !== page.origin) {
    try {
      await surroundings.probe(address);
      const text = `It doesn’t allow pages from ${page.origin}. Start it with --cors ${page.origin}.`;
      return { kind: "cors", title: "It answers, but the browser hides the answer.", text, option: `--cors ${page.origin}` };
    } catch {
      // Nothing answers a hidden request either.
    }
  }
  const hint = isLocal ? " Start it with npx agent-registrar serve." : "";
  return { kind: "silent", title: "Nothing answers at this address.", text: `Is it running?${hint}` };
}

/** Whether a name is of this computer. */
export function isLoopbackHost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d+){3}$/.test(name);
}

/** Whether a name is of this computer or its network. */
function isLocalHost(name: string): boolean {
  return (
    isLoopbackHost(name) ||
    name.endsWith(".local") ||
    /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(name) ||
    /^\[(f[cd]|fe80)/.test(name)
  );
}

/** The causes that an answer tells. */
export const CAUSES = {
  asksForToken: {
    kind: "asks_for_token",
    title: "This server asks for a token.",
    text: "It was printed when the server started, under Token.",
  },
  tokenDied: {
    kind: "token_died",
    title: "The token is not valid any more.",
    text: "The server was probably restarted and has printed new tokens.",
  },
  wrongToken: {
    kind: "wrong_token",
    title: "This token is not valid here.",
    text: "Paste the one that the terminal shows now.",
  },
  usedLink: {
    kind: "used_link",
    title: "This link was used already.",
    text: "It works once. Enter the token that was printed when the server started, under Token.",
  },
  notPermitted: {
    kind: "not_permitted",
    title: "This token may not do this.",
    text: "Use a token of an account or of an environment (403 not_permitted).",
  },
  stopped: { kind: "stopped", title: "Not asked any more.", text: "You stopped it before an answer came." },
  searching: { kind: "silent", title: "No answer.", text: "Looking for the reason…" },
} as const satisfies Readonly<Record<string, Cause>>;
