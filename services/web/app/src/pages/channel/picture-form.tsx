/** The channel's two pictures: beside the name, and above what it says about itself. What is chosen is seen before it is sent. */
import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type About, deletePicture, putPicture } from "../../api/channels";
import type { OwnStream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { keys } from "../../live/use-live";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Section } from "../moderation/section";
import { ACCEPT, tooLarge } from "./picture-file";
import { useUnsaved } from "./unsaved";

export function PictureForm({ stream, about }: { stream: OwnStream; about: About }) {
  return (
    <Section
      title={t`Pictures`}
      testId="settings-pictures"
      about={t`PNG, JPEG, GIF or WebP, up to 5 MiB and 4096 pixels a side. Only the picture itself is kept; where and when it was taken is removed.`}
    >
      <div className="flex flex-col gap-6 px-4 pb-4 sm:px-5">
        <Place
          place="avatar"
          title={t`Your picture`}
          hint={t`The middle square of it, beside your name`}
          url={stream.avatar_url ?? null}
          username={stream.username}
          show={(src) => <Avatar name={stream.display_name} src={src} size={80} />}
        />
        <Place
          place="banner"
          title={t`Banner`}
          hint={t`Wide: 1600 pixels are enough`}
          url={about.banner_url}
          username={stream.username}
          show={(src) =>
            src ? (
              <img src={src} alt="" className="h-24 w-full rounded-md bg-raised object-cover" />
            ) : (
              <div className="flex h-24 items-center justify-center rounded-md border border-dashed text-sm text-quiet">
                {t`None yet`}
              </div>
            )
          }
        />
      </div>
    </Section>
  );
}

function Place({
  place,
  title,
  hint,
  url,
  username,
  show,
}: {
  place: "avatar" | "banner";
  title: string;
  hint: string;
  url: string | null;
  username: string;
  show: (src: string | null) => React.ReactNode;
}) {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!file) return setPreview(null);
    const address = URL.createObjectURL(file);
    setPreview(address);
    return () => URL.revokeObjectURL(address);
  }, [file]);
  useUnsaved(file?.name ?? null, false);
  const done = async () => {
    setFile(null);
    if (chooser.current) chooser.current.value = "";
    await Promise.all([
      client.invalidateQueries({ queryKey: keys.own }),
      client.invalidateQueries({ queryKey: keys.stream(username) }),
      client.invalidateQueries({ queryKey: ["about", username] }),
    ]);
  };
  const send = useMutation({ mutationFn: (picture: File) => putPicture(place, picture), onSuccess: done });
  const remove = useMutation({ mutationFn: () => deletePicture(place), onSuccess: done });
  const error = send.error ?? remove.error;
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h3 className="text-sm font-medium">{title}</h3>
        <p className="text-xs text-quiet">{hint}</p>
      </div>
      <div data-testid={`${place}-preview`} data-url={url ?? ""} className={place === "avatar" ? "w-20" : ""}>
        {show(preview ?? url)}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <input
          ref={chooser}
          type="file"
          accept={ACCEPT}
          aria-label={t`Choose a file: ${title}`}
          data-testid={`${place}-file`}
          className="block h-9 max-w-full min-w-0 flex-1 basis-56 rounded-sm border bg-ground px-2 py-1 text-sm text-quiet file:mr-2 file:rounded-sm file:border-0 file:bg-hover file:px-2 file:py-0.5 file:text-text"
          onChange={(e) => {
            const chosen = e.target.files?.[0] ?? null;
            const refused = chosen && tooLarge(chosen);
            setWrong(refused || null);
            setFile(refused ? null : chosen);
            send.reset();
            remove.reset();
          }}
        />
        <Button
          weight={file ? "primary" : "plain"}
          disabled={!file}
          busy={send.isPending}
          data-testid={`${place}-save`}
          onClick={() => file && send.mutate(file)}
        >
          {t`Use it`}
        </Button>
        {url && (
          <Button busy={remove.isPending} data-testid={`${place}-remove`} onClick={() => remove.mutate()}>
            {t`Remove`}
          </Button>
        )}
      </div>
      <FormError>{wrong ?? (error ? sentence(error) : null)}</FormError>
    </div>
  );
}
