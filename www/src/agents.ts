import type { Agent } from "agent-registrar";
import { byId, copy, el, flash, formatNumber, say, setText } from "./dom.js";
import { formatAge, formatTime, pfidNodes } from "./pfid.js";
import { pointerReleased } from "./pointer.js";
import { messageOf, property, text, type Answer, type Call, type Connection, type NoAnswer } from "./service.js";

/** The members of an agent that a row shows. */
type Summary = Pick<Agent, "id" | "name" | "description" | "status" | "inserted_at" | "available_actions">;

type Operation = "retire" | "reinstate" | "delete";

const OPERATIONS: readonly { readonly name: Operation; readonly label: string; readonly done: string }[] = [
  { name: "retire", label: "Retire", done: "retired" },
  { name: "reinstate", label: "Reinstate", done: "reinstated" },
  { name: "delete", label: "Delete", done: "deleted" },
];

const PAGE_SIZE = 10;

/** The list of agents, newest first, with the operations on each. */
export class AgentList {
  readonly #rows = byId("agents", HTMLElement);
  readonly #trouble = byId("agents-trouble", HTMLElement);
  readonly #newer = byId("newer", HTMLButtonElement);
  readonly #older = byId("older", HTMLButtonElement);
  readonly #answered: (call: Call, answer: Answer | NoAnswer) => void;
  readonly #showAnswer: () => void;
  /** Operations that the service does not implement. */
  readonly #missing = new Set<Operation>();
  /** Ids of agents with an operation under way. A second click does nothing. */
  readonly #running = new Set<string>();
  #connection: Connection | null = null;
  /** The list as it is shown, as JSON: the agents and the missing operations. */
  #shown = "";
  #offset = 0;
  #newerOffset: number | null = null;
  #olderOffset: number | null = null;
  /** The number of loads so far. A slow response of an earlier load is dropped. */
  #loads = 0;

  constructor(listeners: { answered(call: Call, answer: Answer | NoAnswer): void; showAnswer(): void }) {
    this.#answered = listeners.answered;
    this.#showAnswer = listeners.showAnswer;
    byId("refresh", HTMLButtonElement).addEventListener("click", () => {
      void this.load().then((count) => {
        if (count !== null) say(`The list is up to date: ${agents(count)}.`);
      });
    });
    this.#newer.addEventListener("click", () => void this.#turn(this.#newerOffset));
    this.#older.addEventListener("click", () => void this.#turn(this.#olderOffset));
    // Agents may have been created elsewhere, for instance by the copied curl command.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.load();
    });
    addEventListener("focus", () => void this.load());
  }

  set connection(connection: Connection) {
    this.#connection = connection;
    this.#offset = 0;
    this.#missing.clear();
    void this.load();
  }

  /** Loads the first page, and highlights the new agent. */
  async showNewest(id: string | null): Promise<void> {
    this.#offset = 0;
    await this.load(id);
  }

  /** Loads the current page. Returns the number of all agents, or `null` if it is unknown. */
  async load(fresh: string | null = null): Promise<number | null> {
    if (this.#connection === null) return null;
    const load = ++this.#loads;
    const query = `sorting=-inserted_at&pagination[offset]=${this.#offset}&pagination[page_size]=${PAGE_SIZE}`;
    const answer = await this.#connection.send({ method: "GET", path: `/api/v1/agent?${query}` });
    await pointerReleased();
    if (load !== this.#loads) return null;

    const json = "body" in answer && "json" in answer.body ? answer.body.json : undefined;
    const summaries = property(json, "summaries");
    if (!("status" in answer) || answer.status !== 200 || !Array.isArray(summaries)) {
      this.#report(`The agents could not be listed. ${messageOf(answer)}`);
      return null;
    }
    const page = property(json, "pagination");
    const count = number(page, "item_count") ?? summaries.length;
    if (summaries.length === 0 && count > 0 && this.#offset > 0) {
      // The last agent of the last page was deleted.
      this.#offset = Math.max(0, this.#offset - PAGE_SIZE);
      return this.load(fresh);
    }
    this.#report(null);
    this.#newerOffset = number(page, "previous_page_offset");
    this.#olderOffset = number(page, "next_page_offset");
    this.#show(summaries.filter(isSummary), fresh);
    setText(byId("agents-count", HTMLElement), count === 0 ? "" : agents(count));
    byId("agents-empty", HTMLElement).hidden = count > 0;
    byId("pages", HTMLElement).hidden = this.#newerOffset === null && this.#olderOffset === null;
    setAvailable(this.#newer, this.#newerOffset !== null);
    setAvailable(this.#older, this.#olderOffset !== null);
    const [start, end] = [number(page, "item_start") ?? 0, number(page, "item_end") ?? 0];
    setText(byId("page-text", HTMLElement), `${formatNumber(start)} to ${formatNumber(end)} of ${formatNumber(count)}`);
    return count;
  }

  async #turn(offset: number | null): Promise<void> {
    if (offset === null) return;
    this.#offset = offset;
    await this.load();
    say(`Agents ${byId("page-text", HTMLElement).textContent ?? ""}.`);
  }

  #show(summaries: readonly Summary[], fresh: string | null): void {
    const shown = JSON.stringify([summaries, ...this.#missing]);
    if (shown === this.#shown && fresh === null) {
      for (const time of this.#rows.querySelectorAll("time")) setText(time, formatAge(Date.parse(time.dateTime), Date.now()));
      return;
    }
    this.#shown = shown;
    // The rows are replaced, so the focus moves to the same button of the same agent.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const row = focused?.closest<HTMLElement>("[data-agent]");
    const [agent, action] = [row?.dataset["agent"], focused?.dataset["action"]];
    this.#rows.replaceChildren(...summaries.map((summary) => this.#row(summary, summary.id === fresh)));
    this.#focusAction(agent, action);
  }

  /**
   * Focuses an action of an agent; if it is absent, its opposite, or the first action; if the agent is absent, the title of
   * the list.
   */
  #focusAction(agent: string | undefined, action: string | undefined): void {
    if (agent === undefined) return;
    const row = [...this.#rows.children].find((child) => child instanceof HTMLElement && child.dataset["agent"] === agent);
    const buttons = [...(row?.querySelectorAll<HTMLElement>("[data-action]") ?? [])];
    const button = (name: string | undefined): HTMLElement | undefined => buttons.find((one) => one.dataset["action"] === name);
    const target = button(action) ?? button(action === "retire" ? "reinstate" : "retire") ?? buttons[0];
    (target ?? byId("agents-title", HTMLElement)).focus();
  }

  #row(agent: Summary, fresh: boolean): HTMLElement {
    const time = Date.parse(agent.inserted_at);
    const id = pfidNodes(agent.id);
    const copyId = this.#button("Copy", `the ID of ${agent.name}`, "copy", async (button) => {
      if (await copy(agent.id, "the ID", id)) flash(button);
    });
    const actions = el("div", { class: "row-actions" });
    actions.append(
      this.#button("Show", agent.name, "show", async () => {
        const answer = await this.#send({ method: "GET", path: `/api/v1/agent/${agent.id}` });
        if (answer !== null) this.#showAnswer();
      }),
    );
    for (const { name, label } of OPERATIONS) {
      if (agent.available_actions[name] && !this.#missing.has(name)) {
        actions.append(this.#button(label, agent.name, name, () => this.#operate(name, agent)));
      }
    }
    return el(
      "li",
      { class: fresh ? "row fresh" : "row", attributes: { "data-agent": agent.id } },
      el(
        "div",
        { class: "row-name" },
        el("bdi", { class: "agent-name" }, agent.name),
        ...(agent.description === null || agent.description === ""
          ? []
          : [el("p", { class: "agent-description", attributes: { dir: "auto" } }, agent.description.slice(0, 300))]),
      ),
      el("p", { class: "row-status" }, el("span", { class: "status", attributes: { "data-status": agent.status } }, agent.status)),
      el("div", { class: "row-id" }, id, copyId),
      el("time", { class: "row-time", attributes: { datetime: agent.inserted_at, title: formatTime(time) } }, formatAge(time, Date.now())),
      actions,
    );
  }

  #button(label: string, about: string, action: string, act: (button: HTMLButtonElement) => Promise<void>): HTMLButtonElement {
    const button = el(
      "button",
      { class: "button plain", attributes: { type: "button", "data-action": action } },
      label,
      el("span", { class: "sr" }, ` ${about}`),
    );
    button.addEventListener("click", () => void act(button));
    return button;
  }

  async #send(call: Call): Promise<Answer | NoAnswer | null> {
    if (this.#connection === null) return null;
    const answer = await this.#connection.send(call);
    this.#answered(call, answer);
    return answer;
  }

  async #operate(operation: Operation, agent: Summary): Promise<void> {
    if (operation === "delete" && !(await confirmDelete(agent.name))) {
      // The row may have been replaced while the dialog was open.
      this.#focusAction(agent.id, operation);
      return;
    }
    if (this.#running.has(agent.id)) return;
    this.#running.add(agent.id);
    const path = `/api/v1/agent/${agent.id}`;
    const answer = await this.#send(
      operation === "delete" ? { method: "DELETE", path } : { method: "POST", path: `${path}/${operation}`, body: "{}" },
    );
    this.#running.delete(agent.id);
    if (answer === null) return;
    if ("status" in answer && answer.status < 300) {
      await this.load();
      say(`${agent.name} was ${OPERATIONS.find(({ name }) => name === operation)?.done ?? operation}.`);
      return;
    }
    const absent = "status" in answer && (await this.#isAbsent(answer.status, path));
    if (absent) this.#missing.add(operation);
    await this.load();
    this.#report(absent ? `This service has no operation to ${operation} an agent.` : messageOf(answer));
  }

  /** Whether a status means that the service lacks the operation, and not the agent. */
  async #isAbsent(status: number, path: string): Promise<boolean> {
    if (status === 405) return true;
    // Also `not_implemented`: what differs is whether the agent is there.
    if (status !== 404) return false;
    const there = await this.#connection?.send({ method: "GET", path });
    return there !== undefined && "status" in there && there.status === 200;
  }

  #report(trouble: string | null): void {
    this.#trouble.hidden = trouble === null;
    setText(this.#trouble, trouble ?? "");
    if (trouble !== null) say(trouble);
  }
}

/** Resolves the promise of the open dialog. */
let answerConfirm: ((sure: boolean) => void) | null = null;

/** Asks for confirmation before an agent is deleted. */
function confirmDelete(name: string): Promise<boolean> {
  const dialog = byId("confirm", HTMLDialogElement);
  // The close event is asynchronous. If the dialog was opened again before it, the event belongs to the first
  // question and must not answer the second.
  answerConfirm?.(false);
  byId("confirm-name", HTMLElement).textContent = name;
  dialog.returnValue = "cancel";
  dialog.onclose = () => {
    if (!dialog.open) answerConfirm?.(dialog.returnValue === "delete");
  };
  dialog.showModal();
  return new Promise((resolve) => (answerConfirm = resolve));
}

/** Checks a value of the service before it is shown. */
function isSummary(value: unknown): value is Summary {
  const description = property(value, "description");
  return (
    ["id", "name", "status"].every((key) => text(value, key) !== null) &&
    !Number.isNaN(Date.parse(text(value, "inserted_at") ?? "")) &&
    (description === null || typeof description === "string") &&
    typeof property(value, "available_actions") === "object" &&
    property(value, "available_actions") !== null
  );
}

function number(value: unknown, key: string): number | null {
  const found = property(value, key);
  return typeof found === "number" ? found : null;
}

const agents = (count: number): string => (count === 1 ? "1 agent" : `${formatNumber(count)} agents`);

/** Not `disabled`, because a disabled button loses the keyboard focus. */
function setAvailable(button: HTMLButtonElement, available: boolean): void {
  button.setAttribute("aria-disabled", String(!available));
}
