/** The channel's own emotes. */
import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { addEmote, deleteEmote, emotes } from "../../api/chat";
import { sentence } from "../../api/problem";
import { emotesKey } from "../../chat/use-emotes";
import { Button, IconButton } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Section } from "./section";
import { useDeed, usePart } from "./use-desk";

/** The server's limit unless it says otherwise. */
const MAX_BYTES = 512 << 10;

export function Emotes({ room }: { room: string }) {
  const client = useQueryClient();
  const list = usePart(room, "emotes", (signal) => emotes(room, signal));
  const [name, setName] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const told = () => void client.invalidateQueries({ queryKey: emotesKey(room) });
  const add = useDeed(room, ["emotes", "audit"], async (image: File) => {
    await addEmote(room, name.trim(), image);
    setName("");
    setFile(null);
    if (chooser.current) chooser.current.value = "";
    told();
  });
  const remove = useDeed(room, ["emotes", "audit"], async (emote: string) => {
    await deleteEmote(room, emote);
    told();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!/^[a-z0-9_]{2,24}$/.test(name.trim())) setWrong("2 to 24 of a-z, 0-9 and _.");
    else if (!file) setWrong(t`Choose an image.`);
    else if (file.size > MAX_BYTES) setWrong(t`The image is larger than 512 KiB.`);
    else {
      setWrong(null);
      add.mutate(file);
    }
  };
  const own = list.data?.channel ?? [];
  const error = add.error ?? remove.error ?? list.error;
  return (
    <Section
      title={t`Emotes of this channel`}
      testId="desk-emotes"
      about={t`PNG, JPEG, GIF or WebP, best square. People write :name: between colons.`}
    >
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2 px-4 pb-4 sm:px-5">
        <div className="min-w-0 flex-1 basis-40">
          <Field
            label={t`Name`}
            value={name}
            maxLength={24}
            autoCapitalize="none"
            spellCheck={false}
            data-testid="emote-name"
            onChange={(e) => setName(e.target.value.toLowerCase())}
          />
        </div>
        <label className="flex min-w-0 flex-1 basis-56 flex-col gap-1.5 text-sm font-medium">
          {t`Image`}
          <input
            ref={chooser}
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            data-testid="emote-file"
            className="block h-10 w-full min-w-0 rounded-sm border bg-ground px-2 py-[7px] text-sm font-normal text-quiet file:mr-2 file:rounded-sm file:border-0 file:bg-hover file:px-2 file:py-0.5 file:text-text"
            onChange={(e) => setFile(e.target.files?.[0] ?? null)}
          />
        </label>
        <Button type="submit" className="!h-10" busy={add.isPending} data-testid="emote-add">
          {t`Add`}
        </Button>
        <div className="basis-full empty:hidden">
          <FormError>{wrong ?? (error ? sentence(error) : null)}</FormError>
        </div>
      </form>
      {list.data && own.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{t`None of its own yet.`}</p>
      )}
      {own.length > 0 && (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2 border-t p-4 sm:p-5">
          {own.map((emote) => (
            <li
              key={emote.name}
              data-testid="emote-row"
              className="flex items-center gap-2 rounded-sm border bg-ground p-2 text-sm"
            >
              <img src={emote.url} alt="" className="size-8 object-contain" />
              <span className="min-w-0 flex-1 truncate">{emote.name}</span>
              <IconButton
                label={t`Delete ${emote.name}`}
                className="size-7"
                onClick={() => remove.mutate(emote.name)}
              >
                <Trash2 aria-hidden className="size-3.5" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
