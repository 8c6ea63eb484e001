import { type BodyProgress, type BodyShare, LONGEST_BLANK, type RequestParts } from "../../service/request.js";

/** How long a body may take, in milliseconds, before its object is asked by the head; and how often it is seen whether the body grew. */
const PATIENCE_MS = 50;

/**
 * The body of a request, or `null` once `isRefused` refuses it. While the body is slow, it is asked, and told how many bytes the body has
 * at least. The body takes its room from `share`.
 */
export async function readPatiently(
  { body }: Pick<RequestParts, "body">,
  isRefused: (length: number) => Promise<boolean>,
  share: BodyShare,
): Promise<Uint8Array | null> {
  const progress: BodyProgress = { length: 0, share };
  const whole = body(() => false, progress);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const refused = new Promise<null>((resolve, reject) => {
    const judge = async (): Promise<void> => {
      const { length } = progress;
      if (await isRefused(length)) {
        progress.cancel?.();
        resolve(null);
      } else if (length <= LONGEST_BLANK && !isOver) timer = setTimeout(waitForMore, PATIENCE_MS, length);
    };
    // The type of a blank body may not matter, so it is judged again when it grows.
    const waitForMore = (length: number): void => {
      if (progress.length === length) timer = setTimeout(waitForMore, PATIENCE_MS, length);
      else judge().catch(reject);
    };
    timer = setTimeout(() => judge().catch(reject), PATIENCE_MS);
  });
  // After a refusal, it does not matter how the reading ends.
  whole.catch(() => undefined);
  try {
    return await Promise.race([whole, refused]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}
