import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icons.js";
import { number } from "./words.js";

interface FieldProps {
  /** The id of the control. */
  readonly id: string;
  readonly label: string;
  readonly optional?: boolean;
  readonly counter?: { readonly count: number; readonly limit: number } | undefined;
  readonly help?: ComponentChildren;
  /** The messages of the rules that the value breaks. They take the place of the help. */
  readonly problems?: readonly string[];
  /** What stands under the help: what an ID is made of, what is hidden in a text. */
  readonly more?: ComponentChildren;
  /** The control. Its `aria-describedby` names `describedBy(id)`. */
  readonly children: ComponentChildren;
}

/** The ids that describe a control. */
export const describedBy = (id: string): string => `${id}-help ${id}-more`;

/** A labelled control with one line for help or problems. */
export function Field({ id, label, optional = false, counter, help, problems = [], more, children }: FieldProps): JSX.Element {
  const isOver = counter !== undefined && counter.count > counter.limit;
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>{label}</label>
        {optional && <span class="optional">optional</span>}
        {counter !== undefined && (
          <span class={isOver ? "counter num is-over" : "counter num"}>
            <span aria-hidden="true">
              {number(counter.count)} / {number(counter.limit)}
            </span>
            <span class="sr">
              {number(counter.count)} of {number(counter.limit)} characters
            </span>
          </span>
        )}
      </div>
      {children}
      <div class="field-help" id={`${id}-help`}>
        {problems.length === 0
          ? help
          : problems.map((problem) => (
              <span class="problem" key={problem}>
                <Icon name="bad" size={14} />
                <span>{problem}</span>
              </span>
            ))}
      </div>
      <div class="field-more" id={`${id}-more`}>
        {more}
      </div>
    </div>
  );
}
