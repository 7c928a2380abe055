/**
 * Start of the app. What a page is about is asked for before React does anything: at home who is live, on a watch address the channel, and the
 * player's code with it if the page that came says that it is live. The page that came names the same (`head.rs`), so browsers have it already.
 */
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, Suspense, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { streamOf } from "./api/calls";
import type { Stream } from "./api/contract";
import { Problem } from "./api/problem";
import { session } from "./auth/session";
import { watchErrors } from "./frame/errors";
import { OfflineBar } from "./frame/offline-bar";
import { keepShell, startedOffline } from "./frame/shell";
import { language } from "./language/language";
import { lazily } from "./language/lazily";
import { hub } from "./live/event-hub";
import { DIRECTORY, keys } from "./live/use-live";
import { preloadHls } from "./player/hls-loader";
import { App } from "./routes";
import "./theme/app.css";
import { theme } from "./theme/theme";

const OfflinePage = lazily(async () => (await import("./frame/offline")).OfflinePage, []);

watchErrors();
theme.start();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Push keeps things true; focus is no reason to ask again, and reconnection of the network only where it was missed.
      refetchOnWindowFocus: false,
      refetchOnReconnect: (query) => query.state.status === "error",
      networkMode: "always",
      retry: (count, error) =>
        count < 3 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
    // What is pressed without a network fails at once: kept for later it would be done when nobody expects it any more.
    mutations: { networkMode: "always" },
  },
});

const OWN_PAGES = new Set(["admin", "browse", "login", "register", "dashboard", "moderation"]);
const watched = /^\/(?:embed\/)?([A-Za-z0-9_]{3,25})\/?$/.exec(location.pathname)?.[1];
const offline = startedOffline();
if (watched && !OWN_PAGES.has(watched) && !offline) {
  if (document.querySelector("meta[name=live]")) preloadHls();
  void client
    .prefetchQuery({ queryKey: keys.stream(watched), queryFn: ({ signal }) => streamOf(watched, signal) })
    .then(() => {
      if (client.getQueryData<Stream>(keys.stream(watched))?.live) preloadHls();
    });
}

if (location.pathname === "/" && !offline) void client.prefetchQuery(DIRECTORY);

let signedIn = false;
session.subscribe(() => {
  const now = session.get().status === "in";
  if (now === signedIn) return;
  signedIn = now;
  // Another person, other rights: forget what the last one saw.
  for (const queryKey of [keys.own, keys.streamKeys, ...keys.personal]) client.removeQueries({ queryKey });
  hub.restart();
});
if (!offline) session.start();

const root = document.getElementById("root");
void language.start(offline ? [] : watched ? ["first"] : ["first", "categories"]).then(() => {
  if (!root) return;
  // As a transition: drawn bit by bit, so that a slow phone answers meanwhile.
  startTransition(() =>
    createRoot(root).render(
      <StrictMode>
        <I18nProvider i18n={i18n}>
          {offline ? (
            <Suspense>
              <OfflinePage />
            </Suspense>
          ) : (
            <QueryClientProvider client={client}>
              <App />
              <OfflineBar />
            </QueryClientProvider>
          )}
        </I18nProvider>
      </StrictMode>,
    ),
  );
});

keepShell();
