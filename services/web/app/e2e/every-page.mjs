/**
 * The pages of the app: every address of its router, and what opens over some, with people and channels to see them by. `every-page.test` asks axe
 * about those that no other test looks at, `shots` takes pictures of all.
 */
import { call } from "./api.mjs";
import { BASE, picture, until } from "./harness.mjs";

/** What a link of a mail carries. */
const TOKEN = "A".repeat(43);

/** Whom Ivan's channel is for, from then on. */
const become =
  (visibility, more) =>
  ({ names }) =>
    call(names.ivan, "PATCH", "/api/streams/me", { visibility, ...more });
const gate =
  (kind) =>
  ({ page }) =>
    page.locator(`[data-testid=gate][data-kind=${kind}]`);
const ofIvan = ({ names }) => `/${names.ivan}`;

/**
 * `who` opens `path`, which is the route where nothing else is said; then all of it is there with `whole`, a test id or a place, and with a moving
 * picture where it `plays`. `prepare` comes before, `afterwards` is done on it, `leave` comes after the look. `test`: the file that has axe look at it.
 */
export const PAGES = [
  { route: "/", what: "home", whole: ({ at }, { maya }) => at(`still-${maya}`) },
  {
    route: "/",
    what: "notice-panel",
    who: "ada",
    whole: "notice-bell",
    afterwards: async ({ at }) => {
      await at("notice-bell").click();
      await at("notice").first().waitFor();
    },
  },
  { route: "/browse", what: "browse", whole: "category-list" },
  {
    route: "/category/:slug",
    what: "category",
    path: "/category/art",
    whole: ({ at }, { maya }) => at(`card-${maya}`),
  },
  { route: "/login", what: "login", whole: "login-submit" },
  { route: "/register", what: "register", whole: "register-submit" },
  {
    route: "/restore-account",
    what: "restore-account",
    path: `/restore-account#${TOKEN}`,
    whole: "restore-submit",
  },
  { route: "/dashboard/channel", what: "channel-settings", who: "maya", whole: "title-input" },
  { route: "/dashboard/webhooks", what: "webhooks", who: "maya", whole: "new-webhook-save" },
  {
    route: "/settings/notices",
    what: "notice-settings",
    who: "ada",
    whole: ({ at }, { maya }) => at(`bell-${maya}`),
  },
  { route: "/account/reports", what: "own-reports", who: "ada", whole: "own-report" },
  { route: "/staff/reports", what: "staff-reports", who: "chief", whole: "desk-report" },
  { route: "/admin/categories", what: "admin-categories", who: "chief", whole: "kept-chess" },
  { route: "*", what: "not-found", path: "/no/such/page", whole: "not-found" },
  { route: "/:username", what: "channel-live", whole: "chat-message", plays: true },
  {
    route: "/:username",
    what: "share-dialog",
    whole: "share",
    plays: true,
    afterwards: async ({ at }) => {
      await at("share").click();
      await at("share-code").waitFor();
    },
  },
  { route: "/:username", what: "channel-offline", path: ofIvan, whole: "channel-about" },
  {
    route: "/:username",
    what: "channel-not-found",
    path: ({ names }) => `/${names.ivan}_not`,
    whole: "channel-not-found",
  },
  {
    route: "/:username",
    what: "gate-followers",
    path: ofIvan,
    prepare: become("followers"),
    whole: gate("followers"),
    leave: become("public"),
  },
  {
    route: "/:username",
    what: "gate-password",
    path: ofIvan,
    prepare: become("password", { password: "open sesame" }),
    whole: gate("password"),
    leave: become("public"),
  },
  {
    route: "/:username",
    what: "gate-private",
    path: ofIvan,
    prepare: become("private"),
    whole: gate("private"),
    leave: become("public"),
  },
  { route: "/embed/:username", what: "embed", whole: "player-fullscreen", plays: true },
  { route: "/popout/:username/player", what: "player-window", whole: "player-fullscreen", plays: true },
  {
    what: "offline",
    who: "traveller",
    path: ({ network }) => `${network.origin}/browse`,
    prepare: async ({ traveller, network }) => {
      await traveller.page.goto(network.origin);
      await until("the worker has the page", () =>
        traveller.page.evaluate(() => navigator.serviceWorker.controller !== null),
      );
      await network.cut();
    },
    whole: "offline",
    leave: ({ network }) => network.mend(),
  },
  {
    route: "/dashboard",
    what: "dashboard",
    who: "maya",
    whole: "preview",
    plays: true,
    test: "access.test.mjs",
  },
  {
    route: "/dashboard/broadcasts",
    what: "past-broadcasts",
    who: "maya",
    whole: ({ page }) => page.locator("[data-testid=past-row], [data-testid=past-empty]"),
    test: "history.test.mjs",
  },
  {
    route: "/dashboard/broadcasts/:id",
    what: "course",
    who: "maya",
    whole: "course-figures",
    test: "desk.test.mjs",
  },
  { route: "/guide/obs", what: "guide", whole: "guide-rtmp", test: "guide.test.mjs" },
  {
    route: "/moderation/:username",
    what: "moderation",
    who: "ada",
    whole: "moderation",
    test: "access.test.mjs",
  },
  {
    route: "/verify-email",
    what: "verify-email",
    path: `/verify-email#${TOKEN}`,
    whole: "follow-link",
    test: "account.test.mjs",
  },
  { route: "/forgot-password", what: "forgot-password", whole: "forgot-submit", test: "account.test.mjs" },
  {
    route: "/reset-password",
    what: "reset-password",
    path: `/reset-password#${TOKEN}`,
    whole: "reset-submit",
    test: "account.test.mjs",
  },
  {
    route: "/settings/account",
    what: "account",
    who: "maya",
    whole: "session-row",
    test: "account.test.mjs",
  },
  {
    route: "/first-admin",
    what: "first-admin",
    who: "chief",
    whole: "first-admin-done",
    test: "account.test.mjs",
  },
  { route: "/admin", what: "admin", who: "chief", whole: "person-row", test: "admin.test.mjs" },
  { route: "/admin/mails", what: "mails", who: "chief", whole: "mail-row", test: "account.test.mjs" },
  {
    route: "/popout/:username/chat",
    what: "chat-window",
    who: "ada",
    whole: "chat-message",
    test: "access.test.mjs",
  },
  { route: "/overlay/:username/chat", what: "overlay", whole: "overlay-line", test: "access.test.mjs" },
];

/** Opens a page and waits until all of it is there; gives who opened it. */
export async function show(
  { route, path = route, who = "visitor", whole, plays, prepare, afterwards },
  cast,
) {
  const viewer = cast[who];
  await prepare?.(cast);
  const address = typeof path === "string" ? path : path(cast);
  const whose = address.replace(":username", cast.names.maya).replace(":id", cast.broadcast);
  await viewer.page.goto(new URL(whose, BASE).href);
  await (typeof whole === "string" ? viewer.at(whole) : whole(viewer, cast.names)).first().waitFor();
  if (plays) await until("it plays", async () => (await picture(viewer)).time > 0);
  await afterwards?.(viewer);
  return viewer;
}
