/**
 * How long a step takes at an edge that m other clients use alike: everybody computes on their own
 * device and moves data for a while (no queue), then asks the one server. Exact mean value analysis
 * of that closed queue. Modelled: all clients are taken to run the same cut.
 * Source: Reiser and Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks, JACM 1980.
 */

/** Time at the edge, waiting included, for one of `clients`, of whom each is `awayMs` away between its requests of `serviceMs`. */
export function edgeResponseMs(serviceMs: number, awayMs: number, clients: number): number {
  let responseMs = serviceMs;
  let waiting = 0; // mean number of clients at the edge
  for (let n = 1; n <= clients; n++) {
    responseMs = serviceMs * (1 + waiting);
    const roundMs = responseMs + awayMs;
    waiting = roundMs > 0 ? (n * responseMs) / roundMs : 0;
  }
  return responseMs;
}
