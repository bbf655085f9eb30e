/** Everything measured in the run in focus, to look at and to take away. */
import { Button, Textarea } from "@mantine/core";
import { saveText } from "../../device/save-text.ts";
import { tokensCsv } from "../../format/tokens-csv.ts";
import { useFocus } from "../model.ts";
import css from "./panels.module.css";

export function RecordPanel() {
  const record = useFocus()?.record ?? null;
  if (record === null) return <p>No run is over yet. Its record will be here.</p>;
  const json = JSON.stringify(record, null, 2);
  const name = `cutlayer-${record.config.mode}-${record.provenance.startedAt.replace(/[:.]/g, "-")}`;
  return (
    <div className={css["body"]} data-testid="record">
      <div className={css["row"]}>
        <Button onClick={() => saveText(`${name}.json`, "application/json", json)} data-testid="export-json">
          Record as JSON
        </Button>
        <Button
          variant="default"
          onClick={() => saveText(`${name}.csv`, "text/csv", tokensCsv(record.tokens))}
          data-testid="export-csv"
        >
          Tokens as CSV
        </Button>
      </div>
      {record.upgradedFrom !== undefined && (
        <p className={css["note"]}>
          Upgraded from schema {record.upgradedFrom}, in which it was written: what that did not say is filled in with
          its defaults, and no measurement is touched.
        </p>
      )}
      <Textarea
        label="The record"
        readOnly
        autosize
        minRows={8}
        maxRows={18}
        value={json}
        classNames={{ input: css["json"] ?? "" }}
      />
    </div>
  );
}
