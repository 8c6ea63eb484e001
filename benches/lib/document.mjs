const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`; run it to get the figures of your machine. Everything of one section is
measured in one run: each contender in a process of its own, in interleaved rounds, medians shown. Times of loops are
processor time, so that what else the machine does disturbs less. Read the ratios: times depend on the machine.`;

const open = (name) => `<!-- ${name} -->`;
const close = (name) => `<!-- /${name} -->`;

/** Inserts or replaces the section of one part in the document. */
export function merged(document, parts, name, section) {
  const sections = parts.map((part) => {
    if (part === name) return `${open(part)}\n${section}\n${close(part)}`;
    const from = document.indexOf(open(part));
    const to = document.indexOf(close(part));
    return from < 0 || to < 0 ? "" : document.slice(from, to + close(part).length);
  });
  return `${[HEAD, ...sections.filter((text) => text !== "")].join("\n\n")}\n`;
}
