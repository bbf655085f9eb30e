import { expect, test } from "vitest";
import { threadsFor } from "./preflight.ts";
import { isThisMachine } from "./this-machine.ts";

test.each([
  ["http://localhost:8080/", true],
  ["https://127.0.0.1:8443/lab/", true],
  ["http://[::1]:8080/", true],
  ["http://192.168.1.4:8080/", false],
  ["https://localhost.example/", false],
  ["no address", false],
])("%s: on this machine is %s", (url, here) => expect(isThisMachine(url)).toBe(here));

test("threads leave a core to the page, and one to an edge on this machine", () => {
  expect([1, 2, 3, 4, 8, 16].map((cores) => threadsFor(cores, true, false))).toEqual([1, 1, 2, 3, 4, 4]);
  expect([1, 2, 3, 4, 8, 16].map((cores) => threadsFor(cores, true, true))).toEqual([1, 1, 1, 2, 4, 4]);
  expect(threadsFor(16, false, true)).toBe(1);
});
