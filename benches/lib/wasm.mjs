// The contents of a `.wasm` file: its sections, and the code size of each named function.

/** The sections of a wasm module: number and content. */
export function* sectionsOf(bytes) {
  const reader = new Reader(bytes, 8);
  while (!reader.isDone) {
    const id = reader.byte();
    yield { id, content: reader.take(reader.number()) };
  }
}

/** The names of the functions in it and how many bytes their code takes. */
export function functionSizes(bytes) {
  let imported = 0;
  let sizes = [];
  let names = new Map();
  for (const { id, content } of sectionsOf(bytes)) {
    const reader = new Reader(content);
    if (id === 2) imported = importedFunctions(reader);
    else if (id === 10) sizes = Array.from({ length: reader.number() }, () => reader.take(reader.number()).length);
    else if (id === 0 && reader.text() === "name") names = functionNames(reader);
  }
  return sizes.map((size, index) => [names.get(imported + index) ?? "", size]);
}

function importedFunctions(reader) {
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === 0) {
      functions++;
      reader.number();
    } else {
      // A table or a global has a type before its limits; both have one number or two.
      if (kind === 1) reader.byte();
      if (kind === 3) {
        reader.byte();
        reader.byte();
      } else if (reader.byte() & 1) {
        reader.number();
        reader.number();
      } else reader.number();
    }
  }
  return functions;
}

function functionNames(reader) {
  const names = new Map();
  while (!reader.isDone) {
    const kind = reader.byte();
    const part = new Reader(reader.take(reader.number()));
    if (kind !== 1) continue;
    for (let left = part.number(); left > 0; left--) names.set(part.number(), part.text());
  }
  return names;
}

class Reader {
  #bytes;
  #at;

  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isDone() {
    return this.#at >= this.#bytes.length;
  }

  byte() {
    return this.#bytes[this.#at++];
  }

  /** In LEB128. */
  number() {
    let number = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      number += (byte & 127) * factor;
      if (byte < 128) return number;
    }
  }

  take(length) {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text() {
    return new TextDecoder().decode(this.take(this.number()));
  }
}
