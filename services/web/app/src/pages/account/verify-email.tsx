/** Where the links lead that confirm an address, change it, or take it back. Nothing happens until the button is pressed. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { followLink } from "../../api/account";
import type { User } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { signInPath, useSession } from "../../auth/use-session";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { Sheet } from "../sheet";
import { useLinkToken } from "./link-token";

export function VerifyEmail() {
  useTitle(t`Confirm your address`);
  const { status, user } = useSession();
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
  if (follow.error instanceof Problem && follow.error.code === "invalid_link")
    return <UsedLink user={user} />;
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

/** Somebody pressed twice, or opened the mail again: whether anything is left to do depends on who asks. */
function UsedLink({ user }: { user: User | null }) {
  const done = user?.email_verified === true;
  const address = user?.email ?? "";
  return (
    <Message
      title={done ? t`Your address is confirmed already` : t`This link was used, or is over`}
      testId="link-used"
      action={
        <Link
          className={buttonLook("primary")}
          to={user ? "/settings/account" : signInPath("/settings/account")}
        >
          {user ? t`To your account` : t`Sign in`}
        </Link>
      }
    >
      {done
        ? t`${address} is confirmed, and nothing is left to do. This link works once.`
        : user
          ? t`${address} is not confirmed yet. In your account you can have a new link sent.`
          : t`If you pressed the button before, all is done. Sign in to see whether your address is confirmed, or to have a new link sent.`}
    </Message>
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
