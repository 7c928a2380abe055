/** Where the operator's one-time link leads: who is signed in and presses the button becomes the first admin. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { becomeFirstAdmin } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { signInPath, useSession } from "../../auth/use-session";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { Sheet } from "../sheet";
import { useLinkToken } from "./link-token";
import { BrokenLink } from "./verify-email";

export function FirstAdmin() {
  useTitle(t`First admin`);
  const state = useSession();
  const { token, forget } = useLinkToken("first-admin");
  const become = useMutation({
    mutationFn: async (link: string) => {
      await becomeFirstAdmin(link);
      forget();
      await session.renew();
    },
  });
  if (become.isSuccess) {
    return (
      <Message
        title={t`You are an admin`}
        testId="first-admin-done"
        action={
          <Link className={buttonLook("primary")} to="/admin">
            {t`To the administration`}
          </Link>
        }
      >
        {t`The link does not work any more.`}
      </Message>
    );
  }
  if (!token) return <BrokenLink />;
  if (state.status === "unknown") return <div className="flex-1" />;
  if (state.status === "out") {
    return (
      <Message
        title={t`Sign in first`}
        testId="first-admin-sign-in"
        action={
          <Link className={buttonLook("primary")} to={signInPath("/first-admin")}>
            {t`Sign in`}
          </Link>
        }
      >
        {t`The account that you sign in with, or register, becomes the first admin.`}
      </Message>
    );
  }
  return (
    <Sheet title={t`Become the first admin`}>
      <div className="flex flex-col gap-4">
        <p className="text-sm text-quiet">
          {t`Admins see all accounts, suspend people, give roles, and read the mails that this platform sends.`}
        </p>
        <FormError>{become.error ? sentence(become.error) : null}</FormError>
        <Button
          weight="primary"
          busy={become.isPending}
          data-testid="first-admin-submit"
          onClick={() => become.mutate(token)}
        >
          {t`Make ${state.user.username} an admin`}
        </Button>
      </div>
    </Sheet>
  );
}
