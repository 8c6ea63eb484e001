const white = /\p{White_Space}/u;

/**
 * Trims Unicode's White_Space, as the validator does. `String.prototype.trim` differs (it removes U+FEFF and keeps
 * U+0085). Not a regular expression: one anchored at the end takes quadratic time on runs of spaces.
 */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && white.test(text.charAt(start))) start++;
  while (end > start && white.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Counts Unicode scalar values, as the limits do: an emoji is one, though JavaScript stores it as two units. */
export function scalarCount(text: string): number {
  let pairs = 0;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) pairs++;
  }
  return text.length - pairs;
}

const SHOWN = 2_000;

/** Shortens a text for display, to save layout. */
export function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length - SHOWN} more)`;
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
