import { expect, test } from "vitest";
import { edgeEnvironment } from "./edge-environment.mjs";

test("on Linux an edge server gets large pages, unless it was told something else", () => {
  expect(edgeEnvironment({ HOME: "/" }, "linux")).toEqual({
    HOME: "/",
    GLIBC_TUNABLES: "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1",
  });
  expect(edgeEnvironment({ GLIBC_TUNABLES: "own" }, "linux")).toEqual({ GLIBC_TUNABLES: "own" });
  expect(edgeEnvironment({ HOME: "/" }, "darwin")).toEqual({ HOME: "/" });
});
