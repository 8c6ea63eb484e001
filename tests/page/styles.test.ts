// Style sheets of views are loaded when a view is first shown, and stay. So a class belongs to one view, or to the parts that all share.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../www/src/", import.meta.url));
/** Folders whose styles every view has. */
const SHARED = new Set(["look", "parts", "frame"]);

const read = (extension: string): { readonly folder: string; readonly text: string }[] =>
  (readdirSync(source, { recursive: true }) as string[])
    .filter((path) => path.endsWith(extension))
    .map((path) => ({
      folder: path.split("/")[0] as string,
      text: readFileSync(source + path, "utf8").replace(/\/\*[\s\S]*?\*\//g, ""),
    }));

/** The folders that style a class, by class: all classes of selectors, or only the ones that selectors begin with. */
function styled(which: "all" | "first"): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { folder, text } of read(".css")) {
    for (const [, selectors = ""] of text.matchAll(/([^{}]+)\{/g)) {
      for (const selector of selectors.split(",")) {
        const part = which === "all" ? selector : (selector.trim().split(/[\s>~+]/)[0] ?? "");
        const classes = [...part.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = ""]) => name);
        for (const name of which === "all" ? classes : classes.slice(0, 1)) found.set(name, (found.get(name) ?? new Set()).add(folder));
      }
    }
  }
  return found;
}

test("no class is styled by two views, or by a view and the shared parts", () => {
  const twice = [...styled("first")].filter(([name, folders]) => !name.startsWith("is-") && folders.size > 1);
  expect(twice.filter(([, folders]) => [...folders].some((folder) => !SHARED.has(folder)))).toEqual([]);
});

test("a view uses no class that only another view styles", () => {
  const styles = styled("all");
  const foreign = read(".tsx").flatMap(({ folder, text }) =>
    [...text.matchAll(/class="([^"]*)"/g)]
      .flatMap(([, names = ""]) => names.split(" "))
      .filter((name) => {
        const folders = styles.get(name);
        return folders !== undefined && !folders.has(folder) && ![...folders].some((one) => SHARED.has(one));
      })
      .map((name) => `${folder}: ${name}`),
  );
  expect(foreign).toEqual([]);
});
