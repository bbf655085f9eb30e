/**
 * Tool calls and their results as sentences: "Looking for museums in Berkeley". A row a tool; a tool
 * without one is told by its name. `{city/location}` is the first of these slots that is there;
 * `[...]` is left out where its slots are not, `[...|others]` says the others instead; `:s` makes the
 * plural. Slots that a sentence does not use are named behind it, so that nothing is hidden.
 */
import { readCall, type ToolCall } from "./read-call.ts";
import type { HouseTool } from "./simulated-services.ts";
import { isRecord, readJson } from "../../schema/json.ts";

interface Sentences {
  readonly call: string;
  readonly result: string;
}

const PLACE = "[ in {city/location/area/city_of_event/where_to}]";
const WHEN =
  "[ on {date/event_date/show_date/appointment_date/visit_date}][ at {time/event_time/show_time/appointment_time}]";
const STAY = "[ from {check_in_date}][ to {check_out_date}]";
const WAY =
  "[ from {from_location/origin/origin_city/origin_airport}][ to {to_location/destination/destination_city/destination_airport}]";
const LEAVING = "[ on {leaving_date/departure_date}][ at {leaving_time/departure_time/outbound_departure_time}]";
const RENTED = "[ in {pickup_city/city}][ from {pickup_date/start_date}][ to {dropoff_date/end_date}]";
const SONG = "[\u201c{song_name/title/track}\u201d|music][ by {artist}][ from the album {album}]";
const FILM = "[\u201c{movie_name/title/movie_title}\u201d|a film]";
const FLIGHT = { result: `Found a flight[ with {airlines}]${WAY}${LEAVING}` } as const;

const SENTENCES: Readonly<Record<HouseTool, Sentences>> = {
  AddEvent: {
    call: `Adding [\u201c{event_name}\u201d|an event] to the calendar${WHEN}[, {event_location}]`,
    result: `Added [\u201c{event_name}\u201d|the event]${WHEN}[, {event_location}]`,
  },
  BookAppointment: {
    call: `Booking an appointment[ with {doctor_name/dentist_name/stylist_name/therapist_name}]${WHEN}`,
    result: `Booked an appointment${WHEN}[, {street_address}]`,
  },
  BookHouse: { call: `Booking a house${PLACE}${STAY}`, result: `Booked the house[ at {address}]${STAY}` },
  BuyBusTicket: { call: `Buying a bus ticket${WAY}${LEAVING}`, result: `Bought a bus ticket${WAY}${LEAVING}` },
  BuyEventTickets: {
    call: `Buying tickets[ for {event_name}]${PLACE}${WHEN}`,
    result: `Bought tickets[ for {event_name}][ at {venue}]${PLACE}${WHEN}`,
  },
  CheckBalance: {
    call: "Checking the balance of [the {account_type/recipient_account_type} account|an account]",
    result: "[The {account_type} account|The account] holds [{balance}|an amount that was not told]",
  },
  FindApartment: { call: `Looking for an apartment${PLACE}`, result: `Found an apartment[ at {address}]${PLACE}` },
  FindAttractions: {
    call: `Looking for [{category:s}|sights]${PLACE}`,
    result: `Found [{attraction_name}|a sight]${PLACE}`,
  },
  FindBus: { call: `Looking for a bus${WAY}${LEAVING}`, result: `Found a bus${WAY}${LEAVING}` },
  FindEvents: {
    call: `Looking for [{category/event_type/subcategory}] events${PLACE}${WHEN}`,
    result: `Found [{event_name}|an event]${PLACE}${WHEN}`,
  },
  FindMovies: { call: `Looking for [{genre}] films${PLACE}`, result: `Found ${FILM}${PLACE}` },
  FindProvider: {
    call: `Looking for [{type:s}|doctors]${PLACE}`,
    result: `Found [{doctor_name/dentist_name/therapist_name}|somebody]${PLACE}`,
  },
  FindRestaurants: {
    call: `Looking for [{cuisine}] restaurants${PLACE}`,
    result: `Found [{restaurant_name}|a restaurant]${PLACE}`,
  },
  GetAvailableTime: {
    call: `Looking for a free time${WHEN}`,
    result: `Free[ from {available_start_time}][ to {available_end_time}]${WHEN}`,
  },
  GetCarsAvailable: { call: `Looking for a car to rent${RENTED}`, result: `Found [a {car_name}|a car]${RENTED}` },
  GetEventDates: {
    call: `Looking up when [{event_name}|an event] takes place${PLACE}`,
    result: `[{event_name}|The event] takes place${PLACE}${WHEN}`,
  },
  GetEvents: { call: `Looking at the calendar${WHEN}`, result: `Found [\u201c{event_name}\u201d|an entry]${WHEN}` },
  GetRide: { call: "Calling a ride[ to {destination}]", result: "A ride is on its way[ to {destination}]" },
  GetTimesForMovie: {
    call: `Looking up when ${FILM} is shown${PLACE}${WHEN}`,
    result: `${FILM} is shown${PLACE}${WHEN}`,
  },
  GetWeather: {
    call: `Looking up the weather${PLACE}${WHEN}`,
    result: `The weather${PLACE}${WHEN}[: {temperature} degrees][, wind {wind}][, rain {precipitation} in 100]`,
  },
  LookupMusic: { call: `Looking for ${SONG}`, result: `Found ${SONG}` },
  LookupSong: { call: `Looking for ${SONG}`, result: `Found ${SONG}` },
  PlayMedia: {
    call: `Playing ${SONG}[ on {playback_device/device}]`,
    result: `Playing ${SONG}[ on {playback_device}]`,
  },
  PlayMovie: { call: `Playing ${FILM}`, result: `Playing ${FILM}` },
  PlaySong: { call: `Playing ${SONG}[ on {playback_device/device}]`, result: `Playing ${SONG}[ on {playback_device}]` },
  ReserveCar: { call: `Renting a car${RENTED}`, result: `Rented [a {car_name}|a car]${RENTED}` },
  ReserveHotel: {
    call: `Booking a room[ at {hotel_name/place_name}]${PLACE}${STAY}`,
    result: `Booked a room[ at {hotel_name}]${PLACE}${STAY}`,
  },
  ReserveOnewayFlight: {
    call: `Booking a flight${WAY}${LEAVING}`,
    result: `Booked a flight[ with {airlines}]${WAY}${LEAVING}`,
  },
  ReserveRestaurant: {
    call: `Booking a table[ at {restaurant_name}]${PLACE}${WHEN}[ for {party_size/number_of_seats}]`,
    result: `Booked a table[ at {restaurant_name}]${PLACE}${WHEN}[ for {party_size}]`,
  },
  ReserveRoundtripFlights: {
    call: `Booking flights there and back${WAY}${LEAVING}[, back on {return_date}]`,
    result: `Booked flights there and back[ with {airlines}]${WAY}${LEAVING}`,
  },
  ScheduleVisit: {
    call: `Arranging a visit[ of {property_name}]${WHEN}`,
    result: `Arranged a visit[ at {address}]${WHEN}`,
  },
  SearchHotel: { call: `Looking for a hotel${PLACE}`, result: `Found [{hotel_name}|a hotel]${PLACE}` },
  SearchHouse: { call: `Looking for a house${PLACE}${STAY}`, result: `Found a house[ at {address}]` },
  SearchOnewayFlight: { call: `Looking for a flight${WAY}${LEAVING}`, ...FLIGHT },
  SearchRoundtripFlights: {
    call: `Looking for flights there and back${WAY}${LEAVING}[, back on {return_date}]`,
    ...FLIGHT,
  },
  TransferMoney: {
    call: "Sending [{amount}|money][ to {recipient_account_name/recipient_name}]",
    result: "Sent [{amount}|the money][ to {recipient_account_name}]",
  },
};

/** The services themselves are loaded with the first answer that needs them. */
const isHouseTool = (name: string): name is HouseTool => Object.hasOwn(SENTENCES, name);

type Slots = Readonly<Record<string, string>>;

/** "Looking for Italian restaurants in San Jose."; null where no whole call can be read. */
export function callSentence(content: string): string | null {
  const call = readCall(content);
  return call === null ? null : `${sentence(call)}.`;
}

/** Of a call that is not whole, as far as it goes: "Looking for restaurants in San J…". */
export function callBegun(content: string): string {
  const name = /"name"\s*:\s*"(\w+)"/.exec(content)?.[1];
  if (name === undefined) return "Writing a call to a service\u2026";
  const [, given = ""] = content.split(/"arguments"\s*:/);
  const pairs = [...given.matchAll(/"(\w+)"\s*:\s*"([^"]+)/g)].map(([, slot = "", value = ""]): [string, string] => [
    slot,
    value,
  ]);
  return `${sentence({ name, arguments: Object.fromEntries(pairs) })}\u2026`;
}

const sentence = ({ name, arguments: slots }: ToolCall): string =>
  filled(isHouseTool(name) ? SENTENCES[name].call : `Asking a service: ${wordsOf(name)}`, slots);

/** What came back for `callContent`: "Found Trattoria Lucca in San Jose (price range: moderate)."; null where it is no list of values. */
export function resultSentence(callContent: string, resultContent: string): string | null {
  const read = readJson(resultContent);
  const value: unknown = "value" in read ? read.value : null;
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (!isRecord(one)) return null;
  const slots = Object.fromEntries(
    Object.entries(one).map(([slot, each]): [string, string] => [
      slot,
      typeof each === "string" ? each : JSON.stringify(each),
    ]),
  );
  if (Object.keys(slots).length === 0) return "Nothing was found.";
  const name = readCall(callContent)?.name ?? "";
  return `${filled(isHouseTool(name) ? SENTENCES[name].result : "The service answered", slots)}.`;
}

const OPTIONAL = /\[([^\]|]*)(?:\|([^\]]*))?\]/g;
const SLOT = /\{([\w/]+)(:s)?\}/g;
/** What the models write where somebody has no preference. */
const ANY = "dontcare";

function filled(pattern: string, slots: Slots): string {
  const used = new Set<string>();
  const said = pattern.replaceAll(OPTIONAL, (_, part: string, otherwise: string | undefined) => {
    const wanted = [...part.matchAll(SLOT)].map(([, names = ""]) => named(names, slots));
    if (wanted.some((slot) => slot === null)) return otherwise ?? "";
    return part.replaceAll(SLOT, (__, names: string, many?: string) => {
      const slot = named(names, slots) ?? "";
      used.add(slot);
      return many === undefined ? valueOf(slots[slot]) : plural(valueOf(slots[slot]));
    });
  });
  const others = Object.keys(slots).filter((slot) => !used.has(slot) && slots[slot] !== ANY);
  const rest = others.map((slot) => `${wordsOf(slot)}: ${valueOf(slots[slot])}`).join(", ");
  return `${said.replaceAll(/ {2,}/g, " ").trim()}${rest === "" ? "" : ` (${rest})`}`;
}

const named = (names: string, slots: Slots): string | null =>
  names.split("/").find((each) => Object.hasOwn(slots, each) && slots[each] !== "" && slots[each] !== ANY) ?? null;

/** "has_live_music" and "FindBus" as words. */
const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Yes, no and days as people write them; anything else as it stands. */
function valueOf(value = ""): string {
  if (value === "True" || value === "False") return value === "True" ? "yes" : "no";
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
  const name = MONTHS[Number(month) - 1];
  return name === undefined ? value : `${Number(day)} ${name} ${year}`;
}

/** "museums", "places of worship". */
function plural(value: string): string {
  const [noun = "", ...rest] = value.toLowerCase().split(/(?= of )/);
  const many = noun.endsWith("s") ? noun : /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return many + rest.join("");
}
