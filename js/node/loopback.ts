import { isIP } from "node:net";

/** Whether a host name or an address is a loopback one, which no other machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(host) || /^(.+\.)?localhost$/i.test(host);
}

/** The header `Host` without its port, in lower case, as the name of a machine. */
export function hostName(host: string | undefined): string {
  return (host ?? "")
    .toLowerCase()
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

/** Whether the text is a name without a port, for {@link HostNames}. */
export function isHostName(text: unknown): text is string {
  return typeof text === "string" && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
}

export const HOST_NAME_RULE = "must be a host name without a port, such as registrar.test";

/**
 * The names under which browsers may reach what needs no token of the API. DNS rebinding: a page of `evil.example`, whose name then
 * resolves to this machine, passes the same-origin policy, but its requests still have the name in `Host`. An address, and `localhost`,
 * cannot be made to resolve to another machine.
 */
export class HostNames {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => hostName(name)));
  }

  /** Whether `Host` is an IP address, `localhost`, or one of the names. */
  allows(host: string | undefined): boolean {
    const name = hostName(host);
    return isIP(name) !== 0 || this.allowsLocally(host);
  }

  /** Whether `Host` is a loopback address, `localhost`, or one of the names. A proxy may pass the requests of others on to a loopback address. */
  allowsLocally(host: string | undefined): boolean {
    const name = hostName(host);
    return isLoopback(name) || this.#names.has(name);
  }
}
