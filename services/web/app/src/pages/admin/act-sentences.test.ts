import { expect, test } from "vitest";
import type { Act } from "../../api/admin";
import { ACTS, actSentence, detailSentence } from "./act-sentences";

const act = (kind: string, more: Partial<Act> = {}): Act => ({
  id: "1",
  at: "2026-11-28T12:00:00Z",
  actor_id: "2",
  actor_name: "chief",
  act: kind,
  subject_id: "3",
  subject_name: "mallory",
  detail: {},
  ...more,
});

test("every act that can be filtered has a sentence of its own", () => {
  for (const kind of Object.keys(ACTS)) {
    const said = actSentence(act(kind));
    expect(said).toMatch(/^chief /);
    expect(said).not.toContain(kind.includes("_") ? kind : "chief:");
  }
});

test("details are said where there are some, and an unknown act by its name", () => {
  expect(detailSentence(act("suspended", { detail: { reason: "spam" } }))).toBe("Reason: spam");
  expect(detailSentence(act("suspended"))).toBeNull();
  const reset = act("user.second_factor_reset", { detail: { reason: "lost phone, seen in person" } });
  expect(actSentence(reset)).toBe("chief reset the second factor of mallory");
  expect(detailSentence(reset)).toBe("Reason: lost phone, seen in person");
  expect(detailSentence(act("mail_read", { detail: { kind: "password_reset" } }))).toBe(
    "Kind: forgotten password",
  );
  expect(detailSentence(act("mail_read", { detail: { kind: "new_kind" } }))).toBe("Kind: new kind");
  expect(detailSentence(act("unsuspended", { detail: { reason: "a mistake" } }))).toBe("Reason: a mistake");
  expect(actSentence(act("role_changed", { detail: { from: "user", to: "admin" } }))).toBe(
    "chief changed the role of mallory from no role to admin",
  );
  expect(actSentence(act("crowned", { subject_name: null }))).toBe("chief: crowned");
});
