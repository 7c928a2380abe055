/** The channel's own emotes. */
import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { askAgain } from "../../api/ask-again";
import { addEmote, deleteEmote, emotes } from "../../api/chat";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { emotesKey } from "../../chat/use-emotes";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Question } from "../../ui/question";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useQuestion } from "../../ui/use-question";
import { NotYet, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

/** The server's limit unless it says otherwise. */
const MAX_BYTES = 512 << 10;

export function Emotes({ room }: { room: string }) {
  const client = useQueryClient();
  const list = usePart(room, "emotes", (signal) => emotes(room, signal));
  const id = useId();
  const [name, setName] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<{ name?: string | undefined; file?: string | undefined }>({});
  const [box, notTaken] = useFirstWrong();
  const changed = () => void askAgain(client, emotesKey(room));
  const add = useDeed(room, ["emotes", "audit"], async (image: File) => {
    await addEmote(room, name.trim(), image);
    setName("");
    setFile(null);
    if (chooser.current) chooser.current.value = "";
    changed();
  });
  const remove = useDeed(room, ["emotes", "audit"], async (emote: string) => {
    await deleteEmote(room, emote);
    changed();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = {
      ...(/^[a-z0-9_]{2,24}$/.test(name.trim()) ? {} : { name: t`2 to 24 of a-z, 0-9 and _.` }),
      ...(!file
        ? { file: t`Choose an image.` }
        : file.size > MAX_BYTES
          ? { file: t`The image is larger than 512 KiB.` }
          : {}),
    };
    setWrong(found);
    if (!file || Object.keys(found).length > 0) return notTaken();
    add.mutate(file, { onError: notTaken });
  };
  const own = list.data?.channel ?? [];
  const { of, form } = told(add.error, ["name"]);
  return (
    <Section
      title={t`Emotes of this channel`}
      testId="desk-emotes"
      about={t`PNG, JPEG, GIF or WebP, best square. People write :name: between colons.`}
    >
      <form
        ref={box}
        onSubmit={submit}
        className="flex flex-wrap items-start gap-2 px-4 pb-4 sm:px-5"
        noValidate
      >
        <div className="min-w-0 flex-1 basis-40">
          <Field
            label={t`Name`}
            value={name}
            maxLength={24}
            autoCapitalize="none"
            spellCheck={false}
            error={wrong.name ?? of("name")}
            data-testid="emote-name"
            onChange={(e) => {
              setName(e.target.value.toLowerCase());
              setWrong({ ...wrong, name: undefined });
              if (add.error) add.reset();
            }}
          />
        </div>
        <div className="flex min-w-0 flex-1 basis-56 flex-col gap-1.5">
          <label htmlFor={`${id}-image`} className="text-sm font-medium">
            {t`Image`}
          </label>
          <input
            id={`${id}-image`}
            ref={chooser}
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            data-testid="emote-file"
            aria-invalid={wrong.file ? true : undefined}
            aria-describedby={wrong.file ? `${id}-file` : undefined}
            className="block h-10 w-full min-w-0 rounded-sm border bg-ground px-2 py-[7px] text-sm text-quiet file:mr-2 file:rounded-sm file:border-0 file:bg-hover file:px-2 file:py-0.5 file:text-text"
            onChange={(e) => {
              setFile(e.target.files?.[0] ?? null);
              setWrong({ ...wrong, file: undefined });
              if (add.error) add.reset();
            }}
          />
          {wrong.file && (
            <p id={`${id}-file`} className="text-xs text-bad">
              {wrong.file}
            </p>
          )}
        </div>
        <Button type="submit" className="mt-[1.625rem] !h-10" busy={add.isPending} data-testid="emote-add">
          {t`Add`}
        </Button>
        <div className="basis-full empty:hidden">
          <FormError>{form ?? (remove.error ? sentence(remove.error) : null)}</FormError>
        </div>
      </form>
      <NotYet query={list} />
      {list.data && own.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{t`None of its own yet.`}</p>
      )}
      {own.length > 0 && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2 border-t p-4 sm:p-5">
          {own.map((emote) => (
            <Own
              key={emote.name}
              name={emote.name}
              url={emote.url}
              busy={remove.isPending && remove.variables === emote.name}
              remove={() => remove.mutate(emote.name)}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

/** One of them. Its image is not kept, so its deletion is asked about. */
function Own({ name, url, busy, remove }: { name: string; url: string; busy: boolean; remove: () => void }) {
  const question = useQuestion();
  return (
    <li
      data-testid="emote-row"
      className="flex flex-wrap items-center gap-2 rounded-sm border bg-ground p-2 text-sm"
    >
      <img src={url} alt="" className="size-8 object-contain" />
      <span className="min-w-0 flex-1 truncate">{name}</span>
      <span className={question.asking ? "flex basis-full flex-wrap gap-1" : "contents"}>
        <Question
          question={question}
          ask={(opener) => (
            <IconButton {...opener} label={t`Delete ${name}`} className="size-7" data-testid="emote-delete">
              <Trash2 aria-hidden className="size-3.5" />
            </IconButton>
          )}
          yes={t`Delete`}
          yesLabel={t`Delete ${name}`}
          no={t`Keep it`}
          className="!h-8"
          busy={busy}
          testIds={["emote-delete", "emote-delete-confirm", "emote-delete-cancel"]}
          onYes={remove}
        />
      </span>
    </li>
  );
}
