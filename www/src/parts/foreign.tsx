// Text of strangers: names, ids, messages. Characters that cannot be seen, or that turn the direction of reading, are replaced
// by their names, so that they are seen and have no effect.
import type { ComponentChild, JSX } from "preact";
import "./foreign.css";

/** Short name and description of the characters that have ones. */
const NAMES: ReadonlyMap<number, readonly [short: string, spoken: string]> = new Map<number, readonly [string, string]>([
  [0x00ad, ["SHY", "soft hyphen"]],
  [0x061c, ["ALM", "Arabic letter mark"]],
  [0x180e, ["MVS", "Mongolian vowel separator"]],
  [0x200b, ["ZWSP", "zero width space"]],
  [0x200c, ["ZWNJ", "zero width non-joiner"]],
  [0x200d, ["ZWJ", "zero width joiner"]],
  [0x200e, ["LRM", "left-to-right mark"]],
  [0x200f, ["RLM", "right-to-left mark"]],
  [0x202a, ["LRE", "left-to-right embedding"]],
  [0x202b, ["RLE", "right-to-left embedding"]],
  [0x202c, ["PDF", "pop directional formatting"]],
  [0x202d, ["LRO", "left-to-right override"]],
  [0x202e, ["RLO", "right-to-left override"]],
  [0x2060, ["WJ", "word joiner"]],
  [0x2066, ["LRI", "left-to-right isolate"]],
  [0x2067, ["RLI", "right-to-left isolate"]],
  [0x2068, ["FSI", "first strong isolate"]],
  [0x2069, ["PDI", "pop directional isolate"]],
  [0xfeff, ["BOM", "byte order mark"]],
]);

/** Characters that turn the direction of reading. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are looked for
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u;
// biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are looked for
const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{1f1e6}-\u{1f1ff}\u20e3#*0-9\ufe0f]/u;
/** Scripts whose letters join: there both joiners have a meaning. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}]/u;

/** A piece of a text. */
export interface Piece {
  readonly text: string;
  /** The name of a replaced character. */
  readonly name?: string;
  readonly spoken?: string;
}

function nameOf(character: string): readonly [short: string, spoken: string] {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16).toUpperCase().padStart(4, "0");
  if (point >= 0xfe00 && point <= 0xfe0f) return [`VS${point - 0xfdff}`, `variation selector ${point - 0xfdff}`];
  return NAMES.get(point) ?? [`U+${hex}`, `character U+${hex}`];
}

function isShown(character: string, before: string | undefined, after: string | undefined): boolean {
  if (!HIDDEN.test(character)) return true;
  if (before === undefined) return false;
  if (character === "\u200d") {
    return after !== undefined && ((EMOJI.test(before) && EMOJI.test(after)) || (JOINING.test(before) && JOINING.test(after)));
  }
  if (character === "\u200c") return after !== undefined && JOINING.test(before) && JOINING.test(after);
  return character === "\ufe0f" || character === "\ufe0e" ? EMOJI.test(before) && before !== character : false;
}

const CACHED = 2_000;
const cache = new Map<string, readonly Piece[]>();

/** Cuts a text into what is shown as it is and what is replaced by a name. */
export function piecesOf(text: string): readonly Piece[] {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const pieces: Piece[] = [];
  const characters = Array.from(text);
  let plain = "";
  const flush = (): void => {
    if (plain !== "") pieces.push({ text: plain });
    plain = "";
  };
  const isSpace = (index: number): boolean => /^[\p{Zs}\t\n\r]$/u.test(characters[index] ?? "");
  for (const [index, character] of characters.entries()) {
    const edge = index === 0 || index === characters.length - 1;
    if (isSpace(index) && (edge || isSpace(index - 1) || isSpace(index + 1) || character !== " ")) {
      flush();
      pieces.push({ text: character, name: "␣", spoken: "space" });
    } else if (isShown(character, characters[index - 1], characters[index + 1])) plain += character;
    else {
      flush();
      const [name, spoken] = nameOf(character);
      pieces.push({ text: character, name, spoken });
    }
  }
  flush();
  if (cache.size >= CACHED) cache.clear();
  cache.set(text, pieces);
  return pieces;
}

/** The text for places that take no markup: titles, labels. A replaced character is its name in brackets. */
export function plainText(text: string): string {
  return piecesOf(text)
    .map(({ text, name }) => (name === undefined ? text : name === "␣" ? "␣" : `[${name}]`))
    .join("");
}

/** A text of strangers, in its own direction of reading. */
export function Foreign({ text }: { readonly text: string }): JSX.Element {
  return (
    <bdi class="foreign">
      {piecesOf(text).map(
        ({ text, name, spoken }, index): ComponentChild =>
          name === undefined ? (
            text
          ) : (
            <span key={index} class={name === "␣" ? "white" : "charname"}>
              <span aria-hidden="true">{name}</span>
              <span class="sr"> {spoken} </span>
            </span>
          ),
      )}
    </bdi>
  );
}

/** What a text hides, as a sentence; `undefined` if nothing. */
export function hiddenIn(text: string): string | undefined {
  const found = piecesOf(text).filter((piece) => piece.name !== undefined && piece.name !== "␣");
  const [first] = found;
  if (first === undefined) return undefined;
  const turning = found.filter((piece) => TURNING.test(piece.text)).length;
  const names = [...new Set(found.map(({ name, text }) => `${name} (${codeOf(text)})`))].join(", ");
  const characters = found.length === 1 ? "1 character that" : `${found.length} characters that`;
  const what =
    turning === found.length ? (found.length === 1 ? "turns the reading direction" : "turn the reading direction") : "can’t be seen";
  return `It holds ${characters} ${what}: ${names}.`;
}

const codeOf = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
