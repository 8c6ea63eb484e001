// A module of Workers. In the files for other runtimes scripts/bundle.mjs puts an empty class in its place.
declare module "cloudflare:workers" {
  export const DurableObject: unknown;
}
