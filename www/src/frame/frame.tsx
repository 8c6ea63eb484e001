import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { connection } from "../connection/client.js";
import { STATE_WORDS } from "../connection/words.js";
import { Icon, type IconName } from "../parts/icons.js";
import { Messages } from "../parts/messages.js";
import { Questions } from "../parts/dialog.js";
import { Shape } from "../parts/shape.js";
import { number } from "../parts/words.js";
import { href, match, type Place } from "../router.js";
import { badges } from "./badges.js";
import { shortcutsOpen } from "./keys.js";
import { Shortcuts } from "./shortcuts.js";
import { Outlet } from "./outlet.js";
import "./frame.css";

const PLACES: readonly { readonly place: Place; readonly path: string; readonly word: string; readonly icon: IconName }[] = [
  { place: "agents", path: "/agents", word: "Agents", icon: "agents" },
  { place: "requests", path: "/requests", word: "Requests", icon: "requests" },
  { place: "explorer", path: "/explorer", word: "Explorer", icon: "explorer" },
  { place: "traffic", path: "/traffic", word: "Traffic", icon: "traffic" },
];

function Mark(): JSX.Element {
  // The parts of a PFID: 10 characters of time, 6 of partition, 16 of randomness.
  return (
    <svg class="mark" width="20" height="20" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-time" x="0" y="3" width="20" height="6" rx="2" />
      <rect class="mark-partition" x="0" y="13" width="12" height="6" rx="2" />
      <rect class="mark-random" x="0" y="23" width="32" height="6" rx="2" />
    </svg>
  );
}

/** The state of the connection, a link to its view. */
function ConnectionLink(): JSX.Element {
  const { state, place, address } = connection.value;
  const where = place === "page" ? "in this page" : address === undefined ? "" : new URL(address).host;
  return (
    <a class="connection-link" href={href("/connection")} aria-current={match.value?.route.place === "connection" ? "page" : undefined}>
      <Shape of={state} />
      <span class="connection-words">
        <span class="sr">Connection: </span>
        <strong>{STATE_WORDS[state]}</strong> <code>{where}</code>
      </span>
    </a>
  );
}

function Places(): JSX.Element {
  const now = match.value?.route.place;
  return (
    <nav class="places" aria-label="Places">
      {PLACES.map(({ place, path, word, icon }) => {
        const badge = badges.value[place];
        return (
          <a key={place} class="place" href={href(path)} aria-current={now === place ? "page" : undefined}>
            <Icon name={icon} />
            <span class="place-word">{word}</span>
            {badge !== undefined && <span class="place-badge num">{typeof badge === "number" ? number(badge) : badge}</span>}
          </a>
        );
      })}
    </nav>
  );
}

/** The frame around every view. The markup of index.html is the same, so that the first paint needs no script. */
export function Frame(): JSX.Element {
  useEffect(() => {
    document.documentElement.dataset["ready"] = "";
  }, []);
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>("main h1, main")?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="side">
        <a class="brand" href={href("/agents")}>
          <Mark />
          <span class="brand-word">Agent Registrar</span>
        </a>
        <Places />
        <div class="side-foot">
          <button
            type="button"
            class="place shortcuts-button"
            onClick={() => {
              shortcutsOpen.value = true;
            }}
          >
            <Icon name="help" />
            <span class="place-word">Shortcuts</span>
            <kbd aria-hidden="true">?</kbd>
          </button>
          <ConnectionLink />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Messages />
      <Questions />
      <Shortcuts />
    </>
  );
}
