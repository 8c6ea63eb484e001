// The question of the list, as it stands in the address. Defaults are left out there.
import { AGENT_STATUSES } from "../../../js/generated/rules.js";
import type { AgentStatus } from "../../../js/generated/wire.js";
import type { Question } from "../data/agents.js";
import { withQuery } from "../router.js";

export const SIZES = [10, 25, 50, 100] as const;
const DEFAULT_SIZE = 50;
const DEFAULT_SORT = "-inserted_at";
const SORTS = /^-?(name|status|inserted_at|updated_at|id)$/;

function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The question that a query asks. What is no value of a parameter counts as absent. */
export function questionOf(query: URLSearchParams): Question {
  const status = AGENT_STATUSES.find((one) => one === query.get("status")) ?? "";
  const sort = query.get("sort") ?? "";
  const size = wholeNumber(query.get("size"));
  return {
    q: query.get("q") ?? "",
    env: query.get("env") ?? "",
    status,
    sort: SORTS.test(sort) ? sort : DEFAULT_SORT,
    offset: wholeNumber(query.get("offset")),
    size: SIZES.find((one) => one === size) ?? DEFAULT_SIZE,
  };
}

/** The address of the list with some of the question changed. Every change but of the offset begins at the first page. */
export function asked(
  change: Partial<{ q: string; env: string; status: AgentStatus | ""; sort: string; offset: number; size: number }>,
): string {
  const { sort, size, offset, ...others } = change;
  return withQuery({
    ...others,
    ...(sort !== undefined && { sort: sort === DEFAULT_SORT ? "" : sort }),
    ...(size !== undefined && { size: size === DEFAULT_SIZE ? "" : size }),
    offset: offset === undefined || offset === 0 ? "" : offset,
  });
}

export const isFiltered = (question: Question): boolean => question.q !== "" || question.env !== "" || question.status !== "";
