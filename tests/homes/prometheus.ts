// A strict reader of Prometheus' text form (exposition formats, version 0.0.4), which also checks what promtool does.

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.eE+-]+|\+Inf|NaN)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const SUFFIX = /_(bucket|sum|count)$/;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no label at ${at} of ${text}`);
    if (name in labels) throw new Error(`the label ${name} is there twice`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

/** Throws at the first thing that is not as the format, or promtool, wants it. */
export function parseMetrics(text: string): Map<string, Sample[]> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples = new Map<string, Sample[]>();
  const series = new Set<string>();
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (!NAME.test(name) || helps.has(name)) throw new Error(`HELP of ${name}`);
      helps.add(name);
    } else if (kind === "TYPE") {
      if (!helps.has(name) || types.has(name) || !["counter", "gauge", "histogram"].includes(rest)) throw new Error(`TYPE of ${name}`);
      if ((rest === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${rest}`);
      types.set(name, rest);
      family = name;
    } else {
      const [, metric = "", labels = "", value = ""] = LINE.exec(line) ?? [];
      if (metric === "") throw new Error(`not a sample: ${line}`);
      const base = types.get(family) === "histogram" ? metric.replace(SUFFIX, "") : metric;
      if (base !== family) throw new Error(`${metric} is not of ${family}`);
      const id = `${metric}{${labels}}`;
      if (series.has(id)) throw new Error(`${id} is there twice`);
      series.add(id);
      const list = samples.get(metric) ?? [];
      list.push({ labels: labelsOf(labels), value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value) });
      samples.set(metric, list);
    }
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples);
  return samples;
}

/** Buckets grow, end with +Inf, and agree with the count. */
function checkHistogram(name: string, samples: Map<string, Sample[]>): void {
  const key = ({ labels: { le: _, ...labels } }: Sample): string => JSON.stringify(labels);
  const counts = samples.get(`${name}_count`) ?? [];
  for (const count of counts) {
    const buckets = (samples.get(`${name}_bucket`) ?? []).filter((bucket) => key(bucket) === key(count));
    const bounds = buckets.map(({ labels: { le = "" } }) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)));
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count.value) throw new Error(`${name}: the end`);
    for (let index = 1; index < buckets.length; index++) {
      const grows = (bounds[index - 1] as number) < (bounds[index] as number);
      if (!grows || (buckets[index - 1] as Sample).value > (buckets[index] as Sample).value) throw new Error(`${name}: the buckets`);
    }
    const sum = (samples.get(`${name}_sum`) ?? []).find((sample) => key(sample) === key(count));
    if (sum === undefined || !(sum.value >= 0)) throw new Error(`${name}: the sum`);
  }
}
