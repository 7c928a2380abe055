/** On the broadcaster's pages, to whoever has not confirmed their address: where the mail is, and what to do. It can be put away for this tab. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { MailCheck, X } from "lucide-react";
import { useState } from "react";
import { sendVerification } from "../api/account";
import type { User } from "../api/contract";
import { sentence } from "../api/problem";
import { useSendsMail, whereMailIs } from "../pages/account/mail-way";
import { Button, IconButton } from "../ui/button";
import { keep, kept } from "../ui/kept";
import { takesRoom } from "./room-above";

const PUT_AWAY = "streamly.address-later";

export function ConfirmAddress({ user }: { user: User }) {
  const [away, setAway] = useState(() => kept("tab", PUT_AWAY) !== null);
  const again = useMutation({ mutationFn: sendVerification });
  const sends = useSendsMail();
  const { email } = user;
  if (away || !email) return null;
  return (
    <section
      ref={takesRoom}
      aria-label={t`Confirm your address`}
      data-testid="confirm-address"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b bg-raised px-4 py-2.5 sm:px-6"
    >
      <MailCheck aria-hidden className="size-5 shrink-0 text-action max-sm:hidden" />
      <p className="min-w-0 flex-1 basis-64 text-sm wrap-anywhere" role="status">
        {again.error
          ? sentence(again.error)
          : sends
            ? sentWords(email, again.isSuccess)
            : `${keptWords(email, again.isSuccess)} ${whereMailIs()}`}
      </p>
      <span className="flex items-center gap-1">
        <Button
          busy={again.isPending}
          disabled={again.isSuccess}
          data-testid="confirm-address-again"
          onClick={() => again.mutate()}
        >
          {sends ? t`Send it again` : t`Make a new link`}
        </Button>
        <IconButton
          label={t`Not now`}
          data-testid="confirm-address-later"
          onClick={() => {
            setAway(true);
            keep("tab", PUT_AWAY, "");
          }}
        >
          <X aria-hidden className="size-4" />
        </IconButton>
      </span>
    </section>
  );
}

/** Where mail is sent; `again`: it was asked for once more. */
const sentWords = (email: string, again: boolean): string =>
  again
    ? t`Another mail is on its way to ${email}. The newest link is the one that counts.`
    : t`We have written to ${email}. Follow the link in that mail to confirm your address; you can go on here meanwhile.`;

/** Where none is. */
const keptWords = (email: string, again: boolean): string =>
  again
    ? t`There is another link for ${email}, and the newest is the one that counts.`
    : t`The link that confirms ${email} is in a mail to you.`;
