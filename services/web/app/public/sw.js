/*
 * Shows pushes while no page of the platform is open, and opens the channel at a click. It has no `fetch` handler and stores nothing:
 * pages load as if it were not there.
 */
const open = async (path) => {
  const url = new URL(path, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === url);
  if (there) return there.focus();
  return self.clients.openWindow(url);
};

const words = (message) => {
  if (message.type === "test") {
    return { title: "Notices work", body: "So it looks when a channel that you follow goes live.", tag: "test", path: "/settings/notices" };
  }
  const { display_name: name, username, title, category, channel_id: channel } = message;
  return {
    title: `${name} is live`,
    body: [title, category].filter(Boolean).join("\n"),
    tag: `live-${channel}`,
    path: `/${username}`,
    icon: message.avatar_url || undefined,
  };
};

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    // Shown all the same: a browser takes the permission away from who is pushed to and shows nothing.
  }
  const known = message.type === "live" || message.type === "test";
  const { title, path, ...rest } = known ? words(message) : { title: "A channel is live", path: "/", tag: "live" };
  event.waitUntil(
    self.registration.showNotification(title, { badge: "/favicon.svg", ...rest, renotify: true, data: { path } }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? "/"));
});
