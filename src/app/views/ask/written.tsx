/** What a model has written so far, in words. */
import { toldIn } from "../../derive/words/told.ts";
import { InWords } from "./in-words.tsx";

export function Written({ text }: { readonly text: string }) {
  return toldIn(text).map((each, index) => <InWords key={index} told={each} />);
}
