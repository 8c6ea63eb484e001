// The process of one server.

import { answer } from "../lib/process.mjs";
import { startProfile, stopProfile } from "../lib/profile.mjs";

const { default: contender } = await import(`./${process.argv[2]}.mjs`);
const port = await contender.listen();

answer({
  about: () => ({ name: contender.name, note: contender.note, isOurs: contender.isOurs === true, port }),
  /** Microseconds of processor time that this server has used. */
  used() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  startProfile,
  stopProfile,
});
