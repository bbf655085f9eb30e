/** The fixture that the channel's contract plays on, over a loopback edge, whatever carries the messages. */
import type { ChannelFixture } from "../contracts/channel-contract.ts";
import type { Patience } from "../link/socket-connection.ts";
import type { EdgeLink, LinkNotice } from "../link/edge-link.ts";
import type { LoopbackEdge } from "./loopback-edge.ts";

/** Of a test, which waits for about a second of trouble. */
export const PATIENCE: Patience = {
  welcomeMs: 2_000,
  returnMs: 1_000,
  heartbeatMs: 5_000,
  backOff: { firstMs: 20, growth: 2.5, mostMs: 100, jitter: 0, forMs: 200 },
};

export interface FixtureParts {
  readonly edge: LoopbackEdge;
  readonly open: (onNotice: (notice: LinkNotice) => void) => EdgeLink;
  readonly wait: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function channelFixture({ edge, open, wait, close }: FixtureParts): ChannelFixture {
  const notices: LinkNotice[] = [];
  return {
    link: open((notice) => notices.push(notice)),
    notices,
    drop: () => edge.drop(),
    restart: () => edge.restart(),
    refuse: (failure) => (edge.refusing = failure),
    vanish: (gone) => (edge.unreachable = gone),
    openSessions: () => edge.openSessions,
    wait,
    close,
  };
}
