/** The run as an address: to copy, or to scan with a phone on the same network. */
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { toLink } from "#core/run/address.ts";
import { useFacts, useLab } from "../../lab.ts";
import css from "./panels.module.css";

export function SharePanel() {
  const { session } = useLab();
  const urls = useFacts("engine", (facts) => facts.edge?.urls ?? []);
  const here = window.location.href.replace(/[?#].*$/s, "");
  const bases = [...new Set([here, ...urls])];
  const lan = bases.find((url) => !/\/\/(localhost|127\.|\[::1\])/.test(url));
  const [base, setBase] = useState(lan ?? here);
  const [atOnce, setAtOnce] = useState(true);
  const [copied, setCopied] = useState(false);
  const link = toLink(base, session.config(), { run: atOnce });
  return (
    <div className={css["body"]} data-testid="share">
      {bases.length > 1 && <NativeSelect label="Address of the page" value={base} data={bases} onChange={(event) => setBase(event.currentTarget.value)} />}
      <Switch label="Run at once when it is opened" checked={atOnce} onChange={(event) => setAtOnce(event.currentTarget.checked)} />
      <TextInput label="Link" readOnly value={link} data-testid="share-link" onFocus={(event) => event.currentTarget.select()} />
      <div className={css["row"]}>
        <Button
          onClick={() => {
            void copy(link).then(setCopied);
          }}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button variant="default" onClick={() => window.history.replaceState(null, "", toLink(window.location.href, session.config()))}>
          Put it in the address bar
        </Button>
      </div>
      <QrCode text={link} />
      <p className={css["note"]}>What follows the # never leaves the browser that opens it: the server does not see the request.</p>
    </div>
  );
}

/** Without a secure context there is no clipboard: the field above can be copied by hand. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** What version 40 at the lowest correction holds, in bytes. */
const QR_MOST = 2953;

function QrCode({ text }: { readonly text: string }) {
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
      const cells = Array.from({ length: side * side }, (_, i) => (code.isDark(Math.floor(i / side), i % side) ? `M${i % side} ${Math.floor(i / side)}h1v1h-1z` : ""));
      setPath({ d: cells.join(""), side });
    });
    return () => {
      here = false;
    };
  }, [text]);
  if (path === null) return null;
  return (
    <svg className={css["qr"]} viewBox={`0 0 ${path.side} ${path.side}`} role="img" aria-label="QR code of the link" shapeRendering="crispEdges">
      <path d={path.d} fill="#000" />
    </svg>
  );
}
