/*
 * Shows pushes while no page of the platform is open, and opens the channel at a click. It answers no page's requests and stores nothing:
 * pages load as if it were not there.
 */
const open = async (path) => {
  const url = new URL(path, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === url);
  if (there) return there.focus();
  return self.clients.openWindow(url);
};

/** What this worker says itself, in the languages that the platform speaks; English where a push names none, or another. */
const TEXTS = {
  en: {
    live: (name) => `${name} is live`,
    some: "A channel that you follow is live",
    test: "Notices work",
    example: "This is what you see when a channel that you follow goes live.",
    renewed: "A browser that renewed itself",
  },
  de: {
    live: (name) => `${name} ist live`,
    some: "Ein Kanal, dem du folgst, ist live",
    test: "Benachrichtigungen funktionieren",
    example: "Das siehst du, wenn ein Kanal live geht, dem du folgst.",
    renewed: "Ein Browser, der sich selbst erneuert hat",
  },
};

const textsOf = (tag) => (/^de\b/.test(tag ?? "") ? TEXTS.de : TEXTS.en);

const words = (message) => {
  const texts = textsOf(message.language);
  if (message.type === "test") {
    return { title: texts.test, body: texts.example, tag: "test", path: "/settings/notices" };
  }
  const { display_name: name, username, title, category, channel_id: channel } = message;
  return {
    lang: message.language,
    title: texts.live(name),
    body: [title, category].filter(Boolean).join("\n"),
    tag: `live-${channel}`,
    path: `/${username}`,
    icon: message.avatar_url || undefined,
  };
};

/** Whether a push about the same broadcast is shown already: told again after a crash of the server, it does not ring again. */
const isShown = async (tag, broadcast) => {
  const shown = await self.registration.getNotifications({ tag });
  return broadcast !== undefined && shown.some((notification) => notification.data?.broadcast === broadcast);
};

/** A browser that changed its subscription is not reached at the old one any more. It is listed under a name in the account's language. */
const renew = async ({ oldSubscription: old, newSubscription }) => {
  const renewed = newSubscription ?? (old && (await self.registration.pushManager.subscribe(old.options)));
  if (!renewed) return;
  const signedIn = await fetch("/api/auth/refresh", { method: "POST" });
  if (!signedIn.ok) return;
  const { access_token: token, user } = await signedIn.json();
  const name = textsOf(user?.language ?? self.navigator.language).renewed;
  await fetch("/api/streams/me/notices/browsers", {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ ...renewed.toJSON(), name }),
  });
};

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    // Shown all the same: a browser takes the permission away from who is pushed to and shows nothing.
  }
  const known = message.type === "live" || message.type === "test";
  const { title, path, ...rest } = known ? words(message) : { title: textsOf(self.navigator.language).some, path: "/", tag: "live" };
  const { broadcast_id: broadcast } = message;
  const show = async () => {
    const renotify = !(await isShown(rest.tag, broadcast));
    const options = { badge: "/favicon.svg", ...rest, renotify, data: { path, broadcast } };
    await self.registration.showNotification(title, options);
  };
  event.waitUntil(show());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? "/"));
});
