/** The one setting beside the cut that a newcomer is offered: which network lies between tab and server. */
import { NativeSelect } from "@mantine/core";
import { useLab } from "../../lab.ts";
import { useLinkChoices } from "../settings/link-choices.ts";

export function Network() {
  const { actions } = useLab();
  const { value, data } = useLinkChoices("presets");
  return (
    <NativeSelect
      label="Network"
      data-testid="link"
      value={value}
      data={data}
      onChange={(event) => actions.chooseLink(event.currentTarget.value)}
    />
  );
}
