import { AgentList } from "./agents.js";
import { byId, say, setText } from "./dom.js";
import type { CreateBody, Draft } from "./draft.js";
import { AnswerPanel, createCall, RequestPanel } from "./exchange.js";
import { issuesInAnswer } from "./issues.js";
import { CreateForm } from "./form.js";
import { askDefaults, Connection, messageOf, property, text } from "./service.js";

let connection: Connection | null = null;

const request = new RequestPanel();
const answerPanel = new AnswerPanel();
const agents = new AgentList({
  answered: (call, answer) => answerPanel.show(call, answer, null),
  showAnswer: () => answerPanel.focus(),
});
const form = new CreateForm({
  changed: (body) => {
    request.draft = body;
  },
  send: (body) => void create(body, form.draft),
});

async function create(body: CreateBody, draft: Draft): Promise<void> {
  if (connection === null) {
    openConnection(true);
    byId("token", HTMLInputElement).focus();
    return;
  }
  const call = createCall(body);
  form.busy = true;
  const answer = await connection.send(call);
  form.busy = false;
  answerPanel.show(call, answer, () => {
    form.fill(draft);
    form.submit();
  });
  if ("status" in answer && answer.status < 300) {
    const details = "json" in answer.body ? property(answer.body.json, "details") : undefined;
    const replayed = answer.headers.some(([name]) => name === "idempotency-replayed");
    form.succeed(
      text(details, "name") ?? "The agent",
      replayed ? "existed already: the service repeated its first response." : "was created.",
    );
    await agents.showNewest(text(details, "id"));
    return;
  }
  if ("status" in answer && answer.status === 401) openConnection(true);
  form.refuse("status" in answer ? issuesInAnswer(answer) : new Map(), messageOf(answer));
}

function connect(next: Connection): void {
  connection = next;
  request.connection = next;
  agents.connection = next;
  form.offerEnvironment(next.environment);
  byId("address", HTMLInputElement).value = next.address;
  byId("token", HTMLInputElement).value = next.token;
  byId("default-environment", HTMLInputElement).value = next.environment;
  setText(byId("connection-where", HTMLElement), new URL(next.address).host);
  setText(byId("connection-state", HTMLElement), "Connection:");
  byId("connection-dot", HTMLElement).dataset["state"] = "set";
}

function openConnection(open: boolean): void {
  byId("connection", HTMLElement).hidden = !open;
  byId("connection-toggle", HTMLElement).setAttribute("aria-expanded", String(open));
}

byId("connection-toggle", HTMLButtonElement).addEventListener("click", () => {
  openConnection(byId("connection", HTMLElement).hidden !== false);
});
byId("connection-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const value = (id: string): string => byId(id, HTMLInputElement).value.trim();
  connect(new Connection(value("address"), value("token"), value("default-environment")));
  openConnection(false);
  byId("agent-name", HTMLInputElement).focus();
});

form.update();

// Both load in parallel, and the form can be filled in meanwhile.
void askDefaults().then((found) => {
  if (found !== null) return connect(found);
  byId("address", HTMLInputElement).value = location.origin;
  setText(byId("connection-where", HTMLElement), "Not connected");
  setText(
    byId("connection-lead", HTMLElement),
    "This server does not publish the address of the service. Enter an address and a token. They are kept until you reload the page.",
  );
  openConnection(true);
});
import("agent-registrar")
  .then((validator) => {
    // The first call loads the WebAssembly, or throws.
    validator.validateCreateAgent({});
    form.useValidator(validator);
  })
  .catch(() => say("The validator could not be loaded. The service checks the fields when you send the form."));
