/** The code of a one-time link, taken out of the address as soon as the page runs: it must be in no history. */
function takeCode(): string | undefined {
  if (!location.hash.startsWith("#token=")) return undefined;
  const code = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(history.state, "", "#/agents");
  return code ?? undefined;
}

/** The code, if the page was opened by a one-time link. The router imports this, so that it sees the address without the code. */
export const linkCode = takeCode();
