/** Whether tests that have a short form run in full: `TESTS=full` in the environment, as `npm run test:full` sets it. */
export const isFull = process.env["TESTS"] === "full";
