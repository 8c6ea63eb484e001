/** A line of a file, without its line break. */
export interface Line {
  /** At most the limit and one byte more. */
  readonly bytes: Uint8Array;
  /** Counted from 1. */
  readonly number: number;
}

const LINE_FEED = 0x0a;

/**
 * The lines of a stream. A line is cut after `limit` + 1 bytes, so that no file exhausts the memory.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const keep = (piece: Uint8Array): void => {
    const head = piece.subarray(0, limit + 1 - length);
    if (head.length > 0) pieces.push(head);
    length += head.length;
  };
  const take = (): Line => {
    const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return { bytes, number: number++ };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
