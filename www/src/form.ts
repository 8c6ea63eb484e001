import { DESCRIPTION_LIMIT, NAME_LIMIT } from "../../js/generated/rules.js";
import { byId, el, formatNumber, say, setText } from "./dom.js";
import { bodyOf, FIELDS, type CreateBody, type Draft, type FieldName } from "./draft.js";
import { faultsOf, type FieldMessages, type Validator } from "./faults.js";
import { describePfid } from "./pfid.js";
import { pointerReleased } from "./pointer.js";
import { scalarCount, trim } from "./text.js";

type Control = HTMLInputElement | HTMLTextAreaElement;

interface Field {
  readonly name: FieldName;
  readonly path: string;
  readonly control: Control;
  readonly faults: HTMLElement;
  /**
   * Issues are shown from the first one that typing on can't cure, from when the field is first left, or from the first
   * attempt to send.
   */
  settled: boolean;
  /** What the service said of this field's present value. */
  refused: readonly string[];
}

interface Listeners {
  /** The body changed. */
  changed(body: CreateBody): void;
  /** A body without faults is to be sent. */
  send(body: CreateBody): void;
}

/** The limits, for the counters alone: whether a text is too long is the validator's to say. */
const COUNTED = { name: NAME_LIMIT, description: DESCRIPTION_LIMIT } as const;

const HINTS = {
  environment_id: "The environment that the agent will belong to.",
  id: "Left empty, the service chooses one.",
} as const;

/** The form that creates an agent: shows what the validator and the service find, field by field. */
export class CreateForm {
  readonly #form = byId("create", HTMLFormElement);
  readonly #submit = byId("submit", HTMLButtonElement);
  readonly #outcome = byId("outcome", HTMLElement);
  readonly #fields: readonly Field[];
  readonly #listeners: Listeners;
  #validator: Validator | null = null;
  /** What the service said that belongs to no field. */
  #refusal: readonly string[] = [];
  #attempted = false;
  #busy = false;
  /** Shows that a request is under way; not for the few milliseconds that most take. */
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#fields = FIELDS.map((field) => ({
      ...field,
      control: controlOf(field.name),
      faults: byId(`agent-${field.name}-faults`, HTMLElement),
      settled: false,
      refused: [],
    }));

    for (const field of this.#fields) {
      field.control.addEventListener("input", () => {
        field.refused = [];
        this.#refusal = [];
        this.#outcome.hidden = true;
        field.settled ||= isBeyondCure(field, this.body, this.#validator);
        this.update();
      });
      field.control.addEventListener("blur", () => {
        // Another window came to the front: the person will be back in this field.
        if (document.activeElement === field.control) return;
        field.settled = true;
        void pointerReleased().then(() => this.update());
      });
    }
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    byId("generate-id", HTMLButtonElement).addEventListener("click", () => this.#generateId());
    byId("generate-key", HTMLButtonElement).addEventListener("click", () => {
      this.#put("idempotency_key", randomKey());
      say("Generated an idempotency key.");
    });
  }

  /** From here on faults are shown as the person types. */
  useValidator(validator: Validator): void {
    this.#validator = validator;
    this.update();
  }

  /** Fills the environment, if nobody has yet. */
  offerEnvironment(environment: string): void {
    const control = this.#field("environment_id").control;
    if (control.value === "" || control.value === control.defaultValue) {
      control.defaultValue = environment;
      control.value = environment;
    }
    this.update();
  }

  get body(): CreateBody {
    return bodyOf(this.draft);
  }

  get draft(): Draft {
    const value = (name: FieldName): string => this.#field(name).control.value;
    return {
      name: value("name"),
      environment_id: value("environment_id"),
      description: value("description"),
      id: value("id"),
      idempotency_key: value("idempotency_key"),
    };
  }

  /** Puts a draft back, as if it had been typed. */
  fill(draft: Draft): void {
    for (const field of this.#fields) {
      field.control.value = draft[field.name];
      field.refused = [];
    }
    this.#refusal = [];
    this.update();
  }

  /** Says what came of it, and offers an empty form in the same environment. */
  succeed(name: string, outcome: string): void {
    for (const field of this.#fields) {
      if (field.name !== "environment_id") field.control.value = "";
      field.settled = false;
      field.refused = [];
    }
    this.#refusal = [];
    this.#attempted = false;
    this.update();
    this.#outcome.replaceChildren(el("bdi", {}, name.length > 60 ? `${[...name].slice(0, 60).join("")}…` : name), ` ${outcome}`);
    this.#outcome.hidden = false;
    // On a phone it is below what is seen of the form.
    this.#outcome.scrollIntoView({ block: "nearest" });
    say(`${name} ${outcome}`);
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    clearTimeout(this.#waiting);
    const show = (): void => {
      // Not `disabled`: that would take the focus away from a person at the keyboard.
      this.#submit.setAttribute("aria-disabled", String(busy));
      setText(this.#submit, busy ? "Creating…" : "Create agent");
    };
    if (busy) this.#waiting = setTimeout(show, 200);
    else show();
  }

  /** Sends the form if it has no fault; else shows all of them and goes to the first. */
  submit(): void {
    if (this.#busy) return;
    this.#attempted = true;
    this.#outcome.hidden = true;
    this.#refusal = [];
    for (const field of this.#fields) {
      field.settled = true;
      field.refused = [];
    }
    this.update();
    const body = this.body;
    if (faultsOf(body, this.#validator).size > 0) this.#goToFirstFault();
    else this.#listeners.send(body);
  }

  /** Shows what the service refused: at its fields where it named them. */
  refuse(faults: FieldMessages, otherwise: string): void {
    let placed = false;
    const refusal: string[] = [];
    for (const [path, messages] of faults) {
      const field = this.#fields.find((candidate) => candidate.path === path);
      if (field === undefined) refusal.push(...messages.map((message) => `${path}: ${message}`));
      else {
        field.refused = messages;
        placed = true;
      }
    }
    if (!placed && refusal.length === 0) refusal.push(otherwise);
    this.#refusal = refusal;
    this.#attempted = true;
    this.update();
    if (placed) this.#goToFirstFault();
    else say(refusal.join(" "));
  }

  /** Works out everything that depends on what was typed. */
  update(): void {
    const draft = this.draft;
    const body = bodyOf(draft);
    const found = faultsOf(body, this.#validator);
    const listed: { field: Field; message: string }[] = [];
    for (const field of this.#fields) {
      const messages = [...(found.get(field.path) ?? []), ...field.refused];
      const shown = field.settled ? messages : [];
      showMessages(field.faults, shown);
      field.control.setAttribute("aria-invalid", String(shown.length > 0));
      listed.push(...shown.map((message) => ({ field, message })));
    }
    this.#showSummary(listed);
    showCount("name", scalarCount(trim(draft.name)));
    showCount("description", scalarCount(draft.description));
    this.#showHint("environment_id", body.details.environment_id);
    this.#showHint("id", body.details.id);
    this.#listeners.changed(body);
  }

  #showSummary(listed: readonly { field: Field; message: string }[]): void {
    const summary = byId("summary", HTMLElement);
    const count = listed.length + this.#refusal.length;
    summary.hidden = !this.#attempted || count === 0;
    if (summary.hidden) return;
    setText(
      byId("summary-title", HTMLElement),
      listed.length === 0 ? "The agent was not created" : count === 1 ? "One thing to put right" : `${count} things to put right`,
    );
    byId("summary-list", HTMLElement).replaceChildren(
      ...listed.map(({ field, message }) => {
        const link = el("a", { attributes: { href: `#${field.control.id}` } }, message);
        link.addEventListener("click", (event) => {
          event.preventDefault();
          field.control.focus();
        });
        return el("li", {}, link);
      }),
      ...this.#refusal.map((message) => el("li", {}, message)),
    );
  }

  #showHint(name: keyof typeof HINTS, id: string | undefined): void {
    const parts = id === undefined ? null : (this.#validator?.parsePfid(id) ?? null);
    setText(byId(`agent-${name}-hint`, HTMLElement), parts === null ? HINTS[name] : describePfid(parts));
  }

  #goToFirstFault(): void {
    const faulty = this.#fields.filter((field) => field.control.getAttribute("aria-invalid") === "true");
    say(`Not created: ${byId("summary-title", HTMLElement).textContent ?? ""}.`);
    faulty[0]?.control.focus();
  }

  #generateId(): void {
    const validator = this.#validator;
    const environment = this.body.details.environment_id;
    const partition = environment === undefined ? undefined : validator?.parsePfid(environment)?.partition;
    if (validator === null) return;
    if (partition === undefined) {
      // An id must lie in the partition of its environment: that one has to be right first.
      const field = this.#field("environment_id");
      field.settled = true;
      this.update();
      field.control.focus();
      return;
    }
    this.#put("id", validator.generatePfid({ partition }));
    say("Generated an ID.");
  }

  #put(name: FieldName, value: string): void {
    const { control } = this.#field(name);
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #field(name: FieldName): Field {
    const field = this.#fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`the form has no field ${name}`);
    return field;
  }
}

function controlOf(name: FieldName): Control {
  // With the prefix: a control called "id" or "name" would stand before the form's own properties of that name.
  const id = `agent-${name}`;
  return name === "description" ? byId(id, HTMLTextAreaElement) : byId(id, HTMLInputElement);
}

/** Whether something is wrong with a field that stays wrong whatever is typed behind it. */
function isBeyondCure({ path, control }: Field, body: CreateBody, validator: Validator | null): boolean {
  if (validator === null) return false;
  const result = validator.validateCreateAgent(body);
  if (result.ok) return false;
  return result.issues.some(({ path: at, reason }) => {
    if (at.join(".") !== path || reason === "missing" || reason === "blank") return false;
    // The beginning of an id becomes one with the right characters behind it.
    return reason !== "not_a_pfid" || validator.parsePfid(control.value.trim().padEnd(32, "0")) === null;
  });
}

function showMessages(list: HTMLElement, messages: readonly string[]): void {
  const present = [...list.children].map((item) => item.textContent);
  if (present.length === messages.length && present.every((text, index) => text === messages[index])) return;
  list.replaceChildren(...messages.map((message) => el("li", {}, message)));
}

function showCount(name: keyof typeof COUNTED, count: number): void {
  const limit = COUNTED[name];
  const element = byId(`agent-${name}-count`, HTMLElement);
  element.dataset["over"] = String(count > limit);
  element.replaceChildren(
    el("span", { attributes: { "aria-hidden": "true" } }, `${formatNumber(count)}/${formatNumber(limit)}`),
    el("span", { class: "sr" }, `${formatNumber(count)} of ${formatNumber(limit)} characters`),
  );
}

/** `crypto.randomUUID` is missing outside secure contexts, for instance under a plain-HTTP name in the local network. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
