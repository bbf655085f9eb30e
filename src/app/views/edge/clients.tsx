/** Who uses the edge, by number: which blocks run here for each, and how fast. */
import { DataTable } from "../../charts/data-table.tsx";
import type { EdgeClient, EdgeStatus } from "#core/run/edge-status.ts";
import { rateText } from "../../derive/edge-load.ts";
import { count, size } from "../../format/units.ts";
import card from "../../styles/card.module.css";
import css from "./edge.module.css";

const COLUMNS = ["Client", "Runs here", "Tokens a second", "Tokens", "Keys, values"];

/** More are counted, and not listed. */
const LISTED = 40;

export function Clients({ status: { clients, models } }: { readonly status: EdgeStatus }) {
  const blocksOf = (name: string): number => models.find((model) => model.name === name)?.blocks ?? 0;
  const rows = clients.slice(0, LISTED).map((client) => rowOf(client, blocksOf(client.model)));
  return (
    <section className={card["card"]} aria-labelledby="edge-clients-title" data-testid="edge-client-table">
      <h2 id="edge-clients-title">Clients</h2>
      {clients.length === 0 ? (
        <p className={css["soft"]}>Nobody at the moment. A client is a tab, a simulated one, or a request to /v1.</p>
      ) : (
        <DataTable columns={COLUMNS} rows={rows} label="Clients, as a table" />
      )}
      <p className={css["soft"]}>
        {clients.length > LISTED ? `${LISTED} of ${count(clients.length)} are listed. ` : ""}
        Numbered as they came: the server says neither who they are nor what they ask, so this tab cannot tell which one
        is its own.
      </p>
    </section>
  );
}

function rowOf(client: EdgeClient, blocks: number): readonly string[] {
  const { number, model, from, to, tokensPerSecond, tokens, kvBytes, edgeLoad, here } = client;
  const notes = [
    ...(here ? [] : ["away, its place is kept"]),
    ...(edgeLoad > 1 ? [`passes repeated ${edgeLoad} times`] : []),
  ];
  return [
    [String(number), ...notes].join(", "),
    `${from === 0 && to === blocks ? "all" : `${to - from} of ${blocks}`} blocks of ${model}`,
    tokensPerSecond === null ? "\u2013" : rateText(tokensPerSecond),
    count(tokens),
    size(kvBytes),
  ];
}
