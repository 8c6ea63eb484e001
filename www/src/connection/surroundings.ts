import type { Surroundings } from "./causes.js";

/** How long a hidden request may take to find out whether anything answers, in milliseconds. */
const PROBE = 3_000;

/** Notes whether the page's own policy blocks requests to an address from now on. */
export function watchPolicy(address: string): { isBlocked(): boolean; end(): void } {
  let blocked = false;
  const note = (event: SecurityPolicyViolationEvent): void => {
    if (event.effectiveDirective === "connect-src" && event.blockedURI.startsWith(address)) blocked = true;
  };
  document.addEventListener("securitypolicyviolation", note);
  return { isBlocked: () => blocked, end: () => document.removeEventListener("securitypolicyviolation", note) };
}

/** What this browser lets the page know. */
export function surroundings(isBlockedByPolicy: boolean): Surroundings {
  return {
    origin: location.origin,
    isOnline: navigator.onLine,
    isBlockedByPolicy,
    // To the root, which needs no token: the answer stays hidden, but its absence does not.
    probe: (address) =>
      fetch(`${address}/healthz`, { mode: "no-cors", credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(PROBE) }),
    localNetwork: async () => {
      for (const name of ["loopback-network", "local-network-access"]) {
        try {
          return (await navigator.permissions.query({ name: name as PermissionName })).state;
        } catch {
          // This browser has no such permission.
        }
      }
      return undefined;
    },
  };
}
