/** Where the operator's one-time link leads: who is signed in and presses the button becomes the first admin. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { awaitsFirstAdmin, becomeFirstAdmin } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { signInPath, useSession } from "../../auth/use-session";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
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
  const mine = state.user?.platform_role === "admin";
  const open = useQuery({
    queryKey: ["first-admin"],
    queryFn: async ({ signal }) => (await awaitsFirstAdmin(signal)).open,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (become.isSuccess || mine) {
    return (
      <Message
        title={become.isSuccess ? t`You are an admin` : t`You are an admin already`}
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
  if (state.status === "unknown" || open.isPending) return <PageSkeleton />;
  if (open.data === false) {
    return (
      <Message
        title={t`This platform has an admin already`}
        testId="first-admin-used"
        action={
          <Link className={buttonLook("primary")} to={state.status === "out" ? signInPath("/admin") : "/"}>
            {state.status === "out" ? t`Sign in` : t`See who is live`}
          </Link>
        }
      >
        {state.status === "out"
          ? t`The link was used and does not work any more. If it was you who used it, sign in: you are all set.`
          : t`The link was used and does not work any more. Ask an admin if you are to be one, too.`}
      </Message>
    );
  }
  if (!token) return <BrokenLink />;
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
