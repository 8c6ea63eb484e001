// The process of one contender: ours, or the one written by hand, over HTTP; ours and the bare INSERT in process.
import { answer } from "../lib/process.mjs";

const { default: contender } = await import(`./${process.argv[2]}.mjs`);
const opened = await contender.open();

/** Carries out one create after another for a time; gives the number, and how many that is a second. */
function creates(milliseconds, isKeyed) {
  const until = performance.now() + milliseconds;
  const start = performance.now();
  let count = 0;
  while (performance.now() < until) {
    opened.create(isKeyed);
    count += 1;
  }
  return { count, rate: (count / (performance.now() - start)) * 1000 };
}

answer({ about: () => ({ port: opened.port, ids: opened.ids }), creates, grow: (agents, keys) => opened.grow(agents, keys) });
