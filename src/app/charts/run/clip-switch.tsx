/** Says that values are cut off at the top of the axis, and opens it for them. */
import { Switch } from "../chart-frame.tsx";

interface Props {
  /** How many are above the rest. */
  readonly over: number;
  readonly highest: string;
  readonly open: boolean;
  readonly onChange: (open: boolean) => void;
}

export function ClipSwitch({ over, highest, open, onChange }: Props) {
  if (over === 0) return null;
  return (
    <Switch on={open} onChange={() => onChange(!open)}>
      {open
        ? `Cut off the ${over === 1 ? "highest" : `${over} highest`}`
        : `\u25b2 ${over} cut off: show up to ${highest}`}
    </Switch>
  );
}
