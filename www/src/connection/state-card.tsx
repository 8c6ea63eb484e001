import type { JSX } from "preact";
import { seconds } from "../parts/age.js";
import { Button } from "../parts/button.js";
import { ask } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { copyText } from "../parts/messages.js";
import { Shape } from "../parts/shape.js";
import { age, counted, duration } from "../parts/words.js";
import type { Cause } from "./causes.js";
import { busyUntil, check, connect, connection, nextCheckAt, pulse, sendNow, stopAsking, tokenEnd } from "./client.js";
import { askOwnServer, server } from "./start.js";
import { STATE_WORDS } from "./words.js";

/** Where the service runs, as a person says it. */
export function whereItRuns(): string {
  const { place, address } = connection.value;
  return place === "page" ? "in this page" : address === undefined ? "nowhere yet" : new URL(address).host;
}

/** Moves to the field of the token. */
function enterToken(): void {
  const field = document.querySelector<HTMLInputElement>("#connection-token");
  document.querySelector<HTMLInputElement>("#connection-place-address")?.click();
  (document.querySelector<HTMLInputElement>("#connection-token") ?? field)?.focus();
}

/** The state of the connection: what is so, and the one next step. */
export function StateCard(): JSX.Element {
  const { state, trouble } = connection.value;
  const kind =
    state === "refused" || trouble?.kind === "asks_for_token" || trouble?.kind === "used_link"
      ? "warn"
      : state === "unreachable"
        ? "bad"
        : "plain";
  return (
    <section class={`state-card note${kind === "plain" ? "" : ` is-${kind}`}`} aria-label="State of the connection">
      <Shape of={state} />
      <div>
        <h2>
          {STATE_WORDS[state]} <code>{whereItRuns()}</code>
        </h2>
        <p role="status">
          <Sentence />
        </p>
        <div class="state-actions">
          <Steps trouble={trouble} />
        </div>
      </div>
    </section>
  );
}

function Sentence(): JSX.Element {
  const { state, trouble, place, account } = connection.value;
  const now = seconds.value;
  const pause = busyUntil.value;
  if (pause !== undefined) {
    const left = Math.max(1, Math.ceil((pause - now) / 1000));
    return (
      <>
        <strong>It is busy.</strong> It asked for a pause of {left} s. The request is sent again by itself, with the same idempotency key.
      </>
    );
  }
  if (trouble !== undefined) {
    const next = nextCheckAt.value;
    return (
      <>
        <strong>{trouble.title}</strong> {trouble.text}
        {next !== undefined && ` Asking again in ${Math.max(1, Math.ceil((next - now) / 1000))} s.`}
      </>
    );
  }
  if (state === "unknown") {
    return (
      <>
        <strong>Not asked yet.</strong> Lists stay empty and actions are off until the service has answered once.
      </>
    );
  }
  if (state === "connecting") {
    return (
      <>
        <strong>Asking {whereItRuns()}…</strong> What was shown of the last connection is gone.
      </>
    );
  }
  const last = pulse.value;
  if (place === "page") {
    return (
      <>
        <strong>Runs in this browser.</strong> Nothing leaves this device.
      </>
    );
  }
  return (
    <>
      <strong>Answers{last === undefined ? "" : ` in ${duration(last.milliseconds)}`}.</strong>{" "}
      {account === undefined ? "Token" : "Account-wide token"}, ending in {tokenEnd()}.
      {last !== undefined && ` Checked ${age(Math.max(0, now - last.at))} ago.`}
    </>
  );
}

function Steps({ trouble }: { readonly trouble: Cause | undefined }): JSX.Element | null {
  const { state, address } = connection.value;
  if (busyUntil.value !== undefined) return <Button onClick={sendNow}>Send now</Button>;
  if (state === "connecting") return <Button onClick={stopAsking}>Stop asking</Button>;
  switch (trouble?.kind) {
    case undefined:
      return null;
    case "asks_for_token":
    case "used_link":
    case "wrong_token":
      return <Button onClick={enterToken}>Enter the token</Button>;
    case "token_died":
      return (
        <>
          <Button onClick={enterToken}>Enter the new token</Button>
          {server() === "connected" && address === location.origin && (
            <Button onClick={() => void askAgain()}>Ask the server for it</Button>
          )}
        </>
      );
    case "not_permitted":
      return <Button onClick={enterToken}>Use another token</Button>;
    case "cors":
      return (
        <Button icon="copy" onClick={() => void copyText(trouble.option ?? "", "Option copied.")}>
          Copy the option
        </Button>
      );
    case "mixed_content":
      return (
        <a class="button" href={address ?? ""} target="_blank" rel="noreferrer">
          <Icon name="external" />
          <span>Open {address}</span>
        </a>
      );
    case "policy":
      return <Button onClick={() => void showPolicy()}>Show the policy</Button>;
    case "local_network":
      return <Button onClick={check}>Ask again</Button>;
    default:
      return <Button onClick={check}>Ask now</Button>;
  }
}

async function askAgain(): Promise<void> {
  const target = await askOwnServer();
  if (target !== undefined) await connect(target);
}

async function showPolicy(): Promise<void> {
  const text = document.querySelector<HTMLMetaElement>("meta[http-equiv=Content-Security-Policy]")?.content ?? "";
  const parts = text.split("; ");
  await ask({
    title: "The policy of this page",
    body: (
      <>
        <p>{counted(parts.length, "rule")}. The browser refuses whatever they do not allow.</p>
        <pre class="code">{parts.join("\n")}</pre>
      </>
    ),
    no: "Close",
    yes: "Done",
  });
}
