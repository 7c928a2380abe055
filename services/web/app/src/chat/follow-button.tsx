/** Follow and unfollow a channel, and the bell of one that is followed; who is not signed in is led there. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff, Heart } from "lucide-react";
import { Link, useLocation } from "react-router";
import { follow, following, unfollow } from "../api/follows";
import { setBell } from "../api/notices";
import { Problem } from "../api/problem";
import { signInPath, useSession } from "../auth/use-session";
import { keys } from "../live/use-live";
import { Button, buttonLook, IconButton } from "../ui/button";

/** Not at all, with the bell, or without it. */
type Follows = "no" | "told" | "silent";

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
  const client = useQueryClient();
  const queryKey = ["follow", username.toLowerCase()];
  const mine = session.status === "in" && session.user.id === ownerId;
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<Follows> => {
      try {
        return (await following(username, signal)).notify ? "told" : "silent";
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return "no";
        throw error;
      }
    },
    enabled: session.status === "in" && !mine,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const follows = data !== undefined && data !== "no";
  const change = useMutation({
    mutationFn: (wish: boolean) => (wish ? follow(username) : unfollow(username)),
    onSuccess: (_done, wish) => {
      client.setQueryData<Follows>(queryKey, wish ? "told" : "no");
      // Who comes back within a day has the bell of before.
      if (wish) void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: keys.followed });
      // What one follows one may watch, where it is for followers.
      void client.invalidateQueries({ queryKey: keys.stream(username) });
    },
  });
  const ring = useMutation({
    mutationFn: (on: boolean) => setBell(username, on),
    onSuccess: ({ notify }) => client.setQueryData<Follows>(queryKey, notify ? "told" : "silent"),
  });
  if (mine || session.status === "unknown") return null;
  const look = small ? "!h-7 !px-2 text-xs" : "";
  if (session.status === "out") {
    return (
      <Link to={signInPath(pathname)} className={`${buttonLook(small ? "plain" : "primary")} ${look}`}>
        {t`Follow`}
      </Link>
    );
  }
  if (small && follows) return null;
  const told = data === "told";
  return (
    <>
      <Button
        weight={follows ? "plain" : "primary"}
        busy={change.isPending}
        aria-pressed={follows}
        data-testid={small ? "chat-follow" : "follow"}
        className={look}
        onClick={() => change.mutate(!follows)}
      >
        <Heart aria-hidden className={`size-4 ${follows ? "fill-current" : ""}`} />
        {follows ? t`Following` : t`Follow`}
      </Button>
      {follows && (
        <IconButton
          label={t`Tell me when it goes live`}
          aria-pressed={told}
          busy={ring.isPending}
          data-testid="bell"
          onClick={() => ring.mutate(!told)}
        >
          {told ? (
            <Bell aria-hidden className="size-4" />
          ) : (
            <BellOff aria-hidden className="size-4 text-quiet" />
          )}
        </IconButton>
      )}
    </>
  );
}
