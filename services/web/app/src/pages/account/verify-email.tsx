/** Where the links lead that confirm an address, change it, or take it back. Nothing happens until the button is pressed. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { followLink } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { useSession } from "../../auth/use-session";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { Sheet } from "../sheet";
import { useLinkToken } from "./link-token";

export function VerifyEmail() {
  useTitle(t`Confirm your address`);
  const { status } = useSession();
  const { token, forget } = useLinkToken("verify-email");
  const follow = useMutation({
    mutationFn: async (link: string) => {
      await followLink(link);
      forget();
      // The session may show another address now, or have ended.
      if (session.get().status === "in") await session.renew();
    },
  });
  if (follow.isSuccess) {
    return (
      <Message
        title={t`Done, thank you`}
        testId="link-followed"
        action={
          <Link className={buttonLook("primary")} to={status === "in" ? "/settings/account" : "/login"}>
            {status === "in" ? t`To your account` : t`Sign in`}
          </Link>
        }
      >
        {t`Your e-mail address is confirmed.`}
      </Message>
    );
  }
  if (!token) return <BrokenLink />;
  return (
    <Sheet title={t`Confirm your address`}>
      <div className="flex flex-col gap-4">
        <p className="text-sm text-quiet">
          {t`You opened a link from a mail. Press the button to confirm that the address is yours.`}
        </p>
        <FormError>{follow.error ? sentence(follow.error) : null}</FormError>
        <Button
          weight="primary"
          busy={follow.isPending}
          data-testid="follow-link"
          onClick={() => follow.mutate(token)}
        >
          {t`Confirm`}
        </Button>
      </div>
    </Sheet>
  );
}

/** For links that lost their end on the way. */
export function BrokenLink() {
  return (
    <Message title={t`This link is not complete`} testId="broken-link">
      {t`Open it from the mail once more; if it was broken into two lines, copy both.`}
    </Message>
  );
}
