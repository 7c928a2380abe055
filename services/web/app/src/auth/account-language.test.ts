/** What is told to an account of its language: the last choice stays, and a failure bothers nobody but who asked for it. */
import { i18n } from "@lingui/core";
import { afterEach, expect, it, vi } from "vitest";
import { chooseLanguage, writeIn } from "./account-language";
import { session } from "./session";

const user = { id: "1", username: "ada", display_name: "Ada", language: null as string | null };
const asked: string[] = [];

/** The server: each answer comes when the one before it is there. */
function answering(answer: (language: string) => Response): void {
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    const { language } = JSON.parse(String(init.body));
    asked.push(language);
    return answer(language);
  });
}
const saying = (language: string) => Response.json({ user: { ...user, language } });

afterEach(() => {
  asked.length = 0;
  vi.unstubAllGlobals();
});

i18n.load("de", {});

it("two choices after another are told in their order, and the session knows the last", async () => {
  vi.stubGlobal("document", { documentElement: {}, cookie: "" });
  answering(saying);
  session.adopt({ user, access_token: "t", expires_in: 900 });
  const both = [chooseLanguage("de"), chooseLanguage("en")];
  await Promise.all(both);
  expect(asked).toEqual(["de", "en"]);
  expect(session.get().user?.language).toBe("en");
});

it("what could not be told is no error, and the next choice is told again", async () => {
  vi.stubGlobal("document", { documentElement: {}, cookie: "" });
  session.adopt({ user, access_token: "t", expires_in: 900 });
  answering(() => Response.json({ code: "unavailable" }, { status: 503 }));
  await chooseLanguage("de");
  expect(session.get().user?.language).toBeNull();
  answering(saying);
  await chooseLanguage("de");
  expect(session.get().user?.language).toBe("de");
});

it("who asks to be written to in a language is told when that failed, and may ask again", async () => {
  session.adopt({ user, access_token: "t", expires_in: 900 });
  answering(() => Response.json({ code: "unavailable" }, { status: 503 }));
  await expect(writeIn("de")).rejects.toMatchObject({ status: 503 });
  answering(saying);
  await writeIn("de");
  expect(session.get().user?.language).toBe("de");
});
