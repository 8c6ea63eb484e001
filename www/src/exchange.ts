import { byId, copy, el, flash } from "./dom.js";
import type { CreateBody } from "./draft.js";
import { jsonNodes } from "./json.js";
import type { Answer, Call, Connection, NoAnswer } from "./service.js";
import { shorten } from "./text.js";

/** The request that creates an agent. */
export function createCall(body: CreateBody): Call {
  return { method: "POST", path: "/api/v1/agent", body: JSON.stringify(body) };
}

/** The panel with the request that the form sends. */
export class RequestPanel {
  readonly #body = byId("request-body", HTMLElement);
  readonly #curl = byId("curl", HTMLElement);
  #connection: Connection | null = null;
  #draft: CreateBody = { details: { name: "" } };
  #shown = "";

  constructor() {
    const button = byId("copy-curl", HTMLButtonElement);
    button.addEventListener("click", () => {
      const line = this.#connection?.curl(createCall(this.#draft));
      if (line === undefined) return;
      void copy(line, "the curl command", this.#curl).then((copied) => {
        if (copied) flash(button);
      });
    });
  }

  set connection(connection: Connection) {
    this.#connection = connection;
    this.#show();
  }

  set draft(draft: CreateBody) {
    // Replaced only if it differs, because a person may have selected a part of it.
    const text = JSON.stringify(draft);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#draft = draft;
    this.#show();
  }

  #show(): void {
    this.#body.replaceChildren(jsonNodes(this.#draft));
    const { details } = this.#draft;
    const shown = {
      ...this.#draft,
      details: {
        ...details,
        name: shorten(details.name),
        ...(details.description !== undefined && { description: shorten(details.description) }),
      },
    };
    this.#curl.textContent = this.#connection?.curl(createCall(shown)) ?? "";
  }
}

const MEANINGS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

/** The panel with the last response of the service. */
export class AnswerPanel {
  readonly #line = byId("answer-line", HTMLElement);
  readonly #body = byId("answer-body", HTMLElement);
  readonly #again = byId("again", HTMLButtonElement);
  #repeat: (() => void) | null = null;

  constructor() {
    this.#again.addEventListener("click", () => this.#repeat?.());
  }

  /** Shows a response. `repeat` sends its request again. */
  show(call: Call, answer: Answer | NoAnswer, repeat: (() => void) | null): void {
    this.#repeat = repeat;
    this.#again.hidden = repeat === null;
    const asked = el(
      "span",
      { class: "asked" },
      el("span", { class: "method" }, call.method),
      " ",
      el("span", { class: "path" }, call.path),
    );
    if ("failure" in answer) {
      this.#line.replaceChildren(asked, badge("No response", "bad"));
      this.#body.replaceChildren(
        el(
          "p",
          { class: "empty" },
          `The service could not be reached (${answer.failure}). Check that it is running and that it allows the origin of this page.`,
        ),
      );
      return;
    }
    const meaning = MEANINGS[answer.status];
    this.#line.replaceChildren(
      asked,
      badge(meaning === undefined ? String(answer.status) : `${answer.status} ${meaning}`, answer.status < 400 ? "good" : "bad"),
      el("span", { class: "took" }, `${Math.max(1, Math.round(answer.milliseconds))} ms`),
    );
    const headers = el("dl", { class: "headers" });
    for (const [name, value] of answer.headers) headers.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    const body = el("pre", { class: "code", attributes: { tabindex: "0", role: "region", "aria-label": "Response body" } });
    body.append("json" in answer.body ? jsonNodes(answer.body.json) : shorten(answer.body.text));
    this.#body.replaceChildren(headers, body);
  }

  /** Moves the focus to the response, which scrolls it into view. */
  focus(): void {
    byId("answer-title", HTMLElement).focus();
  }
}

function badge(text: string, kind: "good" | "bad"): HTMLElement {
  return el("span", { class: "badge", attributes: { "data-kind": kind } }, text);
}
