// The time that the runtime takes for the parts of a call that every service has. The bundler defines
// PART.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const memory = new Uint8Array(1 << 20).fill(97);
let sink = 0;

const parts = {
  "nothing but the loop": (bytes) => bytes,
  "texts of a request into a buffer (encodeInto)": (bytes) => {
    sink += encoder.encodeInto(`/api/v1/agentBearer ${sink & 7}`, memory).written;
    return bytes;
  },
  "a body into a buffer (set)": (bytes) => {
    memory.set(bytes, 64);
    return bytes;
  },
  "the clock (Date.now)": (bytes) => {
    sink += Date.now() & 1;
    return bytes;
  },
  "a text of 32 bytes out of a buffer (decode)": (bytes) => {
    sink += decoder.decode(memory.subarray(64, 96)).length;
    return bytes;
  },
  "an answer of 650 bytes out of a buffer (slice)": () => memory.slice(0, 650),
};

export const PARTS = Object.keys(parts);

export default {
  name: "the runtime",
  takes: "bytes",
  open: () => ({ reset() {}, post: parts[typeof PART === "undefined" ? PARTS[0] : PART] }),
};
