import { describe, expect, test } from "vitest";
import { page } from "../testing/scripted-page.ts";
import { SEED_MAX } from "#core/sampling/settings.ts";
import { againText, askedLast, edit, regenerate, stopEditing } from "./turn-actions.ts";

const said = ({ stores }: ReturnType<typeof page>): readonly string[] =>
  stores.conversation.getState().turns.map(({ content }) => content);

async function twoTurns(): Promise<ReturnType<typeof page>> {
  const lab = page(["<|assistant|>", "Here", " you are."]);
  await lab.actions.ask();
  lab.stores.conversation.setState({ draft: "And a hotel?" });
  await lab.actions.ask();
  return lab;
}

describe("an answer asked for again", () => {
  test("goes with the same turns before it, and without chance says that it is the same", async () => {
    const lab = await twoTurns();
    const before = said(lab);
    await regenerate(lab);
    expect(lab.asked[2]?.config).toEqual(lab.asked[1]?.config);
    expect(said(lab)).toEqual(before);
    const { note } = lab.stores.conversation.getState();
    expect(note).toBe("Temperature 0, so no chance: the same answer again.");
    expect(lab.stores.page.getState().announcement).toBe(note);
  });

  test("takes the next seed where chance has a say, past the last one the first", async () => {
    const lab = await twoTurns();
    lab.actions.choose({ temperature: 1, seed: SEED_MAX });
    await regenerate(lab);
    expect(lab.asked[2]?.config).toMatchObject({ temperature: 1, seed: 0 });
    expect(lab.stores.settings.getState().seed).toBe(0);
    expect(lab.stores.conversation.getState().note).toBe("Seed 0: the same answer again.");
  });

  test("that differs without chance is no silent matter", async () => {
    const lab = await twoTurns();
    const [first, , third] = lab.stores.conversation.getState().turns;
    if (first === undefined || third === undefined) throw new Error("no turns");
    const other = { role: "assistant", content: "What an older setting said.", laneKey: "run-9" } as const;
    lab.stores.conversation.setState({ turns: [first, other] });
    await regenerate(lab);
    expect(lab.stores.conversation.getState().note).toContain("another answer");
  });

  test("whose settings are refused leaves everything as it was", async () => {
    const lab = await twoTurns();
    const before = lab.stores.conversation.getState();
    lab.stores.settings.setState({ topP: 7 });
    await regenerate(lab);
    expect(lab.stores.page.getState().failure).toMatchObject({ code: "bad-value", key: "topP" });
    expect(lab.stores.conversation.getState()).toEqual(before);
  });

  test("is of the last thing that a person said, whatever the model made of it", () => {
    const user = { role: "user", content: "a" } as const;
    const call = { role: "call", content: "{}", laneKey: "run-1" } as const;
    const result = { role: "result", content: "{}", by: "you" } as const;
    expect(askedLast([])).toBeNull();
    expect(askedLast([user, call])).toEqual([user]);
    expect(askedLast([user, call, result, { ...call, role: "result" }])).toEqual([user, call, result]);
  });

  test("says beforehand what it comes to", () => {
    expect(againText({ mode: "split", temperature: 0, seed: 1 })).toContain("stays the same");
    expect(againText({ mode: "cooperative", temperature: 0, seed: 1 })).not.toContain("the same");
    expect(againText({ mode: "split", temperature: 0.7, seed: 1 })).toContain("seed 2");
  });
});

describe("an earlier request in other words", () => {
  test("takes the place of that turn and of all behind it", async () => {
    const lab = await twoTurns();
    edit(lab, 0);
    expect(lab.stores.conversation.getState()).toMatchObject({ draft: "Find me a museum.", editing: { at: 0 } });
    lab.stores.conversation.setState({ draft: "Find me a park." });
    await lab.actions.ask();
    expect(lab.asked[2]?.config.prompt).toBe("Find me a park.");
    expect(said(lab)).toEqual(["Find me a park.", "Here you are."]);
    expect(lab.stores.conversation.getState().editing).toBeNull();
  });

  test("left as it was gives back what was typed before, also after a second thought", async () => {
    const lab = await twoTurns();
    lab.stores.conversation.setState({ draft: "half a sen" });
    edit(lab, 0);
    edit(lab, 2);
    expect(lab.stores.conversation.getState().draft).toBe("And a hotel?");
    stopEditing(lab);
    expect(lab.stores.conversation.getState()).toMatchObject({ draft: "half a sen", editing: null });
    expect(said(lab)).toHaveLength(4);
  });

  test("that is refused loses nothing of what stood behind it", async () => {
    const lab = await twoTurns();
    const before = said(lab);
    lab.stores.settings.setState({ topP: 7 });
    edit(lab, 0);
    await lab.actions.ask();
    expect(said(lab)).toEqual(before);
    expect(lab.stores.conversation.getState().editing).toMatchObject({ at: 0 });
  });
});
