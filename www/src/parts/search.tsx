import type { JSX } from "preact";
import { Icon } from "./icons.js";
import "./search.css";

interface SearchBoxProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
}

/** A field that filters the view as a person types. The key `/` moves to it. */
export function SearchBox({ label, value, onInput }: SearchBoxProps): JSX.Element {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        placeholder={label}
        aria-label={label}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}
