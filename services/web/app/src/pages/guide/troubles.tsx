/** What to do when it does not work. OBS shows none of a server's words, so its own sentences are what people come with. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { TEXT_LINK } from "../sheet";

export function Troubles() {
  return (
    <section className="flex flex-col gap-4 border-t pt-6" data-testid="guide-troubles">
      <h2 className="text-lg font-semibold">{t`When it does not work`}</h2>
      <p className="max-w-[70ch] text-quiet">
        <Trans>
          OBS says only that it failed. Why, your{" "}
          <Link to="/dashboard" className={TEXT_LINK}>
            dashboard
          </Link>{" "}
          says above its first step, for a day.
        </Trans>
      </p>
      <dl className="flex flex-col divide-y rounded-md border">
        <Trouble title={t`“Could not access the specified channel or stream key”`}>
          {t`The key is wrong. Copy it anew with the button, into the field Stream Key: no space before or after it, and nothing of it in the server's field. A key that was mistyped belongs to nobody, so the dashboard cannot tell you of it; one that was deleted, replaced or is over it names.`}
        </Trouble>
        <Trouble title={t`“Failed to connect to server”`}>
          {t`OBS did not reach the server. Compare the address letter by letter. If it is right, a firewall on your computer, in your office or school keeps the port closed that the address ends with (RTMP uses 1935): ask for it to be opened, or try another network, such as your phone's.`}
        </Trouble>
        <Trouble title={t`It was refused, although the key is right`}>
          {t`After more than ten starts at a stroke the next ones are refused: stop whatever starts again and again, wait half a minute, start once. If two computers use the same key, the newer takes over; if they go on taking it from each other, one is refused. An account that is suspended streams nothing.`}
        </Trouble>
        <Trouble title={t`It is refused because of its codec`}>
          {t`H.264, HEVC and AV1 are taken, with AAC or Opus. Choose an H.264 encoder and AAC under Settings → Output.`}
        </Trouble>
        <Trouble title={t`Connected, and no picture`}>
          {t`A black picture is a scene with nothing in it, or a game that has to be captured in another way. If only sound arrives, the dashboard says so: stop and start the stream.`}
        </Trouble>
        <Trouble title={t`Dropped frames, or a picture that stutters`}>
          {t`Look at Docks → Stats in OBS. “Dropped frames” are your upload's: lower the bitrate, take a cable, or turn on “Dynamically change bitrate” under Settings → Advanced. “Skipped” or “missed” frames are your computer's: choose a faster preset, fewer frames or a smaller size.`}
        </Trouble>
        <Trouble title={t`Viewers say that it buffers`}>
          {t`Look at “How your viewers fare” on the dashboard. If many stall, your bitrate is more than they can receive: 3,000 to 6,000 kbit/s suit most.`}
        </Trouble>
      </dl>
    </section>
  );
}

function Trouble({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1 p-4">
      <dt className="font-medium">{title}</dt>
      <dd className="max-w-[70ch] text-sm text-quiet">{children}</dd>
    </div>
  );
}
