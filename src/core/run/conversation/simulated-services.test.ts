/** The canned services know every tool they name, and any name at all can be called. */
import { expect, test } from "vitest";
import { simulatedResult } from "./simulated-services.ts";

test("fields are filled in, in alphabetical order, and repeat", () => {
  for (const name of [
    "FindMovies",
    "GetRide",
    "BookAppointment",
    "ReserveHotel",
    "BuyBusTicket",
    "PlaySong",
    "SearchHouse",
    "TransferMoney",
  ]) {
    const result = simulatedResult({ name, arguments: {} });
    expect(Object.values(result)).not.toContain("unknown");
    expect(Object.keys(result)).toEqual(Object.keys(result).toSorted());
    expect(simulatedResult({ name, arguments: {} })).toEqual(result);
  }
});

test("a tool may have any name", () => {
  for (const name of ["RateBook", "constructor", "toString", "__proto__"])
    expect(simulatedResult({ name, arguments: { a: "b" } })).toEqual({ a: "b", status: "confirmed" });
});
