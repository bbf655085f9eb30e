/** A model whose self-test fails is offered nowhere, and whoever asks for it by name is told why. */
import { afterEach, expect, test } from "vitest";
import { fail } from "#core/run/failure.ts";
import { fakeHost, FAKE_MANIFEST } from "../testing/fake-model.ts";
import { edgesOf, hello, TestClient } from "../testing/harness.ts";

const testEdge = edgesOf(afterEach);
const REASON = { code: "backend-unavailable", backend: "cpu", why: "head_size must be a multiple of 16" } as const;

async function offered(url: string): Promise<readonly unknown[]> {
  const ask = async (path: string): Promise<unknown> => (await fetch(url + path)).json();
  const [health, index, api] = [await ask("/healthz"), await ask("/models/index.json"), await ask("/v1/models")];
  return [
    (health as { models: unknown[] }).models.length,
    (index as unknown[]).length,
    (api as { data: unknown[] }).data.length,
  ];
}

test("a model that cannot run is taken off every list, with the reason for whoever asks", async () => {
  const { server, url } = await testEdge({ model: fakeHost({ beforeStep: () => fail(REASON) }) });
  expect(await offered(url)).toEqual([1, 1, 1]);
  await server.warmUp();
  expect(await offered(url)).toEqual([0, 0, 0]);
  const client = new TestClient(url);
  expect(await client.greet(hello())).toMatchObject({ kind: "refusal", failure: REASON });
  const completion = await fetch(`${url}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ model: FAKE_MANIFEST.name, prompt: "abc" }),
  });
  expect(completion.status).toBeGreaterThanOrEqual(400);
  expect(await completion.text()).toContain(REASON.why);
});

test("one that runs stays, and the log says what its weights take", async () => {
  const { server, url, logs } = await testEdge();
  await server.warmUp();
  const ready = logs
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find(({ msg }) => msg === "model ready");
  expect(ready).toMatchObject({ model: FAKE_MANIFEST.name, stored: {}, weightBytes: expect.any(Number) as number });
  expect(await offered(url)).toEqual([1, 1, 1]);
});
