/**
 * Follow and unfollow a channel. Who is not signed in is led there and back, which is all that a visitor's page needs before the first picture;
 * what there is for who is, is loaded then.
 */
import { t } from "@lingui/core/macro";
import { Heart } from "lucide-react";
import { Suspense } from "react";
import { Link, useLocation } from "react-router";
import { signInPath, useSession } from "../auth/use-session";
import { lazily } from "../language/lazily";
import { buttonLook } from "../ui/button";

const FollowToggle = lazily(async () => (await import("./follow-toggle")).FollowToggle, ["chat"]);

export function FollowButton({
  username,
  ownerId,
  small = false,
}: {
  username: string;
  ownerId: string;
  small?: boolean;
}) {
  const session = useSession();
  const { pathname } = useLocation();
  if (session.status === "unknown" || session.user?.id === ownerId) return null;
  if (session.status === "in") {
    return (
      <Suspense>
        <FollowToggle username={username} small={small} />
      </Suspense>
    );
  }
  return (
    <Link
      to={signInPath(pathname)}
      className={`${buttonLook(small ? "plain" : "primary")} ${small ? "!h-7 !px-2 text-xs" : ""}`}
    >
      <Heart aria-hidden className="size-4" />
      {t`Follow`}
    </Link>
  );
}
