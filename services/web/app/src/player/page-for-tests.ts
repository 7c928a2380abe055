/** The page around a player, for tests outside a browser. */
import { vi } from "vitest";

/** In `beforeEach`. */
export function openPage(): void {
  const window = new EventTarget();
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal("window", window);
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
}

/** In `afterEach`: what is loaded later finds its page, too. */
export async function closePage(): Promise<void> {
  vi.useRealTimers();
  await vi.dynamicImportSettled();
  vi.unstubAllGlobals();
}
