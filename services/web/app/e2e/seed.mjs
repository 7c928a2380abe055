/**
 * People and channels to see the app by, as a platform has them: one is live with a chat beside it, another one is not, one moderates, one is an admin.
 * Admins are made in the platform's data (`STREAMLY_E2E_DATA`).
 */
import { call, join, read } from "./api.mjs";
import { line } from "./elsewhere.mjs";
import { createKey, person, publish, registerPerson, until, untilState } from "./harness.mjs";
import { employ } from "./staff.mjs";

/** What Maya, who is live, and Ivan, who is not, say of their channels. */
const CHANNELS = {
  maya: {
    title: "Watercolours of a harbour, evening light",
    category: "art",
    tags: ["watercolour", "slow"],
    language: "en",
    bio: "I paint harbours, mostly in the rain. Ask me anything about paper.",
    links: [{ title: "My prints", url: "https://example.org/prints" }],
    panels: [{ title: "What I use", text: "Two brushes, nine colours.", url: "https://example.org/paper" }],
  },
  ivan: {
    title: "Rook endgames, one at a time",
    category: "chess",
    tags: ["endgames"],
    language: "en",
    bio: "A patient man's chess. No clocks, no hurry.",
    links: [{ title: "The book I read from", url: "https://example.org/book" }],
    panels: [{ title: "Rules", text: "Be kind, and no engines.", url: "https://example.org/rules" }],
  },
};

const SAID = [
  ["ada", "Good evening everybody :wave:"],
  ["chief", "that sky is lovely already"],
  ["ivan", "which paper is it today?"],
  ["maya", "Cotton, 300 grams. It forgives more than I do."],
  ["ada", "the reflection on the left was one stroke, I saw it"],
  ["chief", "do you wet it first, or later?"],
  ["maya", "First the whole sheet, then I wait as long as the kettle takes."],
  ["ivan", "so patience after all"],
];

/** Maya is live, Ada moderates her chat and follows, Ivan is offline, the chief is an admin, a visitor and a traveller have no account. */
export async function seed(stage, named, template) {
  const names = Object.fromEntries(["maya", "ivan", "ada", "chief"].map((start) => [start, named(start)]));
  const { maya, ivan, ada, chief } = names;
  // The traveller's way to the platform can be cut.
  const cast = { names, network: await line() };
  for (const who of ["visitor", "traveller", "maya", "ada", "chief"])
    cast[who] = await person(stage.browser, { locale: "en-US" });
  for (const who of ["ada", "chief", "maya"]) await registerPerson(cast[who], names[who]);
  await join(ivan);
  await employ(chief, "admin");
  for (const who of ["maya", "ivan"]) await call(names[who], "PATCH", "/api/streams/me", CHANNELS[who]);
  const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
  const entry = { title: "Lucena, slowly", category: "chess", starts_at: soon, minutes: 90, weekly: true };
  await call(ivan, "PUT", "/api/streams/me/schedule", { time_zone: "Europe/Berlin", entries: [entry] });
  await call(maya, "PUT", `/api/streams/me/members/${ada}`, { role: "moderator" });
  for (const name of [maya, ivan]) await call(ada, "PUT", `/api/streams/${name}/follow`);
  const report = { room: ivan, channel: true, category: "other", text: "Plays the same game every evening." };
  await call(ada, "POST", "/api/chat/reports", report);
  stage.publisher = publish(await createKey(cast.maya), template);
  await untilState(cast.maya, "dashboard-state", "live", 30_000);
  for (const [who, text] of SAID)
    await call(names[who], "POST", `/api/chat/rooms/${maya}/messages`, { text });
  await until("a still", async () => (await read(`/api/streams/${maya}/card`)).still_url, 30_000);
  const { live } = await read(`/api/streams/${maya}`);
  // Its preview would only take the machine's time.
  await cast.maya.page.goto("about:blank");
  return { ...cast, broadcast: live.broadcast_id };
}
