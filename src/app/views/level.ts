/** How much the page says: all of it, or what a newcomer needs; a room is told the latter, whoever presents. */
import { useFacts } from "../lab.ts";

export const useExpert = (): boolean =>
  useFacts("page", (facts) => facts.level === "expert" && facts.view !== "projector");
