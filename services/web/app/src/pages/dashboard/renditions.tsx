/** What viewers can choose, who makes it, and whether it keeps up. */
import { t } from "@lingui/core/macro";
import type { Rendition } from "../../api/contract";
import { bitrate, fps, oneDigit } from "../../ui/figures";

/** From here on, and not before, it is worth a word that a rendition is behind. */
const BEHIND_MS = 1_500;

export function Renditions({ list, told }: { list: Rendition[]; told: boolean }) {
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
              <td className="py-1.5 pr-3 text-quiet">{told && <Maker rendition={r} />}</td>
              <td className="py-1.5 text-right text-quiet">{bitrate(r.bitrate_bps)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Maker({ rendition: { shed, lag_ms = 0, encoder } }: { rendition: Rendition }) {
  const late = oneDigit(lag_ms / 1_000);
  if (shed) return <span className="text-warn">{t`not made now`}</span>;
  if (lag_ms > BEHIND_MS) return <span className="text-warn">{t`${late} s behind`}</span>;
  return <span className="max-sm:hidden">{encoder}</span>;
}
