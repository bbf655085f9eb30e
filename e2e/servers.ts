/** Where the servers of the browser tests listen: loopback only. */

export const TEST_PORT = Number(process.env["CUTLAYER_TEST_PORT"] ?? 8141);
export const TEST_URL = `http://127.0.0.1:${TEST_PORT}`;
/** Test files run side by side, each in a worker of its own: what one starts has a port that no other takes. */
const OWN_PORT = TEST_PORT + 1 + 10 * Number(process.env["TEST_PARALLEL_INDEX"] ?? 0);
export const HARNESS_PORT = OWN_PORT;
export const STATIC_PORT = OWN_PORT + 1;
/** For tests that stop and start an edge server of their own. */
export const SPARE_PORT = OWN_PORT + 2;
export const TAP_PORT = OWN_PORT + 3;
