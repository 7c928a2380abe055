/**
 * Whether this platform sends mail, and what is said beside each promise of one where it does not. That is the platform's setting: it tells
 * nothing of accounts.
 */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { mailWay } from "../../api/account";

/** False where it is known that no mail leaves; true until that is known, and where the server cannot say. */
export function useSendsMail(): boolean {
  const { data } = useQuery({
    queryKey: ["mail-way"],
    queryFn: ({ signal }) => mailWay(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.sends_mail ?? true;
}

/** Follows a sentence about the mail that is meant. */
export const whereMailIs = () =>
  t`This platform sends no mail yet: its operator finds it on the page “Mails”, or in the folder data/mail.`;
