/** The address of the list, as it was last shown: with its filters and its page. */
let last = "#/agents";

export const lastList = (): string => last;

export function rememberList(hash: string): void {
  last = hash;
}
