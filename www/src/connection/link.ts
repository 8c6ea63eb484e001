/** The code of a one-time link, taken out of the address as soon as the page runs: it must be in no history. */
function takeCode(): string | undefined {
  if (!location.hash.startsWith("#token=")) return undefined;
  const code = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(history.state, "", "#/agents");
  return code ?? undefined;
}

/** Read before the router looks at the address: main.tsx imports client.ts, which needs this, before the router. */
export const linkCode = takeCode();
