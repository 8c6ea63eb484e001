import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { connection } from "../connection/client.js";
import { restsByConnection } from "../data/resource.js";
import { viewTitle } from "../frame/title.js";
import { Button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { tell } from "../parts/messages.js";
import { Empty } from "../parts/states.js";
import { duration, number } from "../parts/words.js";
import { navigate, query, withQuery } from "../router.js";
import { AnswersPlot, StepsTable, TimesPlot } from "./plots.js";
import { OPERATIONS, PER_INSTANCE, quantiles, type Settings, startTraffic, stopTraffic, type Traffic, traffic } from "./runner.js";
import "./traffic.css";

const LIMITS = {
  rate: { least: 1, most: 200, usual: 12 },
  agents: { least: 1, most: 50, usual: 8 },
  fail: { least: 0, most: 100, usual: 5 },
  minutes: { least: 1, most: 120, usual: 10 },
} as const satisfies Readonly<Record<keyof Settings, { readonly least: number; readonly most: number; readonly usual: number }>>;

/** The settings in the address. What is no number counts as absent; what is out of range, as the nearest. */
function settingsOf(query: URLSearchParams): Settings {
  const read = (name: keyof Settings): number => {
    const { least, most, usual } = LIMITS[name];
    const text = query.get(name);
    const value = text === null || text === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : usual;
  };
  return { rate: read("rate"), agents: read("agents"), fail: read("fail"), minutes: read("minutes") };
}

function set(name: keyof Settings, value: number): void {
  navigate(withQuery({ [name]: value === LIMITS[name].usual ? "" : value }), { replace: true });
}

/** A slider with its number beside it. */
function Slider({
  name,
  label,
  help,
  value,
  unit,
}: {
  readonly name: keyof Settings;
  readonly label: string;
  readonly help: string;
  readonly value: number;
  readonly unit?: string;
}): JSX.Element {
  const { least, most } = LIMITS[name];
  const [typed, setTyped] = useState<string | undefined>(undefined);
  return (
    <div class="field">
      <div class="field-head">
        <label for={`traffic-${name}`}>{label}</label>
      </div>
      <div class="slider">
        <input
          type="range"
          id={`traffic-${name}`}
          min={least}
          max={most}
          value={value}
          aria-describedby={`traffic-${name}-help`}
          onInput={(event) => set(name, event.currentTarget.valueAsNumber)}
        />
        <input
          class="input num"
          type="number"
          min={least}
          max={most}
          aria-label={`${label}, as a number`}
          value={typed ?? value}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            const now = event.currentTarget.valueAsNumber;
            if (now >= least && now <= most) set(name, Math.round(now));
          }}
          onBlur={() => setTyped(undefined)}
        />
        {unit !== undefined && <span aria-hidden="true">{unit}</span>}
      </div>
      <div class="field-help" id={`traffic-${name}-help`}>
        {help}
      </div>
    </div>
  );
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);

async function start(settings: Settings): Promise<void> {
  const { place, address } = connection.peek();
  const host = address === undefined ? "" : new URL(address).hostname;
  if (place === "address" && !isLoopback(host) && !(await askForeign(host, settings))) return;
  const problem = await startTraffic(settings);
  if (problem !== undefined) tell({ kind: "bad", title: "The traffic was not started", text: problem });
}

function askForeign(host: string, { rate, minutes }: Settings): Promise<boolean> {
  return ask({
    title: `Send traffic to ${host}?`,
    no: "Don’t send",
    yes: "Start traffic",
    body: (
      <p>
        These are real requests: about {number(rate * PER_INSTANCE)} per second, for at most {number(minutes)} minutes. The instances and
        spans that they create stay.
      </p>
    ),
  });
}

function Sum({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

const RECENT = 10;

function Sums({ now }: { readonly now: Traffic }): JSX.Element {
  const total = (kind: "good" | "refused" | "failed"): number => now.operations.reduce((sum, one) => sum + one[kind], 0);
  const recent = now.steps.slice(-RECENT);
  // The first seconds after the start are no full ten.
  const seconds = Math.max(1, Math.min(RECENT, Math.floor((Date.now() - now.startedAt) / 1000)));
  const reached = Math.round(recent.reduce((sum, { good, refused, failed }) => sum + good + refused + failed, 0) / seconds);
  const median = quantiles(recent.flatMap((step) => step.median ?? [])).median;
  const high = quantiles(recent.flatMap((step) => step.high ?? [])).median;
  const small = (text: string): JSX.Element => <small>{text}</small>;
  return (
    <dl class="sums box">
      <Sum label="Requests per second">
        {number(now.state === "idle" ? 0 : reached)} {small(`of ${number(now.settings.rate * PER_INSTANCE)} asked`)}
      </Sum>
      <Sum label="Succeeded">{number(total("good"))}</Sum>
      <Sum label="Refused">
        {number(total("refused"))} {small(now.statuses.refused.join(", "))}
      </Sum>
      <Sum label="Failed">
        {number(total("failed"))} {small(now.statuses.failed.join(", "))}
      </Sum>
      <Sum label="Median / 95th percentile">
        {median === undefined ? "–" : duration(median)} {small("/")} {high === undefined ? "–" : duration(high)}
      </Sum>
    </dl>
  );
}

function Operations({ now }: { readonly now: Traffic }): JSX.Element {
  const time = (value: number | undefined): string => (value === undefined ? "" : duration(value));
  return (
    <div class="box traffic-sums" tabIndex={0} role="region" aria-label="Operations">
      <table class="numbers num">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Sent</th>
            <th scope="col">2xx</th>
            <th scope="col">4xx</th>
            <th scope="col">5xx or none</th>
            <th scope="col">Median</th>
            <th scope="col">95th percentile</th>
          </tr>
        </thead>
        <tbody>
          {OPERATIONS.map((word, index) => {
            const sum = now.operations[index];
            return (
              sum !== undefined && (
                <tr key={word}>
                  <th scope="row">{word}</th>
                  <td>{number(sum.sent)}</td>
                  <td>{number(sum.good)}</td>
                  <td>{number(sum.refused)}</td>
                  <td>{number(sum.failed)}</td>
                  <td>{time(sum.median)}</td>
                  <td>{time(sum.high)}</td>
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const MINUTES = [1, 5, 10, 30, 60, 120] as const;

/** Simulated traffic. Opening the view starts nothing. */
export default function TrafficView(): JSX.Element {
  const now = traffic.value;
  const isOn = now.state !== "idle";
  const asked = settingsOf(query.value);
  const settings = isOn ? now.settings : asked;
  const { place } = connection.value;
  useLayoutEffect(() => {
    viewTitle.value = isOn ? "Traffic, running" : "Traffic";
  }, [isOn]);
  return (
    <div class="view traffic-view">
      <header class="view-head">
        <h1 tabIndex={-1}>Traffic</h1>
        <span role="status">
          {isOn && (
            <span class={now.state === "paused" ? "badge is-warn" : "badge is-good"}>
              {now.state === "paused"
                ? "paused while this tab is hidden"
                : `running ${duration(Math.floor((Date.now() - now.startedAt) / 1000) * 1000).replace(/\.00/, "")}`}
            </span>
          )}
        </span>
        <span class="grow" />
        <Button
          kind="main"
          icon={isOn ? "stop" : "start"}
          rests={isOn ? undefined : restsByConnection()}
          onClick={() => (isOn ? stopTraffic() : void start(asked))}
        >
          {isOn ? "Stop" : "Start"}
        </Button>
      </header>
      <div class="traffic-body scrolls" data-scroll="traffic">
        <form class="traffic-settings" aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
          <Slider
            name="rate"
            label="Instances per second"
            help={`At most ${LIMITS.rate.most}. The page shows what it reached.`}
            value={asked.rate}
          />
          <Slider name="agents" label="Agents that work" help="Active ones first; none are created." value={asked.agents} />
          <Slider name="fail" label="Instances that fail" help="They finish as failed." value={asked.fail} unit="%" />
          <div class="field">
            <div class="field-head">
              <label for="traffic-minutes">Stops by itself</label>
            </div>
            <select
              class="select"
              id="traffic-minutes"
              value={String(asked.minutes)}
              onChange={(event) => set("minutes", Number(event.currentTarget.value))}
            >
              {[...new Set([...MINUTES, asked.minutes])]
                .sort((a, b) => a - b)
                .map((minutes) => (
                  <option key={minutes} value={String(minutes)}>
                    After {minutes} {minutes === 1 ? "minute" : "minutes"}
                  </option>
                ))}
            </select>
          </div>
          {isOn && JSON.stringify(settings) !== JSON.stringify(asked) && (
            <Button onClick={() => void start(asked)}>Use the new settings</Button>
          )}
          <p class="note">
            <Icon name="info" />
            <span>
              Real requests to{" "}
              <strong>
                {place === "page"
                  ? "this page’s own service"
                  : connection.value.address === undefined
                    ? "the service"
                    : new URL(connection.value.address).host}
              </strong>
              . They create instances and spans that stay.
            </span>
          </p>
          {now.ended !== undefined && !isOn && (
            <p class="note is-warn" role="status">
              <Icon name="warn" />
              <span>{now.ended}</span>
            </p>
          )}
        </form>
        <div class="traffic-plots">
          {now.steps.length === 0 ? (
            <Empty title="Nothing was sent yet">
              Start registers, starts and finishes instances of your agents, and shows how the service answers.
            </Empty>
          ) : (
            <>
              <Sums now={now} />
              <AnswersPlot steps={now.steps} />
              <TimesPlot steps={now.steps} />
              <Operations now={now} />
              <StepsTable steps={now.steps} now={Date.now()} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}
