// What tests of a server need that write requests as bytes.

/** From 22 on there is node:sqlite. */
export const hasSqlite = Number.parseInt(process.versions.node, 10) >= 22;

/** The head of a request. */
export function head(line: string, headers: Record<string, string | number> = {}): string {
  const all = Object.entries({ host: "a", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${all.join("")}\r\n`;
}
