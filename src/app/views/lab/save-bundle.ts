/** A figure's bundle as one zip: the lab's files, and the figure as SVG and PNG, which only a browser draws. */
import { bundleOf } from "#lab/results/bundle.ts";
import type { Plot } from "#lab/plot/plot.ts";
import type { Results } from "#lab/results/results.ts";
import { zip, type ZipEntry } from "#lab/results/zip.ts";
import { saveBlob } from "../../device/save-text.ts";
import { pngOf } from "./save-png.ts";

export async function saveBundle(results: Results, plot: Plot, index: number): Promise<void> {
  const { figureOf } = await import("../../charts/lab/figure.tsx");
  const figures = { paper: figureOf(plot, "paper"), slide: figureOf(plot, "slide") };
  const folder = `${results.head.experiment.id}-${index + 1}`;
  const encoder = new TextEncoder();
  const schema = await (await fetch("schemas/result-line.json")).text();
  const texts = bundleOf(results, index, figures, schema).map(({ name, text }) => ({
    name: `${folder}/${name}`,
    bytes: encoder.encode(text),
  }));
  const pictures: ZipEntry[] = [];
  for (const size of ["paper", "slide"] as const) {
    const png = await pngOf(figures[size]);
    pictures.push({ name: `${folder}/figure-${size}.png`, bytes: new Uint8Array(await png.arrayBuffer()) });
  }
  saveBlob(`${folder}.zip`, new Blob([zip([...texts, ...pictures])], { type: "application/zip" }));
}
