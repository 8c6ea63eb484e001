// The loop over one contender, the same in Node and in workerd.

import { requests, storable } from "../lib/inputs.mjs";

/** What is sent: creates, creates with long texts in many scripts, and bodies that are refused. */
export const BYTES_KINDS = ["create", "long Unicode", "3 errors"];

const encoder = new TextEncoder();
const bodies = {
  create: () => storable(),
  "long Unicode": () => storable(undefined, "long Unicode"),
  "3 errors": () => requests("3 errors"),
};

export function looped({ open }) {
  const contender = open();
  const inputs = Object.fromEntries(BYTES_KINDS.map((kind) => [kind, bodies[kind]().map((text) => encoder.encode(text))]));
  let at = 0;
  let sink = 0;
  return {
    /** Posts `count` bodies of a kind, and looks at each answer. */
    async posts(kind, count) {
      const list = inputs[kind];
      for (let left = count; left > 0; left--) {
        at = (at + 1) % list.length;
        const given = contender.post(list[at]);
        const answer = given instanceof Promise ? await given : given;
        sink += answer[answer.length - 1] + answer[answer.length >> 1];
      }
      return sink;
    },
    reset: () => contender.reset(),
    /** One answer to each kind, as texts. */
    async sample() {
      const decoder = new TextDecoder();
      const answers = {};
      for (const kind of BYTES_KINDS) answers[kind] = JSON.parse(decoder.decode(await contender.post(inputs[kind][0])));
      return answers;
    },
  };
}
