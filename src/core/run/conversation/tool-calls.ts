/** Tool calls answered by the simulated services. */
import { readCall } from "./read-call.ts";
import { simulatedResult } from "./simulated-services.ts";

/** Whether a call was written to its end. */
export const isWholeCall = (callContent: string): boolean => readCall(callContent) !== null;

/** The content of a result message: compact JSON as the models learned it. `{}`, "nothing found", where no call can be read. */
export function resultFor(callContent: string): string {
  const call = readCall(callContent);
  return call === null ? "{}" : JSON.stringify(simulatedResult(call));
}
