import { DESCRIPTION_LIMIT, NAME_LIMIT } from "../../js/generated/rules.js";
import { byId, el, formatNumber, say, setText } from "./dom.js";
import { bodyOf, FIELDS, type CreateBody, type Draft, type FieldName } from "./draft.js";
import { issuesOf, type FieldMessages, type Validator } from "./issues.js";
import { describePfid } from "./pfid.js";
import { pointerReleased } from "./pointer.js";
import { scalarCount, trim } from "./text.js";

type Control = HTMLInputElement | HTMLTextAreaElement;

interface Field {
  readonly name: FieldName;
  readonly path: string;
  readonly control: Control;
  readonly messages: HTMLElement;
  /**
   * Whether the field shows its issues. It does so after its first issue that more typing cannot remove, after the
   * person has left it once, or after the first attempt to send.
   */
  isChecked: boolean;
  /** The service's messages about the present value. */
  refused: readonly string[];
}

interface Listeners {
  /** The body changed. */
  changed(body: CreateBody): void;
  /** Sends a valid body. */
  send(body: CreateBody): void;
}

/** The limits that the counters show. The validator decides whether a text is too long. */
const COUNTED = { name: NAME_LIMIT, description: DESCRIPTION_LIMIT } as const;

const HINTS = {
  environment_id: "The environment that the agent will belong to.",
  id: "If you leave it empty, the service generates one.",
} as const;

/** The form that creates an agent: shows what the validator and the service find, field by field. */
export class CreateForm {
  readonly #form = byId("create", HTMLFormElement);
  readonly #submit = byId("submit", HTMLButtonElement);
  readonly #outcome = byId("outcome", HTMLElement);
  readonly #fields: readonly Field[];
  readonly #listeners: Listeners;
  #validator: Validator | null = null;
  /** Messages of the service that belong to no field of the form. */
  #refusal: readonly string[] = [];
  #attempted = false;
  #busy = false;
  /** Shows that a request is under way, after a delay: most requests take a few milliseconds. */
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#fields = FIELDS.map((field) => ({
      ...field,
      control: controlOf(field.name),
      messages: byId(`agent-${field.name}-issues`, HTMLElement),
      isChecked: false,
      refused: [],
    }));

    for (const field of this.#fields) {
      field.control.addEventListener("input", () => {
        field.refused = [];
        this.#refusal = [];
        this.#outcome.hidden = true;
        field.isChecked ||= staysInvalid(field, this.body, this.#validator);
        this.update();
      });
      field.control.addEventListener("blur", () => {
        // Another window got the focus; the person has not left the field.
        if (document.activeElement === field.control) return;
        field.isChecked = true;
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

  /** Sets the validator, which checks every input from now on. */
  useValidator(validator: Validator): void {
    this.#validator = validator;
    this.update();
  }

  /** Fills in the environment, unless a person has typed one. */
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

  /** Shows the outcome, and clears the form but for the environment. */
  succeed(name: string, outcome: string): void {
    for (const field of this.#fields) {
      if (field.name !== "environment_id") field.control.value = "";
      field.isChecked = false;
      field.refused = [];
    }
    this.#refusal = [];
    this.#attempted = false;
    this.update();
    this.#outcome.replaceChildren(el("bdi", {}, name.length > 60 ? `${[...name].slice(0, 60).join("")}…` : name), ` ${outcome}`);
    this.#outcome.hidden = false;
    // On a phone the outcome is below the visible part of the form.
    this.#outcome.scrollIntoView({ block: "nearest" });
    say(`${name} ${outcome}`);
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    clearTimeout(this.#waiting);
    const show = (): void => {
      // Not `disabled`, because a disabled button loses the keyboard focus.
      this.#submit.setAttribute("aria-disabled", String(busy));
      setText(this.#submit, busy ? "Creating…" : "Create agent");
    };
    if (busy) this.#waiting = setTimeout(show, 200);
    else show();
  }

  /** Sends the form if it is valid. Otherwise shows all issues, and focuses the first invalid field. */
  submit(): void {
    if (this.#busy) return;
    this.#attempted = true;
    this.#outcome.hidden = true;
    this.#refusal = [];
    for (const field of this.#fields) {
      field.isChecked = true;
      field.refused = [];
    }
    this.update();
    const body = this.body;
    if (issuesOf(body, this.#validator).size > 0) this.#focusFirstInvalid();
    else this.#listeners.send(body);
  }

  /** Shows the messages of a refusal: those of fields at the fields, the others in the summary. */
  refuse(byField: FieldMessages, otherwise: string): void {
    let placed = false;
    const refusal: string[] = [];
    for (const [path, messages] of byField) {
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
    if (placed) this.#focusFirstInvalid();
    else say(refusal.join(" "));
  }

  /** Updates everything that depends on the values of the form. */
  update(): void {
    const draft = this.draft;
    const body = bodyOf(draft);
    const found = issuesOf(body, this.#validator);
    const listed: { field: Field; message: string }[] = [];
    for (const field of this.#fields) {
      const messages = [...(found.get(field.path) ?? []), ...field.refused];
      const shown = field.isChecked ? messages : [];
      showMessages(field.messages, shown);
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
      listed.length === 0 ? "The agent was not created" : count === 1 ? "One field to correct" : `${count} problems to correct`,
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

  #focusFirstInvalid(): void {
    const invalid = this.#fields.filter((field) => field.control.getAttribute("aria-invalid") === "true");
    say(`Not created: ${byId("summary-title", HTMLElement).textContent ?? ""}.`);
    invalid[0]?.control.focus();
  }

  #generateId(): void {
    const validator = this.#validator;
    const environment = this.body.details.environment_id;
    const partition = environment === undefined ? undefined : validator?.parsePfid(environment)?.partition;
    if (validator === null) return;
    if (partition === undefined) {
      // The id must have the partition of its environment, so the environment must be valid first.
      const field = this.#field("environment_id");
      field.isChecked = true;
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
  // The prefix keeps controls called "id" and "name" from shadowing properties of the form.
  const id = `agent-${name}`;
  return name === "description" ? byId(id, HTMLTextAreaElement) : byId(id, HTMLInputElement);
}

/** Whether a field has an issue that appending characters cannot remove. */
function staysInvalid({ path, control }: Field, body: CreateBody, validator: Validator | null): boolean {
  if (validator === null) return false;
  const result = validator.validateCreateAgent(body);
  if (result.ok) return false;
  return result.issues.some(({ path: at, reason }) => {
    if (at.join(".") !== path || reason === "missing" || reason === "blank") return false;
    // The beginning of a PFID becomes one with further characters.
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

/** Not `crypto.randomUUID`, which needs a secure context: it is absent on a page served over plain HTTP in a local network. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
