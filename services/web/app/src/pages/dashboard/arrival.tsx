/** What arrives from the encoder, once a second, and what to make of it. */
import { plural, t } from "@lingui/core/macro";
import { CircleCheck, Hourglass, Info, TriangleAlert } from "lucide-react";
import type { Health, OwnStream } from "../../api/contract";
import { codecNames } from "../../ui/codec-names";
import { bitrate, fps, number, oneDigit } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { millis } from "../history/units";
import { arrivalWords } from "./arrival-words";
import { Renditions } from "./renditions";
import type { Arriving } from "./use-coach";

interface Props {
  stream: OwnStream;
  arriving: Arriving | null;
  /** The page cannot be told anything. */
  down: boolean;
}

export function Arrival({ stream, arriving, down }: Props) {
  const now = useNow(1_000);
  const renditions = stream.live?.renditions ?? [];
  const source = renditions.find((r) => r.name === "source") ?? renditions[0];
  const words = arrivalWords(stream.state, arriving, down, now);
  const advice = words.say === null ? (arriving?.advice ?? []) : [];
  const health = words.stale ? null : (arriving?.health ?? null);
  return (
    <section
      aria-labelledby="arrival-title"
      className="flex grow flex-col rounded-md border bg-raised p-4 sm:p-5"
      data-testid="arrival"
    >
      <h2 id="arrival-title" className="text-base font-semibold">
        {t`What arrives`}
      </h2>
      <div className="pt-2" role="status" data-testid="coach">
        {words.say !== null ? (
          <p className="flex gap-2 text-quiet">
            {words.good ? (
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
            ) : (
              <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0" />
            )}
            {words.say}
          </p>
        ) : (
          advice.map((hint) => (
            <p key={hint.code} data-code={hint.code} className="flex gap-2 pb-1">
              {hint.grave ? (
                <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
              ) : (
                <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-action" />
              )}
              <span>{hint.text}</span>
            </p>
          ))
        )}
      </div>
      {/* Where the column beside it is longer, the figures share what is left: there is no hole below them. */}
      <dl className="figures grid grow grid-cols-2 content-between gap-x-4 gap-y-4 pt-4 sm:grid-cols-3">
        <Figure
          name={t`Resolution`}
          testId="health-resolution"
          value={source ? `${source.width} × ${source.height}` : null}
        />
        <Figure name={t`Frame rate`} testId="health-fps" value={fps(health?.fps ?? source?.fps)} />
        <Figure name={t`Video bitrate`} testId="health-video" value={rate(health?.video_bitrate_bps)} />
        <Figure
          name={t`Audio bitrate`}
          testId="health-audio"
          value={health?.audio_bitrate_bps === 0 ? noSound() : rate(health?.audio_bitrate_bps)}
        />
        <Figure
          name={t`Codecs`}
          testId="health-codecs"
          value={source?.codecs ? codecNames(source.codecs) : null}
        />
        <Figure
          name={t`Keyframe interval`}
          testId="health-keyframes"
          value={interval(health?.keyframe_interval_ms)}
        />
        <Figure name={t`Frames dropped`} testId="health-dropped" value={dropped(health)} note={why(health)} />
        <Figure name={t`Sound format`} testId="health-sound" value={sound(health)} />
        <Figure name={t`Encoder`} testId="health-encoder" value={health?.encoder || null} />
        <Figure name={t`Upload jitter`} testId="health-jitter" value={jitter(health)} />
        <Figure
          name={t`Connection`}
          testId="health-connection"
          value={health?.secure === undefined ? null : health.secure ? t`RTMPS, encrypted` : "RTMP"}
        />
        {!!health?.transcode_cpu_permille && (
          <Figure
            name={t`Server’s encoder`}
            testId="health-transcoder"
            value={cores(health.transcode_cpu_permille)}
          />
        )}
      </dl>
      {renditions.length > 0 && <Renditions list={renditions} told={health !== null} advice={advice} />}
    </section>
  );
}

interface FigureProps {
  name: string;
  value: string | null;
  testId: string;
  note?: string | null;
}

function Figure({ name, value, testId, note }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-quiet">{name}</dt>
      <dd data-testid={testId} className="pt-0.5 font-medium wrap-anywhere">
        {value ?? "–"}
        {note && <span className="block text-xs font-normal text-quiet">{note}</span>}
      </dd>
    </div>
  );
}

function cores(permille: number): string {
  const n = number(permille / 1_000, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return t`${n} cores`;
}

function jitter(health: Health | null): string | null {
  return health?.arrival_jitter_ms === undefined ? null : millis(health.arrival_jitter_ms);
}

function dropped(health: Health | null): string | null {
  return health?.frames_dropped === undefined ? null : number(health.frames_dropped);
}

/** What became of frames, in a few words each; what belongs to any start is left out. */
const WHY: Record<string, (n: number) => string> = {
  malformed: (n) => plural(n, { other: "# broken" }),
  time_repaired: (n) => plural(n, { other: "# with wrong times" }),
  audio_overlap: (n) => plural(n, { other: "# pieces of sound too many" }),
};

function why(health: Health | null): string | null {
  const parts = (health?.drops ?? []).flatMap(({ reason, count }) => {
    const words = WHY[reason];
    return words && count > 0 ? words(count) : [];
  });
  return parts.length > 0 ? parts.join(", ") : null;
}

function rate(value: number | undefined): string | null {
  return value === undefined || value === null ? null : bitrate(value);
}

function interval(ms: number | undefined): string | null {
  if (!ms) return null;
  const digits = ms % 1_000 === 0 ? 0 : 1;
  const seconds = number(ms / 1_000, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return t`${seconds} s`;
}

const noSound = () => t({ message: "None", context: "the sound of a broadcast" });

function sound(health: Health | null): string | null {
  if (health?.audio_sample_rate === 0) return noSound();
  if (!health?.audio_sample_rate) return null;
  const channels =
    health.audio_channels === 1
      ? t`mono`
      : health.audio_channels === 2
        ? t`stereo`
        : plural(health.audio_channels ?? 0, { one: "# channel", other: "# channels" });
  return `${oneDigit(health.audio_sample_rate / 1_000)} kHz ${channels}`;
}
