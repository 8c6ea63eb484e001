import type { JSX } from "preact";
import { freshKey } from "../data/key.js";
import { Button } from "../parts/button.js";
import { Icon } from "../parts/icons.js";
import { MenuButton } from "../parts/menu.js";
import { plainText } from "../parts/foreign.js";
import { knownIds } from "./known.js";
import { type Input, kindOfId, type Operation } from "./model.js";

interface InputFieldProps {
  readonly id: string;
  readonly operation: Operation;
  readonly input: Input;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem: string | undefined;
}

const PLACES = { path: "in the path", query: "in the query", body: "" } as const;
const KINDS = { text: "text", number: "number", boolean: "true or false", choice: "one of a list", json: "JSON" } as const;

/** A field of an operation. */
export function InputField(props: InputFieldProps): JSX.Element {
  const { id, input, problem } = props;
  const facts = [PLACES[input.place], input.isRequired ? "required" : "optional", KINDS[input.kind]].filter((part) => part !== "");
  return (
    <div class="input-field">
      <div class="input-name">
        <label for={id}>
          <code>
            {input.path.split(".").map((part, index) => (
              <>
                {index > 0 && (
                  <>
                    .<wbr />
                  </>
                )}
                {part}
              </>
            ))}
          </code>
        </label>
        <span class="soft small" id={`${id}-facts`}>
          {facts.join(", ")}
        </span>
      </div>
      <div class="input-control">
        <div class="field-line">
          <Control {...props} />
          <Helper {...props} />
        </div>
        <p class="field-help" id={`${id}-help`}>
          {problem === undefined ? (
            input.description
          ) : (
            <span class="problem">
              <Icon name="bad" size={14} />
              <span>{problem}</span>
            </span>
          )}
        </p>
      </div>
    </div>
  );
}

function Control({ id, input, value, onChange, problem }: InputFieldProps): JSX.Element {
  const about = { id, "aria-describedby": `${id}-facts ${id}-help`, "aria-invalid": problem === undefined ? undefined : true } as const;
  const choices = input.kind === "boolean" ? ["true", "false"] : input.choices;
  if (choices.length > 0) {
    return (
      <select {...about} class="select" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{input.isRequired ? "Choose…" : "Left out"}</option>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const isLong = input.kind === "json" || (input.schema.maxLength ?? 0) > 1000;
  if (isLong) {
    return (
      <textarea
        {...about}
        class={input.kind === "json" ? "textarea mono" : "textarea"}
        rows={3}
        spellcheck={input.kind !== "json"}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <input
      {...about}
      class="input mono"
      type="text"
      inputMode={input.kind === "number" ? "numeric" : "text"}
      spellcheck={false}
      autocapitalize="off"
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** What fills the field in: known ids, the time, a key. */
function Helper({ operation, input, onChange }: InputFieldProps): JSX.Element | null {
  const name = input.path.split(".").at(-1) ?? "";
  if (name === "idempotency_key") {
    return (
      <Button label={`Generate a key for ${input.path}`} onClick={() => onChange(freshKey())}>
        Generate
      </Button>
    );
  }
  if (input.schema.format === "date-time") {
    return (
      <Button label={`Now for ${input.path}`} onClick={() => onChange(new Date().toISOString())}>
        Now
      </Button>
    );
  }
  const kind = kindOfId(operation, input);
  if (kind === undefined) return null;
  const known = knownIds(kind);
  const items =
    known.length === 0
      ? [{ label: "None seen yet", rests: "list some first", run: () => undefined }]
      : known.map(({ id, name: title }) => ({
          label: title === "" ? `…${id.slice(-12)}` : plainText(title),
          hint: <span class="menu-reason mono">…{id.slice(-5)}</span>,
          run: () => onChange(id),
        }));
  return (
    <MenuButton label={`Pick ${input.path}`} class="button" items={items}>
      <span>Pick</span>
    </MenuButton>
  );
}
