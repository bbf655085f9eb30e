import { expect, test } from "vitest";
import { hello, TestClient, testEdge } from "../testing/harness.ts";
import { fakeTokenizer } from "../testing/harness.ts";

test("logs say what happened and hold no prompt, no text, no token id and no whole session id", async () => {
  const edge = await testEdge({ accessToken: "sesame-secret" });
  const prompt = "Zxcvb";
  const ids = fakeTokenizer.encode(prompt);
  try {
    const { client, welcome } = await TestClient.open(edge.url, { access: "sesame-secret" });
    await client.tokens({ kind: "generate", sequence: 1, position: 0, ids: Uint32Array.from(ids), generate: 5 });
    client.sendBytes(new TextEncoder().encode(`${prompt}${prompt}${prompt}${prompt}${prompt}${prompt}`));
    await client.closed();
    await new TestClient(edge.url).greet(hello({ model: prompt, access: "sesame-secret" }));
    const answer = await fetch(`${edge.url}/v1/completions?prompt=${prompt}`, {
      method: "POST",
      headers: { authorization: "Bearer sesame-secret" },
      body: JSON.stringify({ model: "fake", prompt, max_tokens: 3 }),
    });
    expect(answer.status).toBe(200);
    await answer.text();
    const logs = edge.logs.join("");
    for (const entry of ["session begun", "session ended", "session refused", "answered", "request"])
      expect(logs).toContain(entry);
    for (const secret of [prompt, JSON.stringify(ids), ids.join(","), "sesame", welcome.session])
      expect(logs).not.toContain(secret);
    expect(logs).toContain(welcome.session.slice(0, 8));
  } finally {
    await edge.server.close();
  }
});
