import type { JSX } from "preact";
import { connection } from "../connection/client.js";
import { MenuButton } from "../parts/menu.js";
import { copyText } from "../parts/messages.js";
import { type CopyForm, copyAs } from "../requests/copy.js";

const FORMS: readonly (readonly [form: CopyForm, label: string, hint: string, done: string])[] = [
  ["curl", "As curl", "POSIX shell", "Copied as curl, without the token."],
  ["fetch", "As fetch", "JavaScript", "Copied as fetch, without the token."],
  ["core", "As @prefactor/core", "TypeScript", "Copied as @prefactor/core, without the token."],
  ["request", "Request body", "JSON", "Copied as JSON."],
];

/** Copies the request that will be sent. Its code reads the token from a variable. */
export function CopyMenu({ path, text }: { readonly path: string; readonly text: string }): JSX.Element {
  const { address } = connection.value;
  const request = { address, method: "POST", path, body: { text, bytes: text.length, isCut: false } } as const;
  return (
    <MenuButton
      label="Copy the request"
      class="button is-quiet"
      items={FORMS.map(([form, label, hint, done]) => ({
        label,
        hint: <span class="menu-reason">{hint}</span>,
        run: () => void copyText(copyAs(form, request, { page: location.href.replace(/#.*/, "") }), done),
      }))}
    >
      <span>Copy</span>
    </MenuButton>
  );
}
