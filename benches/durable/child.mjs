// The process of one contender: ours, or the one written by hand, over HTTP; ours and the bare INSERT in process.
import { answer } from "../lib/process.mjs";

const { default: contender } = await import(`./${process.argv[2]}.mjs`);
const opened = await contender.open();

/** Carries out one create after another for a time; gives the number per second. */
function creates(milliseconds, isKeyed) {
  const until = performance.now() + milliseconds;
  const start = performance.now();
  let count = 0;
  while (performance.now() < until) {
    opened.create(isKeyed);
    count += 1;
  }
  return (count / (performance.now() - start)) * 1000;
}

answer({ about: () => ({ name: contender.name, isOurs: contender.isOurs === true, port: opened.port }), creates });
