/** Shares a channel: its link, by the device's own means where it has some, and the code that puts its player on another page. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Share } from "lucide-react";
import { type ReactNode, useId } from "react";
import { card } from "../../api/channels";
import type { Embedding, Stream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { isOpen } from "../../live/stream-state";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Dialog } from "../../ui/dialog";
import { inputLook } from "../../ui/field";
import { embedCode } from "./embed-code";

export function ShareDialog({ stream, onClose }: { stream: Stream; onClose: () => void }) {
  const link = `${location.origin}/${stream.username}`;
  const name = stream.display_name;
  const share = () => void navigator.share({ title: name, url: link }).catch(() => {});
  return (
    <Dialog title={t`Share ${name}`} onClose={onClose} testId="share-dialog">
      <div className="flex flex-col gap-5">
        <Copied
          label={t`Link`}
          text={link}
          testId="share-link"
          hint={isOpen(stream) ? null : t`Whoever opens it still has to be let in.`}
        >
          {"share" in navigator && (
            <Button aria-label={t`Share by this device`} data-testid="share-device" onClick={share}>
              <Share aria-hidden className="size-4" />
            </Button>
          )}
        </Copied>
        {isOpen(stream) ? (
          <Code stream={stream} />
        ) : (
          <p className="text-sm text-quiet" data-testid="share-not-open">
            {t`Other sites can show the player of channels that are for everybody. This one is not.`}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Code({ stream }: { stream: Stream }) {
  const { data, error } = useQuery({
    queryKey: ["card", stream.username],
    queryFn: ({ signal }) => card(stream.username, signal),
  });
  if (!data) return <p className="min-h-16 text-sm text-quiet">{error ? sentence(error) : ""}</p>;
  const name = stream.display_name;
  if (data.embedding === "nowhere") {
    return (
      <p className="text-sm text-quiet" data-testid="share-nowhere">
        {t`${name} does not want the player on other sites. Share the link instead.`}
      </p>
    );
  }
  return (
    <Copied
      label={t`Code for a website`}
      text={embedCode(location.origin, stream)}
      testId="share-code"
      hint={HINTS[data.embedding](name)}
      long
    />
  );
}

const HINTS: Record<Exclude<Embedding, "nowhere">, (name: string) => string> = {
  everywhere: () =>
    t`It plays by itself, without sound. With ?autoplay=false behind the name it waits for a click.`,
  sites: (name) => t`It plays only on the sites that ${name} named.`,
};

function Copied({
  label,
  text,
  hint,
  testId,
  long = false,
  children,
}: {
  label: string;
  text: string;
  hint: string | null;
  testId: string;
  long?: boolean;
  children?: ReactNode;
}) {
  const id = useId();
  const field = {
    id,
    readOnly: true,
    value: text,
    "data-testid": testId,
    "aria-describedby": hint ? `${id}-said` : undefined,
    onFocus: (event: { target: { select: () => void } }) => event.target.select(),
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {long ? (
        <textarea
          {...field}
          rows={5}
          className="w-full resize-none rounded-sm border border-line bg-ground px-3 py-2 font-mono text-xs break-all text-text"
        />
      ) : (
        <input {...field} className={inputLook} />
      )}
      {hint && (
        <p id={`${id}-said`} className="text-xs text-quiet">
          {hint}
        </p>
      )}
      <div className="flex gap-2">
        <CopyButton text={text} label={t`Copy: ${label}`} word={t`Copy`} testId={`copy-${testId}`} />
        {children}
      </div>
    </div>
  );
}
