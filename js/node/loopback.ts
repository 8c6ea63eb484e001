/** Whether a host name or an address is a loopback one, which no other machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(host) || /^(.+\.)?localhost$/i.test(host);
}
