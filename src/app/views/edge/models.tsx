/** Which models the edge serves and holds. */
import { DataTable } from "../../charts/data-table.tsx";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { count, size } from "../../format/units.ts";
import card from "../../styles/card.module.css";

const COLUMNS = ["Model", "Blocks", "Weights", "Clients"];

export const Models = ({ status: { models } }: { readonly status: EdgeStatus }) => (
  <section className={card["card"]} aria-labelledby="edge-models-title">
    <h2 id="edge-models-title">Models</h2>
    <DataTable
      columns={COLUMNS}
      label="Models, as a table"
      rows={models.map(({ name, blocks, weightBytes, clients }) => [
        name,
        String(blocks),
        weightBytes === null ? "not loaded" : size(weightBytes),
        count(clients),
      ])}
    />
  </section>
);
