/** German as it is spoken: the catalogue is read, and figures, dates and sentences follow it. */
import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { actWords } from "../chat/act-words";
import { span, spanInWords } from "../chat/spans";
import { ago, bitrate, count, dateTime, list, viewers } from "../ui/figures";
import { languageName } from "../ui/languages";
import { CATALOGUES } from "./catalogues";
import { language } from "./language";
import { loadOfflineTexts } from "./offline-texts";

const soft = (text: string) => text.replace(/\s/g, " ");

beforeAll(async () => {
  for (const load of Object.values(CATALOGUES.de)) i18n.load("de", (await load()).messages);
  loadOfflineTexts();
  i18n.activate("de", "de-DE");
});
afterAll(() => i18n.activate("en"));

it("figures and dates are written as in Germany", () => {
  expect(language.get()).toBe("de");
  expect(bitrate(2_534_000)).toBe("2,53 Mbit/s");
  expect(count(1_234)).toBe("1.234");
  expect(soft(count(2_500_000))).toBe("2,5 Mio.");
  expect(dateTime("2026-11-28T12:00:00")).toBe("28.11.2026, 12:00");
  expect(list(["480p", "360p", "240p"])).toBe("480p, 360p und 240p");
  expect(languageName("en")).toBe("Englisch");
});

it("words and their plurals are German", () => {
  expect([0, 1, 2].map(viewers)).toEqual(["0 Zuschauer", "1 Zuschauer", "2 Zuschauer"]);
  expect(ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:02:00Z"))).toBe("vor 2 Minuten");
  expect([1, 2].map(span)).toEqual(["1 Sekunde", "2 Sekunden"]);
  expect(spanInWords(90_000)).toBe("1 Tag 1 Stunde");
});

it("a sentence has its own order", () => {
  const [ada, dan] = ["Ada", "Dan"].map((name) => ({ id: name, username: name, display_name: name }));
  const at = "2026-01-01T13:00:00Z";
  const until = "2026-01-01T13:10:00Z";
  const act = { id: "1", action: "timeout", actor: ada, target: dan, at, until, reason: "Spam" };
  expect(actWords(act as Parameters<typeof actWords>[0])).toBe(
    "Ada: Timeout für Dan, 10 Minuten – Grund: Spam",
  );
});

it("what a row of a form is told is German too", () => {
  const errors = [{ field: "embed_sites.3", code: "invalid", detail: "a site such as …" }];
  const problem = new Problem(422, "invalid_fields", "", errors, null, null, {});
  expect(problem.field("embed_sites.3")).toMatch(/^Eine Website wie example\.org/);
});

it("no word is said for which the glossary of docs/LOOK.md has another", async () => {
  const others =
    /\b(Sendung(en)?|Broadcasts?|Betrachter|Renditions?|Stream-Keys?|Besitzer|abonnieren|stummschalten|einloggen)\b/;
  for (const load of Object.values(CATALOGUES.de)) {
    const { messages } = await load();
    for (const text of Object.values(messages)) expect(JSON.stringify(text)).not.toMatch(others);
  }
});

it("the page without a network has its texts with it", () => {
  expect(t`Streamly cannot be reached`).toBe("Streamly ist nicht erreichbar");
});

it("what has no translation is said in English", () => {
  expect(i18n._({ id: "none", message: ["Hello"] as unknown as string })).toBe("Hello");
});
