/** What a broadcast and a machine take, in words. Pure but for the locale. */
import { t } from "@lingui/core/macro";
import type { MediaNode, OnAir } from "../../api/admin";
import { list, oneDigit, percent } from "../../ui/figures";

const GIB = 1024 ** 3;

/** What its transcoder takes; null: nothing is transcoded, or it was not measured. */
export function coresOf({ health }: OnAir): string | null {
  const permille = health?.transcode_cpu_permille ?? 0;
  if (permille === 0) return null;
  const cores = oneDigit(permille / 1000);
  return t`${cores} cores`;
}

/** Which encoders make its qualities, and how many it has; `shed`: those that are not made for want of room. */
export function qualitiesOf({ renditions }: OnAir): { made: number; shed: number; by: string } {
  const shed = renditions.filter((rendition) => rendition.shed).length;
  const encoders = new Set(
    renditions.map((rendition) => rendition.encoder ?? "").filter((name) => name !== ""),
  );
  return { made: renditions.length - shed, shed, by: list([...encoders].sort()) };
}

export interface Load {
  key: "cores" | "memory" | "publishers";
  name: string;
  words: string;
  /** From 0 to 1. */
  share: number;
}

/** How full a machine is; what it does not say is left out. */
export function loadsOf({ machine }: MediaNode): Load[] {
  if (!machine) return [];
  const {
    cores,
    memory_bytes: memory,
    memory_available_bytes: left,
    publishers,
    max_publishers: most,
  } = machine;
  const loads: Load[] = [];
  if (cores > 0) {
    const share = machine.busy_permille / 1000;
    const busy = percent(share);
    loads.push({ key: "cores", name: t`Processors`, words: t`${busy} of ${cores} cores`, share });
  }
  if (memory > 0) {
    const [used, all] = [oneDigit((memory - left) / GIB), oneDigit(memory / GIB)];
    loads.push({
      key: "memory",
      name: t`Memory`,
      words: t`${used} of ${all} GiB`,
      share: (memory - left) / memory,
    });
  }
  if (most > 0) {
    const words = t`${publishers} of ${most}`;
    loads.push({ key: "publishers", name: t`Publishers`, words, share: publishers / most });
  }
  return loads;
}
