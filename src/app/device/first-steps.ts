/** Whether somebody has done with the first steps: kept in this browser, where it keeps anything. */
const KEY = "cutlayer.first-steps";

export function stepsDismissed(): boolean {
  try {
    return window.localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** Where nothing can be kept they are back with the next visit. */
export function dismissSteps(): void {
  try {
    window.localStorage.setItem(KEY, "dismissed");
  } catch {
    return;
  }
}
