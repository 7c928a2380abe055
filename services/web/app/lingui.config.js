/**
 * Which texts go into which catalogue. English is written where it is used; every other language has five files: `first`, home and the
 * picture with what is around it; `chat`; `rest`, what is loaded when it is opened; `categories`, their names; and `offline`, of the page without a network. README, "Texts", says how a language is added.
 */
import { formatter } from "@lingui/format-po";

const TESTS = "**/*.test.*";
/** Used by what is shown before the chat is. */
const BEFORE_CHAT = "src/chat/{follow-button.tsx,spans.ts}";
const OPENED_LATER =
  "src/chat/{act-words,banned-foot,card,cards,emote-picker,held-bar,moderation-link,poll-card}.{ts,tsx}";
const OPENED_OVER_PICTURE = "src/player/{key-list,key-names,stats,stats-panel}.{ts,tsx}";
const OFFLINE = "src/frame/offline.tsx";
const SHARE_BUTTON = "src/pages/share/share-button.tsx";
const PUSH = "src/live/web-push.ts";
/** Only who is signed in sees it. */
const SIGNED_IN = "src/frame/{followed,user-menu,confirm-address}.tsx";
/** Needed after the first picture. */
const CATEGORIES = "src/language/category-names.ts";
const SERVER = "src/api/server-words.ts";
const SMALL_PARTS = "src/ui/{chart,chart-scale,question,text-area}.{ts,tsx}";
const PAGES = "{account-fields,account-form,closed-gate,second-step-form,sheet,sign-in,tabs}.{ts,tsx}";

export default {
  sourceLocale: "en",
  locales: ["de"],
  catalogs: [
    {
      path: "src/locales/{locale}/first",
      include: [
        "src/{api,auth,frame,language,live,player,ui}/**/*",
        BEFORE_CHAT,
        "src/pages/{home,watch,failures,embed,popout-player}.tsx",
        SHARE_BUTTON,
      ],
      exclude: [OFFLINE, OPENED_OVER_PICTURE, PUSH, SIGNED_IN, CATEGORIES, SERVER, SMALL_PARTS, TESTS],
    },
    {
      path: "src/locales/{locale}/chat",
      include: ["src/chat/*", "src/pages/popout.tsx"],
      exclude: [BEFORE_CHAT, OPENED_LATER, TESTS],
    },
    {
      path: "src/locales/{locale}/rest",
      include: [
        "src/chat/dialogs/**/*",
        OPENED_LATER,
        OPENED_OVER_PICTURE,
        PUSH,
        SIGNED_IN,
        SERVER,
        SMALL_PARTS,
        "src/pages/*/**/*",
        `src/pages/${PAGES}`,
      ],
      exclude: [SHARE_BUTTON, TESTS],
    },
    { path: "src/locales/{locale}/categories", include: [CATEGORIES] },
    { path: "src/locales/{locale}/offline", include: [OFFLINE] },
  ],
  format: formatter({ lineNumbers: false, printPlaceholdersInComments: { limit: 6 } }),
  orderBy: "origin",
};
