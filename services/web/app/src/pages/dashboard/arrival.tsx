/** What arrives from the encoder, once a second, and what to make of it. */
import { CircleCheck, Hourglass, Info, TriangleAlert } from "lucide-react";
import type { Health, OwnStream, Rendition } from "../../api/contract";
import { bitrate, codecNames } from "../../ui/figures";
import { advice } from "./coach";
import { codecAdvice } from "./codec-advice";

export function Arrival({ stream, health }: { stream: OwnStream; health: Health | null }) {
  const renditions = stream.live?.renditions ?? [];
  const source = renditions.find((r) => r.name === "source") ?? renditions[0];
  const hints = [...advice(health, source), ...codecAdvice(renditions)];
  return (
    <section
      aria-labelledby="arrival-title"
      className="rounded-md border bg-raised p-4 sm:p-5"
      data-testid="arrival"
    >
      <h2 id="arrival-title" className="text-base font-semibold">
        What arrives
      </h2>
      <div className="pt-2" role="status" data-testid="coach">
        {hints.length === 0 ? (
          <p className="flex gap-2 text-quiet">
            {health ? (
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
            ) : (
              <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0" />
            )}
            {health
              ? "All is well."
              : stream.state === "reconnecting"
                ? "Nothing arrives right now."
                : "Waiting for the first figures."}
          </p>
        ) : (
          hints.map((hint) => (
            <p key={hint.text} className="flex gap-2 pb-1">
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
      <dl className="figures grid grid-cols-2 gap-x-4 gap-y-4 pt-4 sm:grid-cols-3">
        <Figure
          name="Resolution"
          testId="health-resolution"
          value={source ? `${source.width} × ${source.height}` : null}
        />
        <Figure name="Frame rate" testId="health-fps" value={fps(health?.fps ?? source?.fps)} />
        <Figure name="Video" testId="health-video" value={rate(health?.video_bitrate_bps)} />
        <Figure
          name="Audio"
          testId="health-audio"
          value={health?.audio_bitrate_bps === 0 ? "None" : rate(health?.audio_bitrate_bps)}
        />
        <Figure
          name="Codecs"
          testId="health-codecs"
          value={source?.codecs ? codecNames(source.codecs) : null}
        />
        <Figure
          name="Keyframe interval"
          testId="health-keyframes"
          value={interval(health?.keyframe_interval_ms)}
        />
        <Figure
          name="Frames dropped"
          testId="health-dropped"
          value={health?.frames_dropped?.toString() ?? null}
        />
        <Figure name="Sound" testId="health-sound" value={sound(health)} />
        <Figure name="Encoder" testId="health-encoder" value={health?.encoder || null} />
      </dl>
      {renditions.length > 0 && <Renditions list={renditions} />}
    </section>
  );
}

function Renditions({ list }: { list: Rendition[] }) {
  return (
    <div className="pt-5">
      <h3 className="pb-1 text-xs font-semibold text-quiet">Viewers can choose</h3>
      <table className="figures w-full text-sm" data-testid="renditions">
        <tbody className="divide-y">
          {list.map((r) => (
            <tr key={r.name}>
              <th scope="row" className="py-1.5 pr-3 text-left font-medium">
                {r.name}
              </th>
              <td className="py-1.5 pr-3 text-quiet">
                {r.width} × {r.height}
              </td>
              <td className="py-1.5 pr-3 text-quiet max-sm:hidden">{fps(r.fps)}</td>
              <td className="py-1.5 text-right text-quiet">{bitrate(r.bitrate_bps)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Figure({ name, value, testId }: { name: string; value: string | null; testId: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-quiet">{name}</dt>
      <dd data-testid={testId} className="pt-0.5 font-medium wrap-anywhere">
        {value ?? "–"}
      </dd>
    </div>
  );
}

function fps(value: number | undefined): string | null {
  if (!value) return null;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} fps`;
}

function rate(value: number | undefined): string | null {
  return value === undefined || value === null ? null : bitrate(value);
}

function interval(ms: number | undefined): string | null {
  return ms ? `${(ms / 1_000).toFixed(ms % 1_000 === 0 ? 0 : 1)} s` : null;
}

function sound(health: Health | null): string | null {
  if (health?.audio_sample_rate === 0) return "None";
  if (!health?.audio_sample_rate) return null;
  const channels =
    health.audio_channels === 1
      ? "mono"
      : health.audio_channels === 2
        ? "stereo"
        : `${health.audio_channels} channels`;
  return `${(health.audio_sample_rate / 1_000).toFixed(1)} kHz ${channels}`;
}
