/**
 * A conversation as messages: what the model wrote, parted at its role tokens, and a simulated
 * service that answers its tool calls. The service is a table of made-up particulars: it knows
 * nothing, and the page says so. Results read as the models learned them: compact JSON, every
 * value a string, the call's own arguments given back (Schema-Guided Dialogue, Rastogi et al. 2020).
 */
import type { Message } from "./config.ts";
import { isRecord, readJson } from "./json-reader.ts";

const ROLES = ["user", "assistant", "call", "result"] as const satisfies readonly Message["role"][];
const ROLE_TOKEN = /<\|(user|assistant|call|result)\|>/;

/**
 * The messages in a generated text. The chat template ends without a role token: the model writes
 * its own; text before the first one is the assistant's. Contents are kept to the letter, so that
 * the next prompt begins with the very tokens that are in the KV cache.
 */
export function messagesIn(text: string): readonly Message[] {
  const [before = "", ...rest] = text.split(ROLE_TOKEN);
  const first: readonly Message[] = before === "" ? [] : [{ role: "assistant", content: before }];
  const written = rest.flatMap((word, i): readonly Message[] => {
    const role = i % 2 === 0 ? ROLES.find((each) => each === word) : undefined;
    return role === undefined ? [] : [{ role, content: rest[i + 1] ?? "" }];
  });
  return [...first, ...written].filter(({ content }) => content !== "");
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** A call's JSON as name and arguments; null when the model did not write a whole one. */
export function readCall(content: string): ToolCall | null {
  const read = readJson(content);
  const call = "value" in read ? read.value : null;
  if (!isRecord(call) || typeof call["name"] !== "string" || !isRecord(call["arguments"])) return null;
  const given = Object.entries(call["arguments"]).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return { name: call["name"], arguments: Object.fromEntries(given) };
}

/** What the simulated service answers; `{}`, its "nothing found", to a call that it cannot read. */
export function simulatedResult(content: string): string {
  const call = readCall(content);
  if (call === null) return "{}";
  const kept = Object.entries(call.arguments).filter(([, value]) => value !== "");
  const particulars = PARTICULARS.find(({ tools }) => tools.test(call.name))?.fields ?? {};
  const fields = Object.entries({ ...particulars, ...Object.fromEntries(kept) }).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(fields));
}

/** Made up by us, by the tool's name. The call's own arguments win over them. */
const PARTICULARS: readonly { readonly tools: RegExp; readonly fields: Readonly<Record<string, string>> }[] = [
  { tools: /Restaurant/, fields: { restaurant_name: "The Cut Layer", cuisine: "Italian", street_address: "12 Split Street", phone_number: "555-0112", price_range: "moderate", has_live_music: "False" } },
  { tools: /Weather/, fields: { temperature: "64", precipitation: "10", humidity: "41", wind: "6" } },
  { tools: /Media|Song|Music/, fields: { song_name: "Halfway", artist: "The Two Tiers", album: "Downlink", genre: "Pop", year: "2018" } },
  { tools: /Attraction/, fields: { attraction_name: "Museum of Small Models", category: "Museum", free_entry: "True", good_for_kids: "True", phone_number: "555-0134" } },
  { tools: /Balance|Transfer|Account/, fields: { balance: "2048.00", account_balance: "2048.00" } },
  { tools: /Event/, fields: { event_name: "An Evening Game", event_location: "Midtown Arena", time: "19:30", price: "40", number_of_seats: "2" } },
  { tools: /Movie|Times/, fields: { movie_name: "Between the Blocks", genre: "Drama", theater_name: "The Gap", show_time: "20:15", price: "14" } },
  { tools: /Car/, fields: { car_name: "Altima", car_type: "Standard", pickup_location: "Central Station", total_price: "132" } },
  { tools: /Flight/, fields: { airlines: "Midway Air", outbound_departure_time: "09:20", outbound_arrival_time: "12:05", number_stops: "0", price: "210" } },
  { tools: /Hotel|House|Property/, fields: { place_name: "Edge House", street_address: "4 Layer Lane", phone_number: "555-0156", price_per_night: "118", rating: "4.4" } },
  { tools: /Ride/, fields: { ride_fare: "18.40", wait_time: "5", number_of_seats: "2" } },
  { tools: /Bus|Train/, fields: { from_station: "Central Station", to_station: "Union Station", fare: "31", leaving_time: "08:40", transfers: "0" } },
  { tools: /Provider|Appointment|Dentist|Doctor|Stylist/, fields: { address: "7 Head Street", phone_number: "555-0178", average_rating: "4.6", city: "San Jose" } },
  { tools: /Alarm/, fields: { alarm_name: "Alarm", alarm_time: "07:30" } },
];
