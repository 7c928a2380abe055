/**
 * The line to write. Keeps what was typed whatever happens, completes commands, names and emotes, counts near the limit, and says in
 * words why one cannot write just now (`above-input`).
 */

import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ImagePlus, SendHorizontal, Smile, X } from "lucide-react";
import { type FormEvent, type RefObject, Suspense, useEffect, useId, useLayoutEffect, useState } from "react";
import type { Stream } from "../api/contract";
import { lazily } from "../language/lazily";
import { IconButton } from "../ui/button";
import { inputLook } from "../ui/field";
import { help } from "./commands";
import { CompletionList, offerId } from "./completion-list";
import type { ChatConnection, ChatSnapshot } from "./connection";
import { COUNT_FROM, Count } from "./count";
import { changeDraft, draftOf, useDraft } from "./draft";
import { peopleOf } from "./people";
import { graphemes } from "./pieces";
import { nameOf } from "./text";
import { useCompletion } from "./use-completion";
import { useEmotes } from "./use-emotes";
import { useImage } from "./use-image";
import { useMarker } from "./use-marker";
import { useWait } from "./use-wait";

const EmotePicker = lazily(async () => (await import("./emote-picker")).EmotePicker);

/** As the server counts: graphemes. */
const MAX_TEXT = 500;
/** The input grows to so many pixels, about five lines. */
const MAX_HEIGHT = 116;

export function Compose({
  chat,
  snapshot,
  room,
  channel,
  input,
  disabled,
  toList,
}: {
  chat: ChatConnection | null;
  snapshot: ChatSnapshot;
  room: string;
  channel: Pick<Stream, "username" | "state">;
  input: RefObject<HTMLTextAreaElement | null>;
  /** Timed out, say: typing goes on, sending does not. */
  disabled: boolean;
  /** The focus to the list of messages. */
  toList: () => void;
}) {
  const { text, reply } = useDraft(room);
  const setText = (next: string) => changeDraft(room, { text: next });
  const id = useId();
  const [wanted, setWanted] = useState(false);
  const [picking, setPicking] = useState(false);
  const emotes = useEmotes(room, wanted);
  const image = useImage(room, (sentence) => chat?.tell(sentence));
  const wait = useWait(snapshot.writeAfter);
  const mark = useMarker(room, channel.username, chat);
  const me = snapshot.user;
  const asker = {
    roles: snapshot.room.roles,
    live: channel.state === "live" || channel.state === "reconnecting",
  };
  const completion = useCompletion(input, {
    text,
    setText,
    known: () => ({
      ...asker,
      people: peopleOf(snapshot.log.lines, me?.id ?? null),
      emotes: [...(emotes.data?.channel ?? []), ...(emotes.data?.global ?? [])],
    }),
  });
  const left = MAX_TEXT - (text.length > MAX_TEXT - COUNT_FROM ? graphemes(text.trim()) : 0);
  const nothing = !text.trim() && !image.ready;
  const stopped = disabled || wait > 0 || left < 0 || image.busy;
  const isCommand = text.startsWith("/") && !text.startsWith("//") && !text.startsWith("/me ");

  const send = (event?: FormEvent) => {
    event?.preventDefault();
    // A command is no message: it may be given while one waits.
    if (nothing || !chat || (stopped && !(isCommand && left >= 0))) return;
    const { text: typed, reply: answered } = draftOf(room);
    if (/^\/help\s*$/i.test(typed)) {
      chat.answer(help(asker));
      changeDraft(room, { text: "" });
      chat.resume();
      return;
    }
    if (mark(typed)) return;
    chat.say({
      text: typed.trim(),
      ...(answered
        ? { reply: { id: answered.id, user: answered.user, text: answered.text.slice(0, 100) } }
        : {}),
      ...(image.ready ? { image: image.ready.id } : {}),
    });
    image.clear();
    changeDraft(room, { text: "", reply: null });
    chat.resume();
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what makes it grow
  useLayoutEffect(() => {
    const field = input.current;
    if (!field) return;
    field.style.height = "0px";
    field.style.height = `${Math.min(MAX_HEIGHT, field.scrollHeight + 2)}px`;
  }, [text, input]);

  useEffect(() => {
    if (reply) input.current?.focus();
  }, [reply, input]);

  const put = (part: string) => {
    const field = input.current;
    const at = field?.selectionStart ?? text.length;
    const before = text.slice(0, at);
    const spaced = `${before && !/\s$/.test(before) ? " " : ""}${part} `;
    setText(before + spaced + text.slice(at).trimStart());
    requestAnimationFrame(() => {
      const caret = before.length + spaced.length;
      field?.setSelectionRange(caret, caret);
    });
  };

  return (
    <form
      onSubmit={send}
      className="relative shrink-0 px-3 pt-2 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
    >
      {reply && (
        <p data-testid="chat-replying" className="flex items-center gap-2 pb-1.5 pl-1 text-xs text-quiet">
          <span className="min-w-0 flex-1 truncate">
            <Trans>
              Answer to <bdi className="font-medium text-text">{nameOf(reply.user)}</bdi>:{" "}
              <bdi>{reply.text}</bdi>
            </Trans>
          </span>
          <IconButton
            label={t`Do not answer`}
            className="size-6"
            onClick={() => {
              changeDraft(room, { reply: null });
              input.current?.focus();
            }}
          >
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </p>
      )}
      {image.preview && (
        <p className="flex items-center gap-2 pb-1.5 pl-1 text-xs text-quiet">
          <img src={image.preview} alt="" className="h-12 rounded-sm border object-contain" />
          <span className="flex-1">{image.busy ? t`Uploading…` : t`Goes with your message.`}</span>
          <IconButton label={t`Remove the image`} className="size-6" onClick={image.clear}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </p>
      )}
      <CompletionList
        id={`${id}-offers`}
        offers={completion.list}
        chosen={completion.index}
        onTake={completion.take}
      />
      {picking && (
        <Suspense>
          <EmotePicker
            set={emotes.data}
            failed={emotes.isError}
            onPick={(name) => put(`:${name}:`)}
            onClose={() => {
              setPicking(false);
              input.current?.focus();
            }}
          />
        </Suspense>
      )}
      <div className="flex items-end gap-1.5">
        <div className="relative min-w-0 flex-1">
          <textarea
            ref={input}
            rows={1}
            data-testid="chat-input"
            aria-label={t`Message`}
            aria-autocomplete="list"
            aria-controls={completion.list.length > 0 ? `${id}-offers` : undefined}
            aria-activedescendant={
              completion.list.length > 0 ? offerId(`${id}-offers`, completion.index) : undefined
            }
            aria-describedby={`${id}-count`}
            aria-invalid={left < 0 || undefined}
            placeholder={snapshot.status === "open" ? t`Say something` : t`Connecting…`}
            value={text}
            autoComplete="off"
            enterKeyHint="send"
            onFocus={() => setWanted(true)}
            onChange={(event) => {
              setText(event.target.value.replace(/[\r\n]+/g, " "));
              completion.follow();
            }}
            onSelect={completion.follow}
            onPaste={snapshot.room.settings.images ? image.onPaste : undefined}
            onKeyDown={(event) => {
              if (completion.onKey(event) || event.nativeEvent.isComposing) return;
              if (event.key === "Enter") send(event);
              else if (event.key === "ArrowUp" && text === "") {
                event.preventDefault();
                toList();
              } else if (event.key === "Escape" && reply) changeDraft(room, { reply: null });
            }}
            className={`${inputLook} block min-h-10 resize-none overflow-y-auto py-[9px] leading-5 ${snapshot.room.settings.images ? "!pr-[4.5rem]" : "!pr-10"}`}
          />
          <span className="absolute right-1 bottom-1 flex items-center">
            {snapshot.room.settings.images && (
              <label
                title={t`Add an image`}
                className="inline-flex size-8 cursor-pointer items-center justify-center rounded-sm text-quiet focus-within:outline-2 focus-within:outline-action hover:bg-hover"
              >
                <ImagePlus aria-hidden className="size-4" />
                <input
                  type="file"
                  accept="image/png,image/jpeg,image/gif,image/webp"
                  aria-label={t`Add an image`}
                  data-testid="chat-image"
                  className="sr-only"
                  onChange={image.onChoose}
                />
              </label>
            )}
            <IconButton
              label={t`Emotes`}
              data-testid="chat-emotes"
              aria-expanded={picking}
              className="size-8 text-quiet"
              onClick={() => {
                setWanted(true);
                setPicking(!picking);
              }}
            >
              <Smile aria-hidden className="size-4" />
            </IconButton>
          </span>
        </div>
        <IconButton
          type="submit"
          label={wait > 0 ? plural(wait, { one: "Send, in # second", other: "Send, in # seconds" }) : t`Send`}
          data-testid="chat-send"
          aria-disabled={nothing || stopped}
          className={`size-10 border ${nothing || stopped ? "opacity-50" : "!border-transparent bg-action-strong text-on-action hover:!bg-action-strong hover:brightness-110"}`}
        >
          {wait > 0 ? (
            <span className="figures text-sm">{wait > 99 ? "…" : wait}</span>
          ) : (
            <SendHorizontal aria-hidden className="size-4" />
          )}
        </IconButton>
      </div>
      <Count id={`${id}-count`} left={left} />
    </form>
  );
}
