/** What is lost with a second factor that is about to be removed. Pure but for the language. */
import { t } from "@lingui/core/macro";

/** `last`: the account has no other one. */
export const lossWords = (last: boolean): string =>
  last
    ? t`Your password alone signs you in then, and your recovery codes end.`
    : t`It signs you in no more. Your other second factors stay.`;
