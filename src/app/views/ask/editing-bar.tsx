/** The way out while an earlier request is being put in other words. */
import { Button } from "@mantine/core";
import { stopEditing } from "../../control/turn-actions.ts";
import { useLab } from "../../lab.ts";

export default function EditingBar() {
  const lab = useLab();
  return (
    <Button variant="subtle" onClick={() => stopEditing(lab)} data-testid="stop-editing">
      Leave it as it was
    </Button>
  );
}
