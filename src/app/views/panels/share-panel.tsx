/** The run as an address: to copy, or to scan with a phone on the same network. */
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { toLink } from "#core/run/config/address.ts";
import { baseForOthers, basesOf } from "../../derive/page-bases.ts";
import { copyText } from "../../device/clipboard.ts";
import { useFacts, useLab } from "../../lab.ts";
import { useFocus } from "../model.ts";
import { QrCode } from "../qr-code.tsx";
import css from "./panels.module.css";

export function SharePanel() {
  const { actions } = useLab();
  const urls = useFacts("engine", (facts) => facts.edge?.urls ?? []);
  const scenario = useFacts("page", (facts) => facts.scenario);
  const broken = (useFocus()?.sabotage ?? null) !== null;
  const bases = basesOf(window.location.href, urls);
  const [base, setBase] = useState(baseForOthers(bases));
  const [atOnce, setAtOnce] = useState(true);
  const [copied, setCopied] = useState(false);
  const level = useFacts("page", (facts) => facts.level);
  const page = { level: level === "expert" ? level : null, scenario };
  const link = toLink(base, actions.config(), { run: atOnce, ...page });
  return (
    <div className={css["body"]} data-testid="share">
      {bases.length > 1 && (
        <NativeSelect
          label="Address of the page"
          value={base}
          data={bases}
          onChange={(event) => setBase(event.currentTarget.value)}
        />
      )}
      <Switch
        label="Run at once when it is opened"
        checked={atOnce}
        onChange={(event) => setAtOnce(event.currentTarget.checked)}
      />
      <TextInput
        label="Link"
        readOnly
        value={link}
        data-testid="share-link"
        onFocus={(event) => event.currentTarget.select()}
      />
      <div className={css["row"]}>
        <Button
          onClick={() => {
            void copyText(link).then(setCopied);
          }}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button
          variant="default"
          onClick={() =>
            window.history.replaceState(window.history.state, "", toLink(window.location.href, actions.config(), page))
          }
        >
          Put it in the address bar
        </Button>
      </div>
      <QrCode text={link} className={css["qr"]} />
      {broken && (
        <p className={css["note"]} data-testid="share-broken">
          The run on screen was broken on purpose. A link has no fault in it: whoever opens this one gets the same run
          unbroken.
        </p>
      )}
      <p className={css["note"]}>
        What follows the # is not sent when the page is opened. A run sends the server what its strategy needs: edge
        only the request itself.
      </p>
    </div>
  );
}
