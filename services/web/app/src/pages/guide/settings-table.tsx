/** What to set, and why. The bitrates are those that the dashboard's coach calls usual (`pages/dashboard/coach`). */
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { say } from "../../language/say";
import { number } from "../../ui/figures";

/** Size, frames a second, kbit/s of video. */
export const BITRATES: Array<[width: number, height: number, fps: number, kbps: number]> = [
  [1920, 1080, 60, 9_000],
  [1920, 1080, 30, 6_000],
  [1280, 720, 60, 5_000],
  [1280, 720, 30, 3_000],
  [854, 480, 30, 1_500],
];

const ROWS = [
  [
    msg`Encoder`,
    msg`NVENC, QuickSync, AMF or Apple VT, if it is offered; else x264`,
    msg`The graphics card does the work. H.264 plays everywhere.`,
  ],
  [msg`Rate control`, msg`CBR`, msg`Your upload has to bear the same all the time.`],
  [msg`Bitrate`, msg`See below`, msg`At most three quarters of what your upload can do.`],
  [
    msg`Keyframe interval`,
    msg`2 s, or 1 s`,
    msg`Viewers begin at a keyframe. 1 s starts faster and costs a little quality; 0 is automatic, and too long.`,
  ],
  [
    msg`Preset`,
    msg`veryfast (x264); P4 to P5 (NVENC)`,
    msg`Slower looks better, until the computer cannot keep up.`,
  ],
  [
    msg`Tune`,
    msg`zerolatency, or none`,
    msg`With it x264 does not look ahead: viewers are more than half a second closer, at a little less quality.`,
  ],
  [msg`Profile`, msg`high`, msg`Every browser plays it.`],
  [msg`B-frames`, msg`0 to 2`, msg`They are taken and passed on. Each costs a frame of delay.`],
  [msg`Audio`, msg`AAC, 160 kbit/s, 48 kHz, stereo`, msg`Under Output → Audio, and Audio → Sample Rate.`],
] as const;

export function SettingsTable() {
  return (
    <div className="flex flex-col gap-6">
      <table className="w-full text-left text-sm" data-testid="guide-settings-table">
        <caption className="pb-2 text-left text-base font-semibold">{t`All settings at a glance`}</caption>
        <thead className="sr-only sm:not-sr-only">
          <tr className="text-xs text-quiet">
            <th scope="col" className="py-1.5 pr-4 font-medium">{t`Setting`}</th>
            <th scope="col" className="py-1.5 pr-4 font-medium">{t`Choose`}</th>
            <th scope="col" className="py-1.5 font-medium">{t`Why`}</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([name, choose, why]) => (
            <tr key={name.id} className="border-t align-top max-sm:flex max-sm:flex-col max-sm:py-2">
              <th scope="row" className="py-2 pr-4 font-medium whitespace-nowrap max-sm:py-0.5">
                {say(name)}
              </th>
              <td className="py-2 pr-4 max-sm:py-0.5">{say(choose)}</td>
              <td className="py-2 text-quiet max-sm:py-0.5">{say(why)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className="figures w-full max-w-md text-left text-sm" data-testid="guide-bitrates">
        <caption className="pb-2 text-left text-base font-semibold">{t`Bitrate by size`}</caption>
        <thead>
          <tr className="text-xs text-quiet">
            <th scope="col" className="py-1.5 pr-4 font-medium">{t`Output resolution`}</th>
            <th scope="col" className="py-1.5 pr-4 text-right font-medium">{t`Frames a second`}</th>
            <th scope="col" className="py-1.5 text-right font-medium">{t`Video bitrate`}</th>
          </tr>
        </thead>
        <tbody>
          {BITRATES.map(([width, height, fps, kbps]) => (
            <tr key={`${height} ${fps}`} className="border-t">
              <th scope="row" className="py-2 pr-4 font-medium">
                {width} × {height}
              </th>
              <td className="py-2 pr-4 text-right">{fps}</td>
              <td className="py-2 text-right whitespace-nowrap">{number(kbps)} kbit/s</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="text-quiet">
        <Trans>
          Not sure? <b className="text-text">1280 × 720 at 30 frames and 3,000 kbit/s</b> runs on most
          computers, and nearly every viewer can receive it. The server makes smaller sizes of it for slow
          connections; you send one.
        </Trans>
      </p>
    </div>
  );
}
