/**
 * Web Push in this browser: asks for the permission, subscribes with the platform's key, and gives it up again. The service worker
 * (`/sw.js`) shows what comes while no page is open; it has a scope of its own, stores nothing and answers no page's requests.
 * A push service may never answer: nothing here waits for it without an end.
 */
import { t } from "@lingui/core/macro";
import { addBrowser, type PushBrowser, removeBrowser } from "../api/notices";
import { atMost, within } from "../api/time-limit";
import { keep, kept } from "../ui/kept";

/** No page is below it, so the worker controls none. */
const SCOPE = "/push/";
/** Which of the account's browsers this one is. */
const OWN = "streamly-push-browser";
/** Until the browser and its push service have subscribed, ms. */
export const SUBSCRIBE_MS = 20_000;
/** Until they have given a subscription up, ms. The server has forgotten it by then, or does when a push to it fails. */
export const FORGET_MS = 5_000;

/** Another one whenever this page subscribes or gives up: what was begun before and hangs does nothing any more. */
let turn = 0;

/** Why this browser cannot be pushed to, or null. */
export type Obstacle = "insecure" | "unsupported" | "denied";

export function obstacle(): Obstacle | null {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window))
    return "unsupported";
  return Notification.permission === "denied" ? "denied" : null;
}

/** The id of this browser among the account's, if it was subscribed. */
export const ownBrowser = () => kept("browser", OWN);

/** Subscribes this browser. A person has as long as they like for the permission. Throws `Error` with a sentence, or `Problem`. */
export async function subscribeBrowser(publicKey: string): Promise<PushBrowser> {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error(t`The browser did not allow notifications. You can allow them beside the address.`);
  turn++;
  const late = () =>
    new Error(t`The browser's push service did not answer, so this browser was not added. Try again later.`);
  const subscription = await within(SUBSCRIBE_MS, late, undefined, () => subscribed(publicKey));
  const made = await addBrowser({ ...subscription.toJSON(), name: browserName(navigator.userAgent) });
  keep("browser", OWN, made.id);
  return made;
}

async function subscribed(publicKey: string): Promise<PushSubscription> {
  const registration = await registered();
  const options = { userVisibleOnly: true, applicationServerKey: bytes(publicKey) };
  try {
    return await registration.pushManager.subscribe(options);
  } catch {
    // One under another key is in the way, or the browser's push service is away.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    try {
      return await registration.pushManager.subscribe(options);
    } catch {
      throw new Error(t`The browser could not reach its push service. Try again later.`);
    }
  }
}

/** Gives this browser's subscription up; its push service then refuses what is still sent. Never throws, and ends soon in any case. */
export async function forgetBrowser(): Promise<void> {
  if (ownBrowser() === null) return;
  keep("browser", OWN, null);
  await atMost(FORGET_MS, unsubscribed(++turn));
}

/**
 * The same for who signs out, which waits for none of it: who sits here next is not to read what they follow. The server is told first, while
 * it still knows who asks; where that fails, it forgets this browser when a push to it does.
 */
export function leaveBrowser(): void {
  const id = ownBrowser();
  if (id === null) return;
  removeBrowser(id).catch(() => {});
  void forgetBrowser();
}

async function unsubscribed(mine: number): Promise<void> {
  const past = () => mine !== turn;
  try {
    const registration = await navigator.serviceWorker.getRegistration(SCOPE);
    const subscription = await registration?.pushManager.getSubscription();
    if (past()) return;
    await subscription?.unsubscribe();
    if (past()) return;
    await registration?.unregister();
  } catch {
    // What is left is forgotten by the server when a push to it fails.
  }
}

async function registered(): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: SCOPE });
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active && worker) {
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve();
        if (worker.state === "redundant") reject(new Error(t`The browser did not take the service worker.`));
      });
    });
  }
  return registration;
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** "Firefox on Linux", for the list. */
export function browserName(agent: string): string {
  const named = (all: [RegExp, string][], other: string) => all.find(([is]) => is.test(agent))?.[1] ?? other;
  const browser = named(
    [
      [/Edg/, "Edge"],
      [/OPR\//, "Opera"],
      [/Firefox\/|FxiOS/, "Firefox"],
      [/Chrome\/|CriOS/, "Chrome"],
      [/Safari\//, "Safari"],
    ],
    t`A browser`,
  );
  const system = named(
    [
      [/Android/, "Android"],
      [/iPhone|iPad/, "iOS"],
      [/Windows/, "Windows"],
      [/Mac OS/, "macOS"],
      [/CrOS/, "ChromeOS"],
      [/Linux/, "Linux"],
    ],
    "",
  );
  return system ? t`${browser} on ${system}` : browser;
}
