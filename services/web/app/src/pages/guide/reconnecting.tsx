/** What happens when the connection is lost, and the newer codecs. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";

export function Reconnecting() {
  return (
    <>
      <section className="flex flex-col gap-3 border-t pt-6" data-testid="guide-reconnect">
        <h2 className="text-lg font-semibold">{t`When the connection is lost`}</h2>
        <p className="max-w-[70ch]">
          <Trans>
            Leave <b>Settings → Advanced → Automatically Reconnect</b> on, with a retry delay of <b>2 s</b>{" "}
            and <b>25</b> retries, as OBS has it. Your broadcast waits for you, for a minute unless this
            server's operator chose otherwise: viewers keep their page and see that you are coming back, and
            it goes on as the same broadcast.
          </Trans>
        </p>
        <p className="max-w-[70ch]">
          {t`The first attempt is never repeated by OBS: if Start Streaming fails, press it again.`}
        </p>
        <p className="max-w-[70ch]">
          {t`To end at once, press Stop Streaming in OBS. “End the broadcast” on the dashboard ends it too, but an OBS that still runs begins a new one.`}
        </p>
      </section>
      <section className="flex flex-col gap-3 border-t pt-6" data-testid="guide-codecs">
        <h2 className="text-lg font-semibold">{t`HEVC, AV1 and several tracks`}</h2>
        <p className="max-w-[70ch]">
          {t`OBS 29.1 and newer can send HEVC and AV1 (“Enhanced RTMP”), which look better at the same bitrate. They are taken as they are and passed on. Not every browser plays them: those that do not get an H.264 rendition, where this server has one to spare. If you want everybody to see your best quality, stay with H.264.`}
        </p>
        <p className="max-w-[70ch]">
          {t`Of several video or audio tracks the first one is taken. Multitrack video (“Enhanced Broadcasting”) is not needed: the server makes the smaller sizes itself.`}
        </p>
      </section>
    </>
  );
}
