/** A message's text and who said it, as they are shown everywhere: in the list, on the pinned card, in quotes and cards. */
import { Fragment, memo } from "react";
import { Badges } from "./badges";
import type { ChatUser } from "./frames";
import { tintOf, tintStyle } from "./name-colour";
import { pieces } from "./pieces";

export const nameOf = (user: { display_name: string; username: string }) =>
  user.display_name || user.username;

export function Name({ user, plain = false }: { user: ChatUser; plain?: boolean }) {
  return (
    <>
      {!plain && <Badges badges={user.badges} />}
      <bdi className="name font-semibold" style={tintStyle(tintOf(user.username, user.color))}>
        {nameOf(user)}
      </bdi>
    </>
  );
}

/** `reach`: links in it can be tabbed to. A list of sixty lines would otherwise be as many stops. */
export const Text = memo(function Text({
  text,
  emotes,
  me,
  reach = true,
}: {
  text: string;
  emotes?: Record<string, string> | undefined;
  /** The reader's user name: being named stands out. */
  me?: string | undefined;
  reach?: boolean;
}) {
  const parts = pieces(text, emotes);
  const alone = parts.every((p) => p.kind === "emote" || (p.kind === "text" && p.text.trim() === ""));
  return (
    <bdi>
      {parts.map((piece, n) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's pieces never change
        const key = <Fragment key={n}>{show(piece, alone, me, reach)}</Fragment>;
        return key;
      })}
    </bdi>
  );
});

function show(
  piece: ReturnType<typeof pieces>[number],
  alone: boolean,
  me: string | undefined,
  reach: boolean,
) {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "link":
      return (
        <a
          href={piece.url}
          target="_blank"
          rel="noopener noreferrer nofollow ugc"
          tabIndex={reach ? undefined : -1}
          className="text-action underline decoration-1 underline-offset-2"
        >
          {piece.text}
        </a>
      );
    case "mention":
      return piece.username === me?.toLowerCase() ? (
        <mark className="rounded-[4px] bg-action-strong px-1 font-semibold text-on-action">{piece.text}</mark>
      ) : (
        <span className="font-medium">{piece.text}</span>
      );
    case "emote":
      return (
        <img
          src={piece.url}
          alt={`:${piece.name}:`}
          title={`:${piece.name}:`}
          loading="lazy"
          draggable={false}
          className={`mx-px inline-block w-auto max-w-24 object-contain align-middle ${alone ? "h-8" : "-my-0.5 h-6"}`}
        />
      );
  }
}
