import type { InputHTMLAttributes, JSX, TargetedEvent, TargetedFocusEvent } from "preact";
import { DESCRIPTION_LIMIT, IDEMPOTENCY_KEY_LIMIT, NAME_LIMIT } from "../../../js/generated/rules.js";
import { connection } from "../connection/client.js";
import { Button } from "../parts/button.js";
import { describedBy, Field } from "../parts/field.js";
import { hiddenIn, plainText } from "../parts/foreign.js";
import { IdParts, isId, shortId } from "../parts/pfid.js";
import { scalarCount, trim, validator } from "./check.js";
import { type Draft, type FieldName, shownIn } from "./draft.js";
import { IdFacts } from "./preview.js";

/** The id of a field's control. The prefix keeps "id" and "name" from shadowing properties of the form. */
export const controlId = (name: FieldName): string => `agent-${name}`;

interface FormProps {
  readonly draft: Draft;
  /** The messages that each field shows. */
  readonly problems: (name: FieldName) => readonly string[];
  readonly onInput: (name: FieldName, text: string) => void;
  readonly onLeave: (name: FieldName) => void;
  readonly typesEnvironment: boolean;
  readonly onTypeEnvironment: (typed: boolean) => void;
  readonly onGenerateId: () => void;
  readonly onGenerateKey: () => void;
}

export function Fields(props: FormProps): JSX.Element {
  const { draft, problems } = props;
  const control = (name: FieldName) => ({
    id: controlId(name),
    value: shownIn(draft, name),
    "aria-invalid": problems(name).length > 0 ? ("true" as const) : undefined,
    "aria-describedby": describedBy(controlId(name)),
    onInput: (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) => props.onInput(name, event.currentTarget.value),
    onBlur: (event: TargetedFocusEvent<HTMLElement>) => {
      // Another window got the focus: the person has not left the field.
      if (document.activeElement !== event.currentTarget) props.onLeave(name);
    },
  });
  const id = shownIn(draft, "id").trim();
  const isUpper = id !== id.toLowerCase() && isId(id.toLowerCase());
  return (
    <>
      <Field
        id={controlId("name")}
        label="Name"
        counter={{ count: scalarCount(trim(draft.fields.name)), limit: NAME_LIMIT }}
        problems={problems("name")}
        help="What the agent is called in lists. White space around it is removed."
        more={hiddenIn(draft.fields.name)}
      >
        <input class="input" type="text" autocomplete="off" {...control("name")} />
      </Field>
      <Environment {...props} control={control("environment_id")} />
      <Field
        id={controlId("description")}
        label="Description"
        optional
        counter={{ count: scalarCount(draft.fields.description), limit: DESCRIPTION_LIMIT }}
        problems={problems("description")}
        help="What it does, for people."
        more={hiddenIn(draft.fields.description)}
      >
        <textarea class="textarea" rows={3} {...control("description")} />
      </Field>
      <Field
        id={controlId("id")}
        label="ID"
        optional
        problems={problems("id")}
        help="Leave it empty and the service makes one."
        more={
          isUpper ? (
            <>
              It has upper-case letters; a PFID has none.{" "}
              <Button onClick={() => props.onInput("id", id.toLowerCase())}>Use lower case</Button>
            </>
          ) : (
            validator.value?.isPfid(id) === true && (
              <>
                <IdParts value={id} />
                <IdFacts value={id} />
              </>
            )
          )
        }
      >
        <div class="field-line">
          <input class="input mono" type="text" autocomplete="off" autocapitalize="off" spellcheck={false} {...control("id")} />
          <Button label="Generate an ID" onClick={props.onGenerateId}>
            Generate
          </Button>
        </div>
      </Field>
      <Field
        id={controlId("idempotency_key")}
        label="Idempotency key"
        optional
        counter={{ count: scalarCount(draft.fields.idempotency_key), limit: IDEMPOTENCY_KEY_LIMIT }}
        problems={problems("idempotency_key")}
        help="With a key, sending twice creates one agent. Keys count for 24 hours."
        more={hiddenIn(draft.fields.idempotency_key)}
      >
        <div class="field-line">
          <input
            class="input mono"
            type="text"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            {...control("idempotency_key")}
          />
          <Button label="Generate an idempotency key" onClick={props.onGenerateKey}>
            Generate
          </Button>
        </div>
      </Field>
    </>
  );
}

const TYPED = "typed";

/** Environments come from the account; a token that may not list them gets a plain field. */
function Environment({
  draft,
  problems,
  typesEnvironment,
  onTypeEnvironment,
  onInput,
  onLeave,
  control,
}: FormProps & { readonly control: InputHTMLAttributes<HTMLInputElement> & { readonly value: string } }): JSX.Element {
  const environments = connection.value.environments ?? [];
  const isPlain = environments.length === 0;
  const value = shownIn(draft, "environment_id");
  const isKnown = environments.some(({ id }) => id === value);
  const typed = isPlain || typesEnvironment || (value !== "" && !isKnown);
  const id = controlId("environment_id");
  const shown = problems("environment_id");
  return (
    <Field id={id} label="Environment" problems={shown} help="Where the agent will belong. It can’t be moved later.">
      {!isPlain && (
        <select
          class="select"
          id={typed ? undefined : id}
          aria-label={typed ? "Environment, from the account" : undefined}
          aria-invalid={!typed && shown.length > 0 ? "true" : undefined}
          aria-describedby={typed ? undefined : describedBy(id)}
          value={typed ? TYPED : value}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            onTypeEnvironment(chosen === TYPED);
            if (chosen !== TYPED) onInput("environment_id", chosen);
            else if (isKnown) onInput("environment_id", "");
          }}
          onBlur={() => onLeave("environment_id")}
        >
          {value === "" && !typed && <option value="">Choose an environment</option>}
          {environments.map((one) => (
            <option key={one.id} value={one.id}>
              {plainText(one.name)} · {shortId(one.id)}
            </option>
          ))}
          <option value={TYPED}>Type another ID…</option>
        </select>
      )}
      {typed && (
        <input
          class="input mono"
          type="text"
          placeholder="Environment ID"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          {...control}
        />
      )}
    </Field>
  );
}
