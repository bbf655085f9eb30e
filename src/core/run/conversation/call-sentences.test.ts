/** Calls and results of the house models' tools read as sentences, and no value of them is lost. */
import { describe, expect, test } from "vitest";
import { callSentence, resultSentence } from "./call-sentences.ts";
import { simulatedResult } from "./simulated-services.ts";

const call = (name: string, given: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ name, arguments: given });

describe("a call", () => {
  test.each([
    ["FindAttractions", { category: "Museum", location: "Berkeley" }, "Looking for museums in Berkeley."],
    ["FindRestaurants", { city: "San Jose", cuisine: "Italian" }, "Looking for Italian restaurants in San Jose."],
    ["GetWeather", { city: "Portland", date: "2019-03-05" }, "Looking up the weather in Portland on 5 March 2019."],
    ["CheckBalance", { account_type: "savings" }, "Checking the balance of the savings account."],
    ["PlaySong", { album: "Golden Hour", playback_device: "TV" }, "Playing music from the album Golden Hour on TV."],
    ["FindMovies", { location: "Berkeley" }, "Looking for films in Berkeley."],
    ["FindAttractions", { category: "Place of Worship" }, "Looking for places of worship."],
    ["FindProvider", {}, "Looking for doctors."],
  ])("of %s with %j", (name, given, said) => {
    expect(callSentence(call(name, given))).toBe(said);
  });

  test("names what its sentence has no place for, and leaves out what is all the same", () => {
    expect(callSentence(call("FindRestaurants", { city: "Fresno", price_range: "cheap", cuisine: "dontcare" }))).toBe(
      "Looking for restaurants in Fresno (price range: cheap).",
    );
  });

  test("of a tool that nobody knows is told by its name and arguments", () => {
    expect(callSentence(call("WaterThePlants", { room_name: "hall", liters: 2 }))).toBe(
      "Asking a service: water the plants (room name: hall, liters: 2).",
    );
    expect(callSentence(call("toString", {}))).toBe("Asking a service: to string.");
  });

  test("that is not whole is no sentence", () => {
    expect(callSentence('{"name":"FindRestaurants","arguments":{"city":"San')).toBeNull();
    expect(callSentence("Sure, here you are.")).toBeNull();
  });
});

describe("a result", () => {
  const asked = call("FindRestaurants", { city: "San Jose", cuisine: "Italian" });

  test("says what was found, and every value of it", () => {
    const result = simulatedResult({ name: "FindRestaurants", arguments: { city: "San Jose", cuisine: "Italian" } });
    const said = resultSentence(asked, JSON.stringify(result)) ?? "";
    expect(said).toMatch(/^Found .+ in San Jose \(/);
    for (const [slot, value] of Object.entries(result))
      expect(said).toContain(value === "True" ? "yes" : value === "False" ? "no" : value || slot);
  });

  test("of nothing, of no tool, and of no values", () => {
    expect(resultSentence(asked, "{}")).toBe("Nothing was found.");
    expect(resultSentence(call("WaterThePlants", {}), '{"status":"confirmed"}')).toBe(
      "The service answered (status: confirmed).",
    );
    expect(resultSentence(asked, "sold out")).toBeNull();
  });

  test("of every tool of the house is a sentence without a gap", () => {
    const names = ["CheckBalance", "GetWeather", "FindMovies", "ReserveHotel", "GetRide", "TransferMoney", "PlayMovie"];
    for (const name of names) {
      const said = resultSentence(call(name, {}), JSON.stringify(simulatedResult({ name, arguments: {} })));
      expect(said, name).toMatch(/^[A-Z\u201c][^[\]{}]*\.$/);
      expect(said, name).not.toMatch(/ {2}| \./);
    }
  });
});
