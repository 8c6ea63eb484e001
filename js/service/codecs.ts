// The build replaces the globals of the same names by these: the page environments of some test runners lack them, and the
// import must succeed everywhere.
import { writeUtf8 } from "../wasm/utf8.js";

/** At most three bytes for one UTF-16 code unit. */
const BYTES_PER_UNIT = 3;

class Encoder {
  encode(text = ""): Uint8Array {
    const bytes = new Uint8Array(text.length * BYTES_PER_UNIT);
    return bytes.slice(0, writeUtf8(text, bytes));
  }

  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    return { read: text.length, written: writeUtf8(text, bytes) };
  }
}

/** Decodes valid UTF-8, as the core writes it. */
class Decoder {
  decode(bytes: Uint8Array = new Uint8Array(0)): string {
    let escaped = "";
    for (const byte of bytes) escaped += "%" + byte.toString(16).padStart(2, "0");
    return decodeURIComponent(escaped);
  }
}

const { TextEncoder: PlatformEncoder = Encoder, TextDecoder: PlatformDecoder = Decoder } = globalThis;

export { PlatformDecoder as TextDecoder, PlatformEncoder as TextEncoder };
