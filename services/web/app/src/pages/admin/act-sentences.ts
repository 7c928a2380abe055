/** The platform's log in words. An act that this page does not know is shown by its name. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { Act } from "../../api/admin";
import { say } from "../../language/say";
import { mailKind } from "./mail-kinds";

/** Kinds of acts, as a filter names them. */
export const ACTS: Record<string, MessageDescriptor> = {
  suspended: msg`Suspended`,
  unsuspended: msg`Suspension lifted`,
  role_changed: msg`Role changed`,
  "user.second_factor_reset": msg`Second factor reset`,
  first_admin: msg`First admin`,
  invited: msg`Invitation made`,
  uninvited: msg`Invitation taken back`,
  mail_read: msg`Mail read`,
  browser_error_dismissed: msg`Error dealt with`,
};

const ROLES: Record<string, MessageDescriptor> = {
  user: msg`no role`,
  moderator: msg`moderator`,
  admin: msg`admin`,
};

/** Acts that somebody gave a reason for. */
const WITH_REASON = new Set(["suspended", "unsuspended", "user.second_factor_reset"]);

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const role = (value: unknown): string => say(ROLES[text(value)]) ?? text(value);

export function actSentence({ act, actor_name: who, subject_name: whom, detail }: Act): string {
  const other = whom ?? t`somebody`;
  switch (act) {
    case "suspended":
      return t`${who} suspended ${other}`;
    case "unsuspended":
      return t`${who} lifted the suspension of ${other}`;
    case "role_changed":
      return changed(who, other, role(detail.from), role(detail.to));
    case "user.second_factor_reset":
      return t`${who} reset the second factor of ${other}`;
    case "first_admin":
      return t`${who} became the first admin`;
    case "invited":
      return t`${who} made an invitation`;
    case "uninvited":
      return t`${who} took an invitation back`;
    case "mail_read":
      return t`${who} read a mail to ${other}`;
    case "browser_error_dismissed":
      return t`${who} dealt with an error in browsers`;
    default:
      return `${who}: ${act}${whom ? `, ${whom}` : ""}`;
  }
}

const changed = (who: string, other: string, from: string, to: string) =>
  t`${who} changed the role of ${other} from ${from} to ${to}`;

/** What there is to say of an act besides, or nothing. */
export function detailSentence({ act, detail }: Act): string | null {
  const [reason, note] = [text(detail.reason), text(detail.note)];
  const kind = mailKind(text(detail.kind));
  if (WITH_REASON.has(act) && reason) return t`Reason: ${reason}`;
  if (act === "invited" && note) return t`For: ${note}`;
  if (act === "mail_read" && kind) return t`Kind: ${kind}`;
  return null;
}
