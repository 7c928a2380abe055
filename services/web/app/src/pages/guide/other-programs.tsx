/** Server and key in other programs. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { servers } from "../../api/calls";
import { CopyButton } from "../../ui/copy-button";

export function OtherPrograms() {
  const { data } = useQuery({
    queryKey: ["servers"],
    queryFn: ({ signal }) => servers(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  // not a text: what stands for the two
  const server = data?.rtmp_url ?? "SERVER";
  const command = [
    "ffmpeg -re -i FILE -c:v libx264 -preset veryfast -tune zerolatency -b:v 3000k -maxrate 3000k -bufsize 3000k",
    `-g 60 -pix_fmt yuv420p -c:a aac -b:a 160k -ar 48000 -f flv ${server}/KEY`,
  ].join(" ");
  return (
    <section className="flex flex-col gap-4 border-t pt-6" data-testid="guide-others">
      <h2 className="text-lg font-semibold">{t`Other programs, and phones`}</h2>
      <p className="max-w-[70ch] text-quiet">
        {t`All of them want the same two values: the server, and your key. Some want both as one address, with a slash between.`}
      </p>
      <dl className="flex flex-col divide-y rounded-md border">
        <Program
          // not a text: the name of a program
          name="Streamlabs Desktop"
        >
          <Trans>
            Settings → Stream → “Stream to custom ingest”. The server goes into <b>URL</b>, the key into{" "}
            <b>Stream key</b>.
          </Trans>
        </Program>
        <Program
          // not a text: the name of a program
          name="Larix Broadcaster (Android, iOS)"
        >
          <Trans>
            Settings → Connections → New connection. The <b>URL</b> is both in one:{" "}
            <code className="font-mono break-all text-text">{server}/KEY</code>. Keyframes every 2 s under
            Video.
          </Trans>
        </Program>
        <Program
          // not a text: the name of a program
          name="Moblin (iOS)"
        >
          <Trans>
            Settings → Streams → Create stream → Custom → RTMP. The server goes into <b>URL</b>, the key into{" "}
            <b>Stream key</b>.
          </Trans>
        </Program>
        <Program name="ffmpeg">
          <p>{t`A file, as if it were live; -g is twice the frames a second. KEY stands for your key.`}</p>
          <div className="flex flex-col items-start gap-2 pt-2">
            <code className="block w-full rounded-sm border bg-ground p-3 font-mono text-xs break-words text-text">
              {command}
            </code>
            <CopyButton
              text={command}
              label={t`Copy the command`}
              word={t`Copy the command`}
              testId="guide-ffmpeg"
            />
          </div>
        </Program>
      </dl>
    </section>
  );
}

function Program({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1 p-4">
      <dt className="font-medium">{name}</dt>
      <dd className="text-sm text-quiet">{children}</dd>
    </div>
  );
}
