/**
 * Whether this platform sends mail, and what is said beside each promise of one where it does not. That is the platform's setting: it tells
 * nothing of accounts.
 */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { mailWay } from "../../api/account";

/** Null until that is known, and where the server cannot say: then neither is said. */
export function useSendsMail(): boolean | null {
  const { data } = useQuery({
    queryKey: ["mail-way"],
    queryFn: ({ signal }) => mailWay(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.sends_mail ?? null;
}

/** Follows a sentence about the mail that is meant. */
export const whereMailIs = () =>
  t`This platform sends no mail yet: its operator finds it on the page “Mails”, or in the folder data/mail.`;

/** Over words about a mail that is awaited. */
export const mailTitle = (sends: boolean | null) =>
  sends ? t`Look into your mail` : sends === false ? t`Ask the operator for the link` : t`One more step`;
