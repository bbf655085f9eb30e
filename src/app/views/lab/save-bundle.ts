/** A figure's bundle as one zip: the lab's files, and the figure as PNG, which only a browser draws. */
import { bundleOf } from "#lab/results/bundle.ts";
import { figureFile } from "#lab/plot/figure-file.ts";
import type { Plot } from "#lab/plot/plot.ts";
import type { Results } from "#lab/results/results.ts";
import { zip, type ZipEntry } from "#lab/results/zip.ts";
import { saveBlob } from "../../device/save-text.ts";
import { pngOf } from "./save-png.ts";

export async function saveBundle(results: Results, plot: Plot, index: number): Promise<void> {
  const folder = `${results.head.experiment.id}-${index + 1}`;
  const encoder = new TextEncoder();
  const texts = bundleOf(results, index).map(({ name, text }) => ({
    name: `${folder}/${name}`,
    bytes: encoder.encode(text),
  }));
  const pictures: ZipEntry[] = [];
  for (const size of ["paper", "slide"] as const) {
    const png = await pngOf(figureFile(plot, size));
    pictures.push({ name: `${folder}/figure-${size}.png`, bytes: new Uint8Array(await png.arrayBuffer()) });
  }
  saveBlob(`${folder}.zip`, new Blob([zip([...texts, ...pictures])], { type: "application/zip" }));
}
