import { el } from "./dom.js";
import { shorten } from "./text.js";

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

/** A JSON value as elements: indented, one element per token, long texts shortened. */
export function jsonNodes(value: unknown): DocumentFragment {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === "string" ? shorten(part) : part), 2);
  const nodes = new DocumentFragment();
  let end = 0;
  for (const found of text.matchAll(token)) {
    const [whole, string, colon] = found;
    nodes.append(text.slice(end, found.index));
    end = found.index + whole.length;
    if (string === undefined) nodes.append(el("span", { class: "json-literal" }, whole));
    else if (colon === undefined) nodes.append(el("span", { class: "json-string" }, string));
    else nodes.append(el("span", { class: "json-key" }, string), colon);
  }
  nodes.append(text.slice(end));
  return nodes;
}
