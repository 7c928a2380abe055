/** Where the mail about a closed account leads: it is taken back when the button is pressed. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { restoreAccount } from "../../api/account";
import { sentence } from "../../api/problem";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { Sheet } from "../sheet";
import { useLinkToken } from "./link-token";
import { BrokenLink } from "./verify-email";

export function RestoreAccount() {
  useTitle(t`Take your account back`);
  const { token, forget } = useLinkToken("restore-account");
  const restore = useMutation({
    mutationFn: async (link: string) => {
      await restoreAccount(link);
      forget();
    },
  });
  if (restore.isSuccess) {
    return (
      <Message
        title={t`Your account is back`}
        testId="account-restored"
        action={
          <Link className={buttonLook("primary")} to="/login">
            {t`Sign in`}
          </Link>
        }
      >
        {t`Everything is as it was.`}
      </Message>
    );
  }
  if (!token) return <BrokenLink />;
  return (
    <Sheet title={t`Take your account back`}>
      <div className="flex flex-col gap-4">
        <p className="text-sm text-quiet">
          {t`Your account is closed and will be erased. Press the button to keep it.`}
        </p>
        <FormError>{restore.error ? sentence(restore.error) : null}</FormError>
        <Button
          weight="primary"
          busy={restore.isPending}
          data-testid="restore-submit"
          onClick={() => restore.mutate(token)}
        >
          {t`Take it back`}
        </Button>
      </div>
    </Sheet>
  );
}
