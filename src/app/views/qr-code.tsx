/** A text as a QR code, drawn here: nothing is asked of anybody. */
import { useEffect, useState } from "react";

/** What version 40 at the lowest correction holds, in bytes. */
const QR_MOST = 2953;

export function QrCode({ text, className }: { readonly text: string; readonly className: string | undefined }) {
  const [path, setPath] = useState<{ readonly d: string; readonly side: number } | null>(null);
  useEffect(() => {
    let here = true;
    void import("lean-qr").then(({ correction, generate }) => {
      if (!here) return;
      if (new TextEncoder().encode(text).length > QR_MOST) return setPath(null);
      const code = generate(text, { minCorrectionLevel: correction.L });
      const side = code.size;
      const cells = Array.from({ length: side * side }, (_, i) =>
        code.get(i % side, Math.floor(i / side)) ? `M${i % side} ${Math.floor(i / side)}h1v1h-1z` : "",
      );
      setPath({ d: cells.join(""), side });
    });
    return () => {
      here = false;
    };
  }, [text]);
  if (path === null) return null;
  return (
    <svg
      className={className}
      viewBox={`0 0 ${path.side} ${path.side}`}
      role="img"
      aria-label="QR code of the link"
      shapeRendering="crispEdges"
    >
      <path d={path.d} fill="#000" />
    </svg>
  );
}
