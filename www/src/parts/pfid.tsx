import type { JSX } from "preact";
import { Button } from "./button.js";
import { copyText } from "./messages.js";
import "./pfid.css";

/** The positions in a PFID where the partition and the randomness begin. */
const PARTITION_AT = 10;
const RANDOM_AT = 16;

/** Whether a text has the form of a PFID. A field that is checked uses the package's `isPfid`. */
export const isId = (text: string): boolean => /^[0-7][0-9a-hjkmnp-tv-z]{31}$/.test(text);

/** An id, with one element for each of its parts. */
export function Id({
  value,
  copy = false,
  strong = "random",
}: {
  readonly value: string;
  readonly copy?: boolean;
  readonly strong?: "random" | "partition";
}): JSX.Element {
  return (
    <span class={`id is-${strong}-strong`}>
      <code>
        <span class="id-time">{value.slice(0, PARTITION_AT)}</span>
        <span class="id-partition">{value.slice(PARTITION_AT, RANDOM_AT)}</span>
        <span class="id-random">{value.slice(RANDOM_AT)}</span>
      </code>
      {copy && <Button kind="quiet" icon="copy" label="Copy ID" class="id-copy" onClick={() => void copyText(value, "ID copied.")} />}
    </span>
  );
}

/** The end of an id, which differs between ids of one time. */
export const shortId = (id: string): string => `…${id.slice(-12)}`;

/** The bars and the three parts of an id. */
export function IdParts({ value, problem = false }: { readonly value: string; readonly problem?: boolean }): JSX.Element {
  return (
    <span class={problem ? "id-parts is-wrong" : "id-parts"}>
      <code class="id-part-time">{value.slice(0, PARTITION_AT)}</code>
      <code class="id-part-partition">{value.slice(PARTITION_AT, RANDOM_AT)}</code>
      <code class="id-part-random">{value.slice(RANDOM_AT)}</code>
    </span>
  );
}
