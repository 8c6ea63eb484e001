// The process of one bytes-to-bytes contender in Node.

import { timedAsync } from "../lib/measure.mjs";
import { answer } from "../lib/process.mjs";
import { startProfile, stopProfile } from "../lib/profile.mjs";
import { looped } from "./loop.mjs";

const { default: contender } = await import(`./${process.argv[2]}.mjs`);
const loop = looped(contender);

answer({
  about: () => ({ name: contender.name, takes: contender.takes, isOurs: contender.isOurs === true }),
  sample: () => loop.sample(),
  async run(kind, milliseconds) {
    const time = await timedAsync(milliseconds, (count) => loop.posts(kind, count));
    await loop.reset();
    return time;
  },
  startProfile,
  stopProfile,
});
