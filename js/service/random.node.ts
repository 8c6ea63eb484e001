// Takes the place of ./random.ts in Node: until Node has loaded its `crypto`, a registrar has long answered.
const { closeSync, fstatSync, openSync, readSync } = process.getBuiltinModule("node:fs");

/** Fresh random bytes from the system's own source: its device, or where there is none, what Node makes of it. */
export function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  return readDevice(bytes) ? bytes : crypto.getRandomValues(bytes);
}

function readDevice(bytes: Uint8Array): boolean {
  // Deno asks its user before it opens a device.
  if ("deno" in process.versions) return false;
  let device: number | undefined;
  try {
    device = openSync("/dev/urandom", "r");
    return fstatSync(device).isCharacterDevice() && readSync(device, bytes) === bytes.length;
  } catch {
    return false;
  } finally {
    if (device !== undefined) closeSync(device);
  }
}
