/** The platform's log in words. An act that this page does not know is shown by its name. */
import type { Act } from "../../api/admin";

/** Kinds of acts, as a filter names them. */
export const ACTS: Record<string, string> = {
  suspended: "Suspended",
  unsuspended: "Suspension lifted",
  role_changed: "Role changed",
  first_admin: "First admin",
  invited: "Invitation made",
  uninvited: "Invitation taken back",
  mail_read: "Mail read",
};

const ROLES: Record<string, string> = { user: "no role", moderator: "moderator", admin: "admin" };

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const role = (value: unknown): string => ROLES[text(value)] ?? text(value);

export function actSentence({ act, actor_name: who, subject_name: whom, detail }: Act): string {
  const other = whom ?? "somebody";
  switch (act) {
    case "suspended":
      return `${who} suspended ${other}`;
    case "unsuspended":
      return `${who} lifted the suspension of ${other}`;
    case "role_changed":
      return `${who} changed the role of ${other} from ${role(detail.from)} to ${role(detail.to)}`;
    case "first_admin":
      return `${who} became the first admin`;
    case "invited":
      return `${who} made an invitation`;
    case "uninvited":
      return `${who} took an invitation back`;
    case "mail_read":
      return `${who} read a mail to ${other}`;
    default:
      return `${who}: ${act}${whom ? `, ${whom}` : ""}`;
  }
}

/** What there is to say of an act besides, or nothing. */
export function detailSentence({ act, detail }: Act): string | null {
  if (act === "suspended" && text(detail.reason)) return `Reason: ${text(detail.reason)}`;
  if (act === "invited" && text(detail.note)) return `For: ${text(detail.note)}`;
  if (act === "mail_read" && text(detail.kind)) return `Kind: ${text(detail.kind).replaceAll("_", " ")}`;
  return null;
}
