/**
 * Simulated services: canned, plausible results for the tools that the house models call, so that
 * a conversation can go on without any service behind it. Invented, deterministic (the same call
 * has the same result), and labelled as simulated wherever they are shown. What a call asks for is
 * echoed; what it leaves open is filled in from short lists.
 */
import type { ToolCall } from "./read-call.ts";

/** Fields in alphabetical order, every value a string, as the models were trained to read. */
export function simulatedResult(call: ToolCall): Readonly<Record<string, string>> {
  if (!isHouseTool(call.name)) return { ...call.arguments, status: "confirmed" };
  const fields: readonly string[] = FIELDS[call.name];
  const value = (field: string): string =>
    call.arguments[field] ?? chosen(VALUES[field] ?? NOTHING_KNOWN, seedOf(call, field));
  return Object.fromEntries(fields.toSorted().map((field) => [field, value(field)]));
}

const PLACES = ["San Jose", "Oakland", "Fresno", "Sacramento"];
const DATES = ["2019-03-04", "2019-03-07", "2019-03-09", "2019-03-12"];
const TIMES = ["10:30", "13:15", "18:00", "20:45"];
const STREETS = ["12 Harbor Street", "480 Linden Avenue", "75 Market Square", "1903 Orchard Road"];
const PHONES = ["555-0114", "555-0137", "555-0162", "555-0188"]; // reserved for fiction
const YES_NO = ["True", "False"];
const RATINGS = ["4.1", "4.4", "4.7"];
const FEW = ["1", "2", "3"];
const NOTHING_KNOWN = ["unknown"];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  account_type: ["checking", "savings"],
  address: STREETS,
  address_of_location: STREETS,
  airlines: ["Meridian Air", "Bluebird Airlines", "Northway"],
  album: ["Paper Lanterns", "Slow Tide", "Night Market"],
  amount: ["150", "320"],
  appointment_date: DATES,
  appointment_time: TIMES,
  approximate_ride_duration: ["11", "18", "26"],
  area: PLACES,
  artist: ["The Lantern Keepers", "Mara Quill", "Ondine"],
  attraction_name: ["Riverside Botanical Garden", "Old Mint Museum", "Lakeview Park"],
  available_end_time: ["15:30", "19:00"],
  available_start_time: ["09:30", "14:00"],
  average_rating: RATINGS,
  balance: ["1284.50", "3907.12", "642.85"],
  car_name: ["Corolla", "Civic", "Jetta"],
  car_type: ["Compact", "Standard", "Full-size"],
  category: ["Music", "Museum", "Park"],
  check_in_date: DATES,
  check_out_date: ["2019-03-14", "2019-03-16"],
  city: PLACES,
  city_of_event: PLACES,
  cuisine: ["Italian", "Mexican", "Indian", "American"],
  date: DATES,
  dentist_name: ["Dr. Lena Marsh", "Dr. Omar Reyes"],
  departure_date: DATES,
  departure_time: TIMES,
  destination: PLACES,
  destination_airport: ["Bayview International Airport", "Northgate Airport"],
  destination_city: PLACES,
  destination_station_name: ["Union Station", "Central Bus Terminal"],
  directed_by: ["Ines Valdez", "Theo Brandt"],
  doctor_name: ["Dr. Ruth Calder", "Dr. Samir Anand"],
  dropoff_date: ["2019-03-13", "2019-03-15"],
  event_date: DATES,
  event_location: ["Harbor Hall", "The Old Foundry", "Civic Stage"],
  event_name: ["The Lantern Keepers live", "Spring Jazz Evening", "City Rovers vs Northside"],
  event_time: TIMES,
  event_type: ["Music", "Sports"],
  fare: ["24", "37", "52"],
  fare_type: ["Economy", "Flexible"],
  free_entry: YES_NO,
  from_location: PLACES,
  from_station: ["Union Station", "Central Bus Terminal"],
  furnished: YES_NO,
  genre: ["Drama", "Comedy", "Pop"],
  good_for_kids: YES_NO,
  group_size: FEW,
  has_laundry_service: YES_NO,
  has_live_music: YES_NO,
  has_wifi: YES_NO,
  hotel_name: ["Harbor Light Inn", "The Linden House", "Orchard Grand Hotel"],
  humidity: ["24", "38", "51"],
  inbound_arrival_time: ["16:20", "21:35"],
  inbound_departure_time: ["12:10", "18:45"],
  is_redeye: ["False"],
  is_unisex: YES_NO,
  leaving_date: DATES,
  leaving_time: TIMES,
  location: PLACES,
  movie_name: ["The Quiet Harbor", "Paper Moons", "Last Train North"],
  number_of_adults: FEW,
  number_of_baths: FEW,
  number_of_beds: FEW,
  number_of_days: FEW,
  number_of_riders: FEW,
  number_of_rooms: FEW,
  number_of_seats: FEW,
  number_of_tickets: FEW,
  number_stops: ["0", "1"],
  offers_cosmetic_services: YES_NO,
  origin_airport: ["Northgate Airport", "Bayview International Airport"],
  party_size: FEW,
  pets_allowed: YES_NO,
  pets_welcome: YES_NO,
  phone_number: PHONES,
  pickup_city: PLACES,
  pickup_date: DATES,
  pickup_location: ["Union Station", "Bayview International Airport"],
  pickup_time: TIMES,
  playback_device: ["living room speaker", "bedroom speaker"],
  precipitation: ["2", "10", "35"],
  price: ["11", "14", "17"],
  price_per_night: ["118", "146", "203"],
  price_range: ["inexpensive", "moderate", "expensive"],
  rating: RATINGS,
  recipient_account_name: ["Robin"],
  recipient_account_type: ["checking"],
  restaurant_name: ["Trattoria Lucca", "The Copper Table", "Saffron Court", "Green Door Kitchen"],
  ride_fare: ["12.40", "18.75", "26.10"],
  ride_type: ["Regular", "Pool"],
  shared_ride: YES_NO,
  show_date: DATES,
  show_time: TIMES,
  show_type: ["regular", "3d"],
  song_name: ["Lanterns on the Water", "Slow Tide", "Midnight Stalls"],
  street_address: STREETS,
  stylist_name: ["Shear Delight", "Salon Verano"],
  subtitles: ["English"],
  temperature: ["58", "66", "74"],
  time: TIMES,
  title: ["The Quiet Harbor", "Paper Moons", "Last Train North"],
  to_location: PLACES,
  total_price: ["164", "238", "415"],
  type: ["Psychologist", "Dermatologist"],
  venue: ["Harbor Hall", "The Old Foundry", "Civic Stage"],
  venue_address: STREETS,
  wait_time: ["4", "7", "11"],
  wind: ["4", "8", "13"],
  year: ["2012", "2015", "2018"],
};

const FIELDS = {
  AddEvent: ["event_date", "event_location", "event_name", "event_time"],
  BookAppointment: ["appointment_date", "appointment_time", "average_rating", "phone_number", "street_address"],
  BookHouse: ["address", "check_in_date", "check_out_date", "has_laundry_service", "number_of_adults", "phone_number"],
  BuyBusTicket: ["fare", "from_location", "from_station", "leaving_date", "leaving_time", "to_location"],
  BuyEventTickets: ["city", "date", "event_name", "number_of_tickets", "time", "venue"],
  CheckBalance: ["account_type", "balance"],
  FindApartment: ["address", "area", "furnished", "number_of_baths", "number_of_beds", "pets_allowed"],
  FindAttractions: ["attraction_name", "category", "free_entry", "good_for_kids", "location", "phone_number"],
  FindBus: ["fare", "from_location", "from_station", "leaving_date", "leaving_time", "to_location"],
  FindEvents: ["category", "city", "date", "event_name", "event_type", "time"],
  FindMovies: ["genre", "location", "movie_name", "price", "show_type", "street_address"],
  FindProvider: ["average_rating", "city", "doctor_name", "phone_number", "street_address", "type"],
  FindRestaurants: ["city", "cuisine", "has_live_music", "phone_number", "price_range", "restaurant_name"],
  GetAvailableTime: ["available_end_time", "available_start_time", "event_date"],
  GetCarsAvailable: ["car_name", "dropoff_date", "pickup_city", "pickup_date", "pickup_location", "pickup_time"],
  GetEventDates: ["city", "date", "event_name", "time", "venue", "venue_address"],
  GetEvents: ["event_date", "event_location", "event_name", "event_time"],
  GetRide: ["destination", "number_of_seats", "ride_fare", "ride_type", "wait_time"],
  GetTimesForMovie: ["genre", "location", "movie_name", "price", "show_date", "show_time"],
  GetWeather: ["city", "date", "humidity", "precipitation", "temperature", "wind"],
  LookupMusic: ["album", "artist", "genre", "song_name"],
  LookupSong: ["album", "artist", "genre", "song_name", "year"],
  PlayMedia: ["album", "artist", "genre", "playback_device", "song_name"],
  PlayMovie: ["directed_by", "genre", "subtitles", "title"],
  PlaySong: ["album", "artist", "genre", "playback_device", "song_name", "year"],
  ReserveCar: ["car_name", "car_type", "dropoff_date", "pickup_date", "pickup_location", "pickup_time"],
  ReserveHotel: ["average_rating", "check_in_date", "check_out_date", "hotel_name", "location", "number_of_rooms"],
  ReserveOnewayFlight: [
    "airlines",
    "departure_date",
    "destination_airport",
    "destination_city",
    "number_stops",
    "origin_airport",
  ],
  ReserveRestaurant: ["city", "cuisine", "date", "has_live_music", "party_size", "phone_number"],
  ReserveRoundtripFlights: [
    "airlines",
    "departure_date",
    "destination_airport",
    "destination_city",
    "inbound_arrival_time",
    "inbound_departure_time",
  ],
  ScheduleVisit: ["address", "furnished", "number_of_baths", "number_of_beds", "pets_allowed", "phone_number"],
  SearchHotel: ["average_rating", "hotel_name", "location", "number_of_rooms", "pets_welcome", "phone_number"],
  SearchHouse: ["address", "has_laundry_service", "number_of_adults", "phone_number", "rating", "total_price"],
  SearchOnewayFlight: [
    "airlines",
    "departure_date",
    "destination_airport",
    "destination_city",
    "number_stops",
    "origin_airport",
  ],
  SearchRoundtripFlights: [
    "airlines",
    "departure_date",
    "destination_airport",
    "destination_city",
    "inbound_arrival_time",
    "inbound_departure_time",
  ],
  TransferMoney: ["account_type", "amount", "recipient_account_name", "recipient_account_type"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The tools that the house models were trained to call. */
export type HouseTool = keyof typeof FIELDS;
const isHouseTool = (name: string): name is HouseTool => Object.hasOwn(FIELDS, name);

const chosen = (values: readonly string[], seed: number): string => values[seed % values.length] ?? "unknown";

/** FNV-1a over the call and the field. */
function seedOf({ name, arguments: given }: ToolCall, field: string): number {
  const text = JSON.stringify([name, given, field]);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
