/** Follow and unfollow a channel; who is not signed in is led there. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Heart } from "lucide-react";
import { Link, useLocation } from "react-router";
import { follow, following, unfollow } from "../api/chat";
import { Problem } from "../api/problem";
import { signInPath, useSession } from "../auth/use-session";
import { keys } from "../live/use-live";
import { Button, buttonLook } from "../ui/button";

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
  const { data: follows } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      try {
        await following(username, signal);
        return true;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return false;
        throw error;
      }
    },
    enabled: session.status === "in" && !mine,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const change = useMutation({
    mutationFn: (wish: boolean) => (wish ? follow(username) : unfollow(username)),
    onSuccess: (_done, wish) => {
      client.setQueryData(queryKey, wish);
      // What one follows one may watch, where it is for followers.
      void client.invalidateQueries({ queryKey: keys.stream(username) });
    },
  });
  if (mine || session.status === "unknown") return null;
  const look = small ? "!h-7 !px-2 text-xs" : "";
  if (session.status === "out") {
    return (
      <Link to={signInPath(pathname)} className={`${buttonLook(small ? "plain" : "primary")} ${look}`}>
        Follow
      </Link>
    );
  }
  if (small && follows) return null;
  return (
    <Button
      weight={follows ? "plain" : "primary"}
      busy={change.isPending}
      aria-pressed={follows ?? false}
      data-testid={small ? "chat-follow" : "follow"}
      className={look}
      onClick={() => change.mutate(!follows)}
    >
      <Heart aria-hidden className={`size-4 ${follows ? "fill-current" : ""}`} />
      {follows ? "Following" : "Follow"}
    </Button>
  );
}
