/**
 * On the broadcaster's pages, to whoever has not confirmed their address: where the link is, in two lines of a phone at most. It can be put away
 * for this tab.
 */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { MailCheck, X } from "lucide-react";
import { useState } from "react";
import { sendVerification } from "../api/account";
import type { User } from "../api/contract";
import { sentence } from "../api/problem";
import { useSendsMail } from "../pages/account/mail-way";
import { IconButton } from "../ui/button";
import { handsFocusOn } from "../ui/hand-on";
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
      className="flex items-center gap-x-3 border-b bg-raised py-1 pr-1 pl-4 text-sm sm:pr-4 sm:pl-6"
    >
      <MailCheck aria-hidden className="size-5 shrink-0 text-action max-sm:hidden" />
      <p className="min-w-0 flex-1 py-1">
        <span role="status">
          {again.error ? (
            sentence(again.error)
          ) : again.isSuccess ? (
            newWords(sends)
          ) : sends === false ? (
            t`The operator has the link that confirms your address.`
          ) : (
            <MailWords email={email} sends={sends} />
          )}
        </span>{" "}
        {!again.isSuccess && (
          <button
            type="button"
            ref={handsFocusOn}
            aria-disabled={again.isPending}
            aria-busy={again.isPending || undefined}
            data-testid="confirm-address-again"
            className="inline-flex min-h-6 items-center font-medium text-action hover:underline aria-disabled:opacity-50"
            onClick={() => again.isPending || again.mutate()}
          >
            {t`New link`}
          </button>
        )}
      </p>
      <IconButton
        label={t`Not now`}
        className="!size-11"
        data-testid="confirm-address-later"
        onClick={() => {
          setAway(true);
          keep("tab", PUT_AWAY, "");
        }}
      >
        <X aria-hidden className="size-5" />
      </IconButton>
    </section>
  );
}

/** Where mail is sent, or nobody knows yet whether it is. */
function MailWords({ email, sends }: { email: string; sends: boolean | null }) {
  const address = (
    <bdi title={email} className="inline-block max-w-52 truncate align-bottom">
      {email}
    </bdi>
  );
  if (!sends) return <Trans>Confirm {address}.</Trans>;
  return <Trans>Confirm {address} by the link in our mail.</Trans>;
}

/** Once another link was asked for. */
function newWords(sends: boolean | null): string {
  if (sends) return t`A new mail is on its way; only its link counts.`;
  if (sends === false) return t`The operator has a new link for your address; only that one counts.`;
  return t`There is a new link; only that one counts.`;
}
