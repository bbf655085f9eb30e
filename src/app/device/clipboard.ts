/** Puts text on the clipboard. False where the browser does not let a page: outside a secure context there is none. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
