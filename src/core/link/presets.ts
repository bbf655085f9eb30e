/**
 * Links to choose by name. Every figure says what it rests on: `measured` in the field, the
 * `target` of a standard, a customary emulation `profile`, or `assumed` by us where we found no
 * figure worth citing. They are typical values, not promises: the record holds the figures used.
 */
import type { LinkFigures } from "../run/config.ts";
import { UNSHAPED } from "./link-model.ts";

export interface Basis {
  readonly kind: "measured" | "target" | "profile" | "assumed";
  readonly source: string;
  readonly url?: string;
}

export interface LinkPreset {
  readonly name: string;
  readonly label: string;
  readonly figures: LinkFigures;
  /** Empty for no shaping. */
  readonly basis: Readonly<Partial<Record<keyof LinkFigures, Basis>>>;
}

const assumed = (source: string): Basis => ({ kind: "assumed", source });
const noLoss = assumed("loss is repaired by the radio link and shows as jitter");

const ookla5g: Basis = {
  kind: "measured",
  source:
    "Ookla, Growing and Slowing: The State of 5G Worldwide in 2021, global medians of Q3 2021: 166.13 down, 21.08 up",
  url: "https://www.ookla.com/articles",
};
const public5gDelay: Basis = {
  kind: "measured",
  source:
    "Kottkamp (Rohde & Schwarz), 5G NR and LTE latency analysis in a public network, August 2022: one way under 7 ms down at best and around 18 ms up at worst; 7 down and 15 up taken",
};
const ooklaMmwave: Basis = {
  kind: "measured",
  source:
    "Ookla, mmWave Clocks Gigabit Speeds in the U.S. but Lacks Maturity Elsewhere, US median of Q4 2022: almost 1.6 Gbit/s",
  url: "https://www.gsma.com/membership/cn/resources/mmwave-clocks-gigabit-speeds-in-the-u-s-but-lacks-maturity-elsewhere/",
};
const imt2030: Basis = {
  kind: "target",
  source: "ITU-R Recommendation M.2160 (IMT-2030), user experienced data rate: 300 and 500 Mbit/s as examples",
  url: "https://www.itu.int/rec/R-REC-M.2160",
};
const lte: Basis = {
  kind: "measured",
  source:
    "Holma and Toskala, LTE-Advanced: 3GPP Solution for IMT-Advanced, section 1.3: averages of 20 to 40 down and 10 to 20 up in commercial 20 MHz networks",
  url: "https://www.oreilly.com/library/view/lte-advanced-3gpp/9781118399422/c01anchor-3.html",
};
const wpt3g: Basis = {
  kind: "profile",
  source: "WebPageTest's connection profile 3G: 1.6 Mbit/s down, 768 kbit/s up, 300 ms RTT",
  url: "https://github.com/WPO-Foundation/webpagetest/blob/master/www/settings/connectivity.ini.sample",
};
const starlink: Basis = {
  kind: "measured",
  source:
    "Michel et al., A First Look at Starlink Performance, IMC 2022: RTT to European anchors 50 ms in the median, 40 and 60 at the quartiles",
  url: "https://blog.apnic.net/2022/11/28/fact-checking-starlinks-performance-figures",
};

export const LINK_PRESETS: readonly LinkPreset[] = [
  { name: "loopback", label: "Your own network", figures: UNSHAPED, basis: {} },
  {
    name: "wifi6",
    label: "Wi-Fi 6",
    figures: { uplinkMbps: 600, downlinkMbps: 600, rttMs: 5, jitterMs: 4, loss: 0 },
    basis: {
      uplinkMbps: assumed("half the 1,201 Mbit/s that IEEE 802.11ax gives two streams at 80 MHz"),
      downlinkMbps: assumed("half the 1,201 Mbit/s that IEEE 802.11ax gives two streams at 80 MHz"),
      rttMs: assumed("one access point, lightly loaded, edge server on the same network"),
      jitterMs: assumed("contention for the channel"),
      loss: noLoss,
    },
  },
  {
    name: "5g",
    label: "5G mid-band",
    figures: { uplinkMbps: 21, downlinkMbps: 166, rttMs: 22, jitterMs: 8, loss: 0 },
    basis: {
      uplinkMbps: ookla5g,
      downlinkMbps: ookla5g,
      rttMs: public5gDelay,
      jitterMs: assumed("uplink scheduling"),
      loss: noLoss,
    },
  },
  {
    name: "5g-mmwave",
    label: "5G mmWave",
    figures: { uplinkMbps: 100, downlinkMbps: 1600, rttMs: 15, jitterMs: 6, loss: 0 },
    basis: {
      uplinkMbps: assumed("an order of magnitude below the downlink, as field studies of mmWave uplinks report"),
      downlinkMbps: ooklaMmwave,
      rttMs: assumed(
        "between the 4 ms user-plane target of IMT-2020 (ITU-R M.2410) each way and mid-band's measured RTT",
      ),
      jitterMs: assumed("uplink scheduling"),
      loss: noLoss,
    },
  },
  {
    name: "6g",
    label: "6G target (IMT-2030)",
    figures: { uplinkMbps: 300, downlinkMbps: 500, rttMs: 2, jitterMs: 0, loss: 0 },
    basis: {
      uplinkMbps: imt2030,
      downlinkMbps: imt2030,
      rttMs: {
        ...imt2030,
        source:
          "ITU-R Recommendation M.2160 (IMT-2030), latency over the air 0.1 to 1 ms: 1 ms each way, the edge server at the base station",
      },
      jitterMs: assumed("none in a target"),
      loss: assumed("reliability of 1 - 10^-5 and better: none at these message counts"),
    },
  },
  {
    name: "4g",
    label: "4G",
    figures: { uplinkMbps: 15, downlinkMbps: 30, rttMs: 55, jitterMs: 20, loss: 0 },
    basis: {
      uplinkMbps: lte,
      downlinkMbps: lte,
      rttMs: {
        kind: "measured",
        source:
          "Daoudi, Network latency of 4G, Web Performance Calendar 2013: median ping of 55 ms over LTE in Los Angeles and New York",
        url: "https://calendar.perfplanet.com/2013/network-latency-4g/",
      },
      jitterMs: assumed("uplink scheduling"),
      loss: noLoss,
    },
  },
  {
    name: "3g",
    label: "3G",
    figures: { uplinkMbps: 0.768, downlinkMbps: 1.6, rttMs: 300, jitterMs: 0, loss: 0 },
    basis: {
      uplinkMbps: wpt3g,
      downlinkMbps: wpt3g,
      rttMs: wpt3g,
      jitterMs: assumed("none in the profile"),
      loss: assumed("none in the profile"),
    },
  },
  {
    name: "satellite",
    label: "Satellite (low Earth orbit)",
    figures: { uplinkMbps: 15, downlinkMbps: 150, rttMs: 50, jitterMs: 20, loss: 0.005 },
    basis: {
      uplinkMbps: assumed("a tenth of the downlink, as the service's own specification has it"),
      downlinkMbps: {
        ...starlink,
        kind: "target",
        source: "The operator's promise of 100 to 200 Mbit/s, as quoted with the measurements",
      },
      rttMs: starlink,
      jitterMs: starlink,
      loss: assumed("bursts at handovers spread evenly"),
    },
  },
];

export const presetNamed = (name: string): LinkPreset | null =>
  LINK_PRESETS.find((preset) => preset.name === name) ?? null;
