/** What the code's own pieces are called. */
import type { Entry } from "./entry.ts";

export const CODE_WORDS = {
  sourceLayer: {
    term: "source layer",
    short: "A folder of src that is a project of its own and may import only what is listed for it.",
  },
  fence: {
    term: "fence",
    short: "A check of compiler or linter that keeps a source layer from importing what it must not.",
  },
  port: { term: "port", short: "An interface that says what the engine needs from the browser or from Node." },
  portAdapter: { term: "port adapter", short: "The code that keeps a port, once for the browser and once for Node." },
  contractSuite: {
    term: "contract suite",
    short: "Checks that every implementation of one interface must pass, with a broken one shown to fail.",
  },
  host: { term: "host", short: "What holds one model's weights on one runtime and opens sessions on it." },
  stage: { term: "stage", short: "One compiled graph of a session: a whole segment, or one block of it." },
  piece: {
    term: "piece",
    short: "A graph of what lies between two attentions: the end of one block and the beginning of the next.",
  },
  rowProgram: {
    term: "row program",
    short:
      "What a piece does to one row, as a WebAssembly function over weights as they are stored: a session alone decodes by these.",
  },
  recordBuilder: {
    term: "record builder",
    short: "A run's record while the run is under way and the record still grows.",
  },
  sessionPool: {
    term: "session pool",
    short: "What a device keeps open from one run to the next: models, hosts, links and leased tiers.",
  },
  changeRequest: {
    term: "change request",
    short: "Another link or cut, asked of the run under way; the run says whether it can.",
  },
  channel: { term: "channel", short: "The way from the engine to an edge server, whatever carries it." },
  parcel: {
    term: "parcel",
    short: "A message's worth of keys and values, on their way to another tier when the cut moves.",
  },
  roundHistory: {
    term: "round history",
    short: "The rounds of earlier runs that a device remembers, so that a learning policy need not begin again.",
  },
  adapter: { term: "adapter", short: "A small set of trained weights that is added to a base model; none ships yet." },
} as const satisfies Readonly<Record<string, Entry>>;
