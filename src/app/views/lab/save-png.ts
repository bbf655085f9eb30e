/** A drawing as a PNG file, drawn by the browser itself. */
import type { SvgFile } from "#lab/svg-text.ts";

/** Rejects where the browser cannot draw it: too large a canvas. */
export async function savePng(name: string, { text, width, height }: SvgFile): Promise<void> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error(`a picture of ${width} by ${height} pixels is more than this browser draws`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The click has started the download by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
