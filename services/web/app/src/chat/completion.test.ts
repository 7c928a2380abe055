/** Completion of commands, names and emotes. */
import { expect, it } from "vitest";
import { help } from "./commands";
import { asked, completed, type Known, offers } from "./completion";

const known: Known = {
  roles: [],
  live: false,
  people: [
    { username: "noor", display_name: "Noor" },
    { username: "maya", display_name: "Maya M." },
    { username: "norman", display_name: "norman" },
  ],
  emotes: [
    { name: "heart", url: "/h" },
    { name: "art", url: "/a" },
  ],
};
const listed = (text: string, roles: string[] = [], live = false) => {
  const question = asked(text, text.length);
  return question ? offers(text, question, { ...known, roles, live }).map((o) => o.insert) : null;
};

it("asks nothing in the middle of plain words, times, addresses and smileys", () => {
  for (const text of ["hello", "12:30", "a@b", "see /slow", "https://x", ":", ":)", "x:heart"])
    expect(asked(text, text.length)).toBeNull();
});

it("offers commands by role", () => {
  expect(listed("/sl")).toEqual([]);
  expect(listed("/sl", ["moderator"])).toEqual(["/slow"]);
  expect(listed("/mo", ["moderator"])).toEqual(["/mods"]);
  expect(listed("/mo", ["owner"])).toEqual(["/mods", "/mod"]);
});

it("offers no command that needs a message's id, and help says what to do instead", () => {
  expect(listed("/del", ["owner"])).toEqual([]);
  expect(listed("/pi", ["owner"])).toEqual([]);
  const helped = (roles: string[], live = false) => help({ roles, live });
  expect(helped([])).toMatch(/^\/me waves: Say what you do$/m);
  expect(helped([])).toMatch(/^Point at a message, or tap it, to answer or report it\.$/m);
  expect(helped([])).not.toMatch(/timeout|[A-Z]{4}/);
  expect(helped(["moderator"])).toMatch(/^\/timeout dan 10m spam: /m);
  expect(helped(["moderator"])).not.toMatch(/marker/);
  expect(helped(["moderator"], true)).toMatch(/^\/marker the first jump: Mark this moment/m);
});

it("offers markers to the team alone, and while the channel is live", () => {
  expect(listed("/mar", ["owner"])).toEqual([]);
  expect(listed("/mar", [], true)).toEqual([]);
  expect(listed("/mar", ["vip"], true)).toEqual([]);
  for (const role of ["owner", "moderator", "staff"])
    expect(listed("/mar", [role], true)).toEqual(["/marker"]);
});

it("offers names, those that begin with it first, and those of commands without the mark", () => {
  expect(listed("hi @no")).toEqual(["@noor", "@norman"]);
  expect(listed("hi @o")).toEqual(["@noor", "@norman"]);
  expect(listed("hi @ma")).toEqual(["@maya", "@norman"]);
  expect(listed("/ban no", ["moderator"])).toEqual(["noor", "norman"]);
  expect(listed("/slow no", ["moderator"])).toBeNull();
});

it("offers emotes from two letters on", () => {
  expect(listed(":a")).toBeNull();
  expect(listed("yes :ar")).toEqual([":art:", ":heart:"]);
});

it("puts the choice in, with one space behind it", () => {
  const text = "hi @no how are you";
  const question = asked(text, 6);
  if (!question) throw new Error("nothing asked");
  const [first] = offers(text, question, known);
  if (!first) throw new Error("nothing offered");
  expect(completed(text, 6, question, first)).toEqual({ text: "hi @noor how are you", caret: 9 });
  expect(completed("@no", 3, { kind: "name", typed: "no", from: 0 }, first)).toEqual({
    text: "@noor ",
    caret: 6,
  });
});
