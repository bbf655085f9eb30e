/** Where the servers of the browser tests listen: loopback only. */

export const TEST_PORT = Number(process.env["CUTLAYER_TEST_PORT"] ?? 8141);
export const TEST_URL = `http://127.0.0.1:${TEST_PORT}`;
