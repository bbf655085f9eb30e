/** Opens a panel in front of what is shown. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { Panel } from "#core/run/config/address.ts";
import { useFacts, useLab } from "../lab.ts";

export function PanelButton({ panel, children }: { readonly panel: Panel; readonly children: ReactNode }) {
  const { stores } = useLab();
  const open = useFacts("page", (facts) => facts.panel === panel);
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-haspopup="dialog"
      aria-expanded={open}
      data-testid={`open-${panel}`}
      onClick={() => stores.page.setState({ panel })}
    >
      {children}
    </Button>
  );
}
