/** Whether an address is on the machine that the tab runs on: its edge then shares processor and memory with the tab. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

export const isThisMachine = (url: string): boolean => isLoopback(URL.parse(url)?.hostname ?? "");
