/** For who is signed in: the channel is followed or not, with a bell where it is; and what went wrong with either, beside it. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff, Heart } from "lucide-react";
import { follow, unfollow } from "../api/follows";
import { setBell } from "../api/notices";
import { sentence } from "../api/problem";
import { keys } from "../live/use-live";
import { Button, IconButton } from "../ui/button";
import { askFollows, type Follows } from "./ask-follows";

export function FollowToggle({ username, small }: { username: string; small: boolean }) {
  const client = useQueryClient();
  const queryKey = ["follow", username.toLowerCase()];
  const { data } = useQuery({
    queryKey,
    queryFn: ({ signal }) => askFollows(client, username, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const follows = data !== undefined && data !== "no";
  const askAnew = () => {
    // First the list: the other one reads it.
    void client.invalidateQueries({ queryKey: keys.followed });
    void client.invalidateQueries({ queryKey });
  };
  const change = useMutation({
    mutationFn: (wish: boolean) => (wish ? follow(username) : unfollow(username)),
    onSuccess: (_done, wish) => {
      client.setQueryData<Follows>(queryKey, wish ? "told" : "no");
      // Who comes back within a day has the bell of before.
      if (wish) askAnew();
      else void client.invalidateQueries({ queryKey: keys.followed });
      // What one follows one may watch, where it is for followers.
      void client.invalidateQueries({ queryKey: keys.stream(username) });
    },
    // It may have been done all the same.
    onError: askAnew,
  });
  const ring = useMutation({
    mutationFn: (on: boolean) => setBell(username, on),
    onSuccess: ({ notify }) => client.setQueryData<Follows>(queryKey, notify ? "told" : "silent"),
    onError: askAnew,
  });
  if (small && follows) return null;
  const told = data === "told";
  const error = change.error ?? ring.error;
  return (
    <>
      <Button
        weight={follows ? "plain" : "primary"}
        busy={change.isPending}
        aria-pressed={follows}
        data-testid={small ? "chat-follow" : "follow"}
        className={small ? "!h-7 !px-2 text-xs" : ""}
        onClick={() => {
          ring.reset();
          change.mutate(!follows);
        }}
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
          onClick={() => {
            change.reset();
            ring.mutate(!told);
          }}
        >
          {told ? (
            <Bell aria-hidden className="size-4" />
          ) : (
            <BellOff aria-hidden className="size-4 text-quiet" />
          )}
        </IconButton>
      )}
      {error && (
        // With a ground of its own: it stands on the page, in the chat, and where a picture would be.
        <span
          role="alert"
          data-testid="follow-error"
          className="mt-1 block max-w-64 rounded-sm border border-line bg-ground px-2 py-1 text-left text-xs text-text"
        >
          {sentence(error)}
        </span>
      )}
    </>
  );
}
