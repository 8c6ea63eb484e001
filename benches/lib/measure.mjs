/**
 * Processor time of this process so far, in nanoseconds. Unlike elapsed time it leaves out what other programs on the
 * machine take meanwhile, and it counts the garbage collector's threads.
 */
export function used() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}

/** The number of operations per batch, so that reading the clock takes no noticeable time. */
const BATCH = 64;

/** The processor time of one operation in nanoseconds, from as many operations as fit in `milliseconds`. */
export function timed(milliseconds, operation) {
  const limit = process.hrtime.bigint() + BigInt(milliseconds * 1e6);
  let operations = 0;
  const start = used();
  do {
    operation(BATCH);
    operations += BATCH;
  } while (process.hrtime.bigint() < limit);
  return (used() - start) / operations;
}

/** The same for an asynchronous operation. */
export async function timedAsync(milliseconds, operation) {
  const limit = process.hrtime.bigint() + BigInt(milliseconds * 1e6);
  let operations = 0;
  const start = used();
  do {
    await operation(BATCH);
    operations += BATCH;
  } while (process.hrtime.bigint() < limit);
  return (used() - start) / operations;
}

/** The median, and the interquartile range relative to it. */
export function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => {
    const place = (sorted.length - 1) * share;
    const low = Math.floor(place);
    return sorted[low] + (sorted[Math.ceil(place)] - sorted[low]) * (place - low);
  };
  const median = at(0.5);
  return { median, spread: median === 0 ? 0 : (at(0.75) - at(0.25)) / median };
}

/**
 * Measures every contender on every cell, in rounds, so that a slow moment of the machine hits all of them alike;
 * each round begins with another contender.
 * @returns {Promise<Map<object, Map<string, { median: number, spread: number }>>>}
 */
export async function interleaved({ contenders, cells, rounds, measure, progress }) {
  const samples = new Map(contenders.map((contender) => [contender, new Map(cells.map((cell) => [cell, []]))]));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const cell of cells) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(turn + round) % contenders.length];
        const value = await measure(contender, cell, round);
        if (value !== undefined) samples.get(contender).get(cell).push(value);
      }
    }
  }
  const summarised = (cellsOf) => new Map([...cellsOf].filter(([, list]) => list.length > 0).map(([cell, list]) => [cell, summary(list)]));
  return new Map([...samples].map(([contender, cellsOf]) => [contender, summarised(cellsOf)]));
}
