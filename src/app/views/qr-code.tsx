/** A text as a QR code, drawn here: nothing is asked of anybody. */
import { useEffect, useState } from "react";

/** What version 40 at the lowest correction holds, in bytes. */
const QR_MOST = 2953;

export function QrCode({ text, className }: { readonly text: string; readonly className: string | undefined }) {
  const [path, setPath] = useState<{ readonly d: string; readonly side: number } | null>(null);
  useEffect(() => {
    let here = true;
    void import("qrcode-generator").then(({ default: qrcode }) => {
      if (!here) return;
      const code = text.length <= QR_MOST ? qrcode(0, "L") : null;
      if (code === null) return setPath(null);
      code.addData(text);
      code.make();
      const side = code.getModuleCount();
      const cells = Array.from({ length: side * side }, (_, i) =>
        code.isDark(Math.floor(i / side), i % side) ? `M${i % side} ${Math.floor(i / side)}h1v1h-1z` : "",
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
