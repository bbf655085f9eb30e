/** A drawing as a PNG file, drawn by the browser itself. */
import type { SvgFile } from "#lab/plot/figure.ts";
import { saveBlob } from "../../device/save-text.ts";

/** Rejects where the browser cannot draw it: too large a canvas. */
export async function pngOf({ text, width, height }: SvgFile): Promise<Blob> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error(`a picture of ${width} by ${height} pixels is more than this browser draws`);
  return blob;
}

export const savePng = async (name: string, file: SvgFile): Promise<void> => saveBlob(name, await pngOf(file));
