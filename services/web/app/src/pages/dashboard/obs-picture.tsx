/** OBS's Settings → Stream dialog, drawn: where Server and Stream Key go. */

import { msg, t } from "@lingui/core/macro";
import { say } from "../../language/say";

const STREAM = msg`Stream`;
const SIDE = [msg`General`, STREAM, msg`Output`, msg`Audio`, msg`Video`, msg`Hotkeys`];

export function ObsPicture({ server }: { server: string | null }) {
  return (
    <div
      role="img"
      aria-label={t`The OBS settings window, section Stream: Service is Custom, Server holds the server address from this page, Stream Key the key from this page.`}
      data-testid="obs-picture"
      className="overflow-hidden rounded-md border border-[oklch(0.38_0.02_265)] bg-[oklch(0.25_0.015_265)] text-xs text-[oklch(0.9_0.01_265)] select-none"
    >
      <div className="flex h-8 items-center justify-between bg-[oklch(0.2_0.012_265)] px-3">
        <span>{t`Settings`}</span>
        <span className="text-[oklch(0.65_0.01_265)]">✕</span>
      </div>
      <div className="flex">
        <ul className="hidden w-28 shrink-0 border-r border-[oklch(0.33_0.015_265)] py-2 sm:block">
          {SIDE.map((name) => (
            <li
              key={name.id}
              className={`px-3 py-1.5 ${name === STREAM ? "bg-[oklch(0.4_0.09_265)] text-white" : ""}`}
            >
              {say(name)}
            </li>
          ))}
        </ul>
        <div className="flex min-w-0 flex-1 flex-col gap-2.5 p-3 sm:p-4">
          <Row name={t`Service`}>
            <Box>{t`Custom…`}</Box>
          </Row>
          <Row name={t`Server`} mark="1">
            <Box marked>{server ?? "rtmp://…"}</Box>
          </Row>
          <Row name={t`Stream Key`} mark="2">
            <Box marked>••••••••••••••••••••</Box>
          </Row>
          <div className="flex items-center gap-2 pl-26 text-[oklch(0.75_0.01_265)]">
            <span className="size-3 shrink-0 rounded-[2px] border border-[oklch(0.5_0.01_265)]" />
            {t`Use authentication`}
          </div>
          <div className="mt-2 flex justify-end gap-2">
            <span className="rounded-[4px] bg-[oklch(0.36_0.02_265)] px-4 py-1">{t`OK`}</span>
            <span className="rounded-[4px] bg-[oklch(0.36_0.02_265)] px-3 py-1">{t`Cancel`}</span>
          </div>
        </div>
      </div>
    </div>
  );
}

function Row({ name, mark, children }: { name: string; mark?: string; children: React.ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      <span className="w-24 shrink-0 text-right">{name}</span>
      {children}
      {mark && (
        <span className="inline-flex size-5 shrink-0 items-center justify-center rounded-full bg-[oklch(0.72_0.14_265)] font-semibold text-[oklch(0.17_0.03_265)]">
          {mark}
        </span>
      )}
    </div>
  );
}

function Box({ marked = false, children }: { marked?: boolean; children: React.ReactNode }) {
  return (
    <span
      className={`min-w-0 flex-1 truncate rounded-[4px] border bg-[oklch(0.18_0.012_265)] px-2 py-1.5 ${
        marked ? "border-[oklch(0.72_0.14_265)]" : "border-[oklch(0.38_0.02_265)]"
      }`}
    >
      {children}
    </span>
  );
}
