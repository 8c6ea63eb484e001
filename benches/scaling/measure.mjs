// What one request costs in a Durable Object under workerd, and what its records take.

import { fileURLToPath } from "node:url";
import { summary } from "../lib/measure.mjs";
import { durableConfig, startWorker } from "../lib/workerd.mjs";
import { RUN } from "./simulate.mjs";

const entry = fileURLToPath(new URL("worker.mjs", import.meta.url));
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const TOKEN = "token-of-the-scaling-bench";
const OBJECTS = 64;
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** Accounts in partitions of their own, the first of them the default one. */
const accounts = Array.from({ length: OBJECTS }, (_, at) => {
  const partition = at === 0 ? ENVIRONMENT.slice(10, 16) : `1000${DIGITS[at >> 5]}${DIGITS[at & 31]}`;
  const id = (random) => `013xrzp12g${partition}${random}`;
  return {
    account: { id: id("yt0q8s8a1vd3p7wk"), environments: [{ id: at === 0 ? ENVIRONMENT : id("zxvq7jm2arsfg5h1"), name: "Default" }] },
    token: { token: at === 0 ? TOKEN : `${TOKEN}-${at}`, account_id: id("yt0q8s8a1vd3p7wk") },
  };
});

const variables = {
  AGENT_REGISTRAR_SECRET: "secret-of-the-scaling-bench",
  AGENT_REGISTRAR_ACCOUNTS: JSON.stringify(accounts.map(({ account }) => account)),
  AGENT_REGISTRAR_TOKENS: JSON.stringify(accounts.map(({ token }) => token)),
};

/** Costs in seconds of processor time by kind, bytes by kind of record, and bytes of memory of a live object. */
export async function measure({ quick, progress }) {
  const { get, used, memory, stop } = await startWorker({ name: "scaling", entry, ...durableConfig(variables) });
  const ask = async (kind, count, keys = "yes") => {
    await (await get(`/run?kind=${encodeURIComponent(kind)}&count=${count}&keys=${keys}`)).text();
  };
  const size = async () => Number(await (await get("/size")).text());
  const samples = new Map();
  const note = (what, value) => samples.set(what, [...(samples.get(what) ?? []), value]);
  const time = async (kind, count) => {
    const before = await used();
    await ask(kind, count);
    return ((await used()) - before) / count / 1e9;
  };
  const count = quick ? 500 : 1_000;
  const rounds = quick ? 2 : 7;
  try {
    await ask("create", 1);
    for (let round = 0; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      // The first round warms up.
      const keep = round === 0 ? () => undefined : note;
      keep("nothing", await time("nothing", count));
      const start = await size();
      await ask("create", count, "no");
      keep("bytes of an agent", ((await size()) - start) / count);
      keep("create", await time("create", count));
      keep("front", Math.max(0, (await time("front fetch", count)) - (await time("fetch", count))));
      const runs = count / 10;
      const before = await size();
      for (const [kind, each] of Object.entries(RUN)) await ask(kind, Math.round(runs * each), "no");
      const between = await size();
      for (const [kind, each] of Object.entries(RUN)) keep(kind, await time(kind, Math.round(runs * each)));
      const recordBytes = (between - before) / runs;
      keep("bytes of the records of a run", recordBytes);
      keep("bytes of the keys of a run", ((await size()) - between) / runs - recordBytes);
    }
    const median = (what) => summary(samples.get(what)).median;
    const kinds = ["nothing", "front", "create", ...Object.keys(RUN)];
    const costs = Object.fromEntries(kinds.map((kind) => [kind, median(kind)]));
    const alone = await memory();
    for (let at = 1; at < OBJECTS; at++) await get(`/wake?token=${accounts[at].token.token}`);
    const objectBytes = ((await memory()) - alone) / (OBJECTS - 1);
    const [agentBytes, recordBytes, keyBytes] = ["an agent", "the records of a run", "the keys of a run"].map((what) =>
      median(`bytes of ${what}`),
    );
    return { costs, agentBytes, recordBytes, keyBytes, objectBytes };
  } finally {
    await stop();
  }
}
