let encoder: TextEncoder | undefined;

/**
 * Writes a text as UTF-8 into the beginning of `bytes` and returns the number of bytes. A lone surrogate is written as U+FFFD.
 *
 * `TextEncoder` is looked up at the first call: the page environments of some test runners lack it, or define it after imports.
 */
export function writeUtf8(text: string, bytes: Uint8Array): number {
  if (encoder === undefined) {
    const { TextEncoder } = globalThis;
    // Some polyfills have only `encode`.
    if (TextEncoder?.prototype.encodeInto === undefined) return writeByHand(text, bytes);
    encoder = new TextEncoder();
  }
  return encoder.encodeInto(text, bytes).written;
}

function writeByHand(text: string, bytes: Uint8Array): number {
  let end = 0;
  // A string's iterator yields code points, and lone surrogates unchanged.
  for (const character of text) {
    const unit = character.codePointAt(0) as number;
    const code = unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit;
    const count = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    // The lead byte has one more bit set than there are continuation bytes, each of which carries six bits.
    bytes[end++] = count === 0 ? code : ((0xf00 >> (count + 1)) & 0xff) | (code >> (6 * count));
    for (let rest = count - 1; rest >= 0; rest--) bytes[end++] = 0x80 | ((code >> (6 * rest)) & 0x3f);
  }
  return end;
}
