import type { JSX } from "preact";
import type { InstanceCounts } from "../../../js/generated/wire.js";
import { Shape } from "./shape.js";
import { counted, number } from "./words.js";
import "./counts.css";

const PARTS = ["active", "pending", "complete", "failed", "cancelled"] as const;
/** Each part is at least this wide, so that one failed of thousands is seen. In hundredths of the bar. */
const LEAST = 3;

/** "1,204 instances: 3 active, 1,184 complete". */
export function countsSentence(counts: InstanceCounts): string {
  const parts = PARTS.filter((part) => counts[part] > 0).map((part) => `${number(counts[part])} ${part}`);
  const total = counted(counts.total, "instance");
  return parts.length === 0 ? total : `${total}: ${parts.join(", ")}`;
}

/** Widths of the parts in hundredths, together 100. */
function widths(counts: InstanceCounts): readonly (readonly [part: (typeof PARTS)[number], width: number])[] {
  const present = PARTS.filter((part) => counts[part] > 0);
  const raised = present.map((part) => [part, Math.max(LEAST, (100 * counts[part]) / counts.total)] as const);
  const sum = raised.reduce((total, [, width]) => total + width, 0);
  return raised.map(([part, width]) => [part, (100 * width) / sum]);
}

/** The bar alone. */
export function Bar({ counts }: { readonly counts: InstanceCounts | undefined }): JSX.Element {
  return (
    <span class={counts?.total === 0 ? "bar is-none" : "bar"} aria-hidden="true">
      {counts !== undefined &&
        counts.total > 0 &&
        widths(counts).map(([part, width]) => <i key={part} class={`bar-${part}`} style={{ width: `${width}%` }} />)}
    </span>
  );
}

/** Bar, total, failed ones. The width is fixed, so that nothing shifts when the counts arrive. */
export function Counts({ counts }: { readonly counts: InstanceCounts | undefined }): JSX.Element {
  return (
    <span class="counts">
      <Bar counts={counts} />
      {counts !== undefined && (
        <>
          <span class="sr">{countsSentence(counts)}</span>
          <span class="counts-total num" aria-hidden="true">
            {number(counts.total)}
          </span>
          <span class="counts-failed num" aria-hidden="true">
            {counts.failed > 0 && (
              <>
                <Shape of="failed" size={12} />
                {number(counts.failed)}
              </>
            )}
          </span>
        </>
      )}
    </span>
  );
}
