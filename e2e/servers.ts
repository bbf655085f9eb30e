/** Where the servers of the browser tests listen: loopback only. */

export const TEST_PORT = Number(process.env["CUTLAYER_TEST_PORT"] ?? 8141);
export const TEST_URL = `http://127.0.0.1:${TEST_PORT}`;
export const HARNESS_PORT = TEST_PORT + 1;
export const STATIC_PORT = TEST_PORT + 2;
/** For tests that stop and start an edge server of their own. */
export const SPARE_PORT = TEST_PORT + 3;
export const TAP_PORT = TEST_PORT + 4;
