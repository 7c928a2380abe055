/** A key that may be shown: server and key as OBS asks for them, and behind them the encrypted server where there is one, with when to choose it. */
import { t } from "@lingui/core/macro";
import { type RefObject, useEffect, useRef } from "react";
import type { OpenStreamKey } from "../../api/contract";
import { ValueRow } from "./value-row";

interface OpenedKeyProps {
  opened: OpenStreamKey;
  /** Whether it was opened just now: then it comes into sight, once. */
  fresh: RefObject<boolean>;
  marked?: boolean;
}

export function OpenedKey({ opened, fresh, marked = false }: OpenedKeyProps) {
  const mark = (number: string) => (marked ? { mark: number } : {});
  const { key, name } = opened;
  const row = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one that is opened again is another object
  useEffect(() => {
    if (fresh.current) row.current?.scrollIntoView({ block: "nearest" });
    fresh.current = false;
  }, [opened, fresh]);
  return (
    <>
      <ValueRow {...mark("1")} label={t`Server`} value={opened.rtmp_url} testId="server-value" />
      <div ref={row} className="scroll-my-24">
        <ValueRow {...mark("2")} label={t`Stream Key`} value={key} secret testId="key-value" />
        <p className="pt-1.5 text-xs text-quiet" data-testid="key-name">{t`It is the key “${name}”.`}</p>
      </div>
      {opened.rtmps_url && (
        <div className="flex flex-col gap-1.5">
          <ValueRow
            label={t`Server, encrypted (RTMPS)`}
            value={opened.rtmps_url}
            testId="secure-server-value"
          />
          <p className="text-xs text-quiet">
            {t`Use this address instead on a network that others share, such as a public Wi‑Fi: nobody on the way can read your key. If OBS says “Failed to connect”, this server’s certificate is its own: its operator has to install one, or you take the server above.`}
          </p>
        </div>
      )}
    </>
  );
}
