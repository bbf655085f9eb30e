/** A term is a word of its sentence before its explanation is there, and no term is unknown to the glossary. */
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Term } from "./term.tsx";

test("until its explanation is loaded a term is a button with its own words", () => {
  expect(renderToStaticMarkup(<Term of="ttft">TTFT</Term>)).toMatch(
    /^<span><button type="button"[^>]*>TTFT<\/button><\/span>$/,
  );
});

test("a term that the glossary lacks does not compile", () => {
  // @ts-expect-error -- only keys of the table are terms
  expect(<Term of="no such word">?</Term>).toBeDefined();
});
