/** What viewers can choose, who makes it, and whether it keeps up. */
import { t } from "@lingui/core/macro";
import type { Rendition } from "../../api/contract";
import { bitrate, fps } from "../../ui/figures";
import type { Advice } from "./coach";
import { rungWords } from "./rung-words";

const TONES = { quiet: "", plain: "font-medium text-text", warn: "text-warn" };

interface Props {
  list: Rendition[];
  /** Whether it is known how they fare. */
  told: boolean;
  /** What the coach says now. */
  advice: Advice[];
}

export function Renditions({ list, told, advice }: Props) {
  return (
    <div className="pt-5">
      <h3 className="pb-1 text-xs font-semibold text-quiet">{t`Viewers can choose`}</h3>
      <table className="figures w-full text-sm" data-testid="renditions">
        <tbody className="divide-y">
          {list.map((r) => (
            <tr key={r.name} data-testid={`rendition-${r.name}`}>
              <th scope="row" className="py-1.5 pr-3 text-left font-medium">
                {r.name}
              </th>
              <td className="py-1.5 pr-3 text-quiet">
                {r.width} × {r.height}
              </td>
              <td className="py-1.5 pr-3 text-quiet max-sm:hidden">{fps(r.fps)}</td>
              <td className="py-1.5 pr-3 text-quiet">{told && <Maker rendition={r} advice={advice} />}</td>
              <td className="py-1.5 text-right text-quiet">{bitrate(r.bitrate_bps)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Maker({ rendition, advice }: { rendition: Rendition; advice: Advice[] }) {
  const words = rungWords(rendition, advice);
  if (!words) return <span className="max-sm:hidden">{rendition.encoder}</span>;
  return (
    <span className={TONES[words.tone]} data-tone={words.tone}>
      {words.text}
    </span>
  );
}
