/** Kinds of mails in words, as the log names one that was read. A kind that this page does not know is shown by its name. */

import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { say } from "../../language/say";

const KINDS: Record<string, MessageDescriptor> = {
  password_reset: msg`forgotten password`,
  channel_live: msg`a channel is live`,
  confirm_address: msg`confirm the address`,
  confirm_registration: msg`finish the registration`,
  has_account: msg`has an account already`,
  password_changed: msg`password changed`,
  confirm_change: msg`confirm the new address`,
  change_asked: msg`the address is to change`,
  address_changed: msg`address changed`,
  new_sign_in: msg`new sign-in`,
  second_factor_changed: msg`second factor changed`,
  second_factor_reset: msg`second factor reset`,
  password_known: msg`somebody knows the password`,
  account_closed: msg`account closed`,
  account_restored: msg`account taken back`,
  account_erased: msg`account erased`,
  suspended: msg`account suspended`,
  unsuspended: msg`suspension lifted`,
};

export const mailKind = (kind: string): string => say(KINDS[kind]) ?? kind.replaceAll("_", " ");
