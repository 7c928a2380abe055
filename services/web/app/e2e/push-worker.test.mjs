/**
 * The service worker that shows pushes while no page is open: one of a channel at a time, whatever comes, and a click on one opens the channel, or the
 * page of it that is there. Pushes come by DevTools. Only a person's click lets a worker open windows, so what it asks the browser for is noted.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";

const CHANNEL = "01923e4e-0000-7000-8000-000000000000";

/** Runs in the page: registers the worker as the app does, and waits until it works. */
async function register() {
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/push/" });
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active)
    await new Promise((done) =>
      worker.addEventListener("statechange", () => worker.state === "activated" && done()),
    );
}

/** Runs in the worker: a click on the notification that it shows; gives what the worker asks of the browser then. */
async function click() {
  const asked = [];
  self.clients.openWindow = async (url) => void asked.push(["open", url]);
  WindowClient.prototype.focus = async function () {
    asked.push(["focus", this.url]);
  };
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification });
  // One that no person made cannot be waited for.
  let done;
  event.waitUntil = (promise) => {
    done = promise;
  };
  self.dispatchEvent(event);
  await done;
  return asked;
}

describe("the worker that shows pushes", { skip }, () => {
  const username = freshName("maya");
  const live = {
    type: "live",
    channel_id: CHANNEL,
    username,
    display_name: "Maya",
    title: "Engines",
    category: "Science",
    avatar_url: null,
  };
  let [fan, cdp, id] = [];
  stage([], async ({ browser }) => {
    const owner = await person(browser);
    await registerPerson(owner, username);
    await owner.context.close();
    fan = await person(browser, { locale: "en-US" });
    await fan.page.goto(`${BASE}/browse`);
    await fan.context.grantPermissions(["notifications"], { origin: BASE });
    cdp = await fan.context.newCDPSession(fan.page);
    const registrations = [];
    cdp.on("ServiceWorker.workerRegistrationUpdated", (event) => registrations.push(...event.registrations));
    await cdp.send("ServiceWorker.enable");
    await fan.page.evaluate(register);
    const found = await until("a registration", () =>
      registrations.find((r) => r.scopeURL === `${BASE}/push/` && !r.isDeleted),
    );
    id = found.registrationId;
  });
  const push = (message) =>
    cdp.send("ServiceWorker.deliverPushMessage", {
      origin: BASE,
      registrationId: id,
      data: typeof message === "string" ? message : JSON.stringify(message),
    });
  const shown = () =>
    fan.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration("/push/");
      const all = await registration.getNotifications();
      return all.map((n) => ({ title: n.title, body: n.body, tag: n.tag, path: n.data.path }));
    });
  const untilAway = () => until("it is put away", async () => (await shown()).length === 0);
  const worker = () =>
    until("the worker can be spoken to", () =>
      fan.context.serviceWorkers().find((one) => one.url() === `${BASE}/sw.js`),
    );

  it("controls no page, and shows what is live, one of a channel at a time", async () => {
    const controller = await fan.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? "");
    assert.ok(!controller.endsWith("/sw.js"), "it controls no page");
    await push(live);
    const [first] = await until("a notification", async () => {
      const all = await shown();
      return all.length > 0 && all;
    });
    assert.deepEqual(first, {
      title: "Maya is live",
      body: "Engines\nScience",
      tag: `live-${CHANNEL}`,
      path: `/${username}`,
    });
    // Another one about the channel takes its place.
    await push({ ...live, title: "Boats" });
    await until("the newer one", async () => (await shown()).some((n) => n.body.startsWith("Boats")));
    assert.equal((await shown()).length, 1);
  });

  it("opens the channel at a click, and puts the notification away", async () => {
    const asked = await (await worker()).evaluate(click);
    assert.deepEqual(asked, [["open", `${BASE}/${username}`]]);
    await untilAway();
  });

  it("comes to the channel's page at a click where there is one", async () => {
    const other = await fan.context.newPage();
    await other.goto(`${BASE}/${username}`);
    await other.getByTestId("player-state").waitFor();
    await push(live);
    await until("a notification", async () => (await shown()).length === 1);
    const asked = await (await worker()).evaluate(click);
    assert.deepEqual(asked, [["focus", `${BASE}/${username}`]]);
    await untilAway();
    await other.close();
  });

  it("shows what it cannot read as something all the same, which leads to who is live", async () => {
    await push("no JSON");
    await until("something", async () =>
      (await shown()).some((n) => n.title === "A channel that you follow is live"),
    );
    const asked = await (await worker()).evaluate(click);
    assert.deepEqual(asked, [["open", `${BASE}/`]]);
    await fan.page.evaluate(() =>
      navigator.serviceWorker.getRegistration("/push/").then((r) => r.unregister()),
    );
    assert.deepEqual(fan.failures, []);
  });
});
