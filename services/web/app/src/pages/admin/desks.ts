/** The desks of the platform's staff, in the order of their tabs: where each is, and whose. Pure. */

import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { PlatformRole } from "../../api/admin";
import { rank } from "./rank";

export type DeskKey =
  | "people"
  | "live"
  | "reports"
  | "invitations"
  | "log"
  | "mails"
  | "errors"
  | "limits"
  | "categories"
  | "keys";

export interface StaffDesk {
  key: DeskKey;
  name: MessageDescriptor;
  to: string;
  /** The lowest role that it opens to. */
  least: PlatformRole;
}

/** A part of the page `/admin`; others have pages of their own. */
const part = (key: DeskKey) => `/admin?tab=${key}`;

const DESKS: StaffDesk[] = [
  { key: "people", name: msg`People`, to: part("people"), least: "moderator" },
  { key: "live", name: msg`On air`, to: part("live"), least: "moderator" },
  { key: "reports", name: msg`Reports`, to: "/staff/reports", least: "moderator" },
  { key: "invitations", name: msg`Invitations`, to: part("invitations"), least: "admin" },
  { key: "log", name: msg`Log`, to: part("log"), least: "admin" },
  { key: "mails", name: msg`Mails`, to: part("mails"), least: "admin" },
  { key: "errors", name: msg`Errors`, to: part("errors"), least: "admin" },
  { key: "limits", name: msg`Limits`, to: part("limits"), least: "moderator" },
  { key: "categories", name: msg`Categories`, to: "/admin/categories", least: "admin" },
  { key: "keys", name: msg`Signing keys`, to: part("keys"), least: "admin" },
];

/** Those that a role opens; none for who has no role. */
export const desksOf = (role: string | undefined): StaffDesk[] =>
  DESKS.filter(({ least }) => rank(role) >= rank(least));
