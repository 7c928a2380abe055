/** The first visit: get a key, put it into OBS, press Start. Each step ticks itself off as it happens. */
import { plural, t } from "@lingui/core/macro";
import { Check, Eye, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { OwnStream } from "../../api/contract";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { TEXT_LINK } from "../sheet";
import { ObsPicture } from "./obs-picture";
import { OpenedKey } from "./opened-key";
import { Reauth } from "./reauth";
import { Bars } from "./skeleton";
import type { Keys } from "./use-keys";

export function Steps({ stream, keys }: { stream: OwnStream; keys: Keys }) {
  const list = keys.list.data ?? [];
  const first = list[0];
  const running = stream.state !== "offline";
  const hasKey = list.length > 0;
  const used = running || list.some((k) => k.last_used_at);
  // Who has done it before has title and category in sight instead.
  const pictured = !used || keys.opened !== null;
  return (
    <ol className="flex flex-col gap-4" data-testid="steps">
      <Step number={1} title={t`Get a stream key`} done={hasKey} testId="step-key">
        {keys.list.isPending ? (
          <Bars widths={["w-2/3", "w-32"]} />
        ) : hasKey ? (
          <p className="text-quiet">
            {plural(list.length, {
              one: "You have a key. Whoever knows it can stream as you.",
              other: "You have # keys. Whoever knows one of them can stream as you.",
            })}
          </p>
        ) : (
          <>
            <p className="text-quiet">{t`With a stream key your streaming program, such as OBS, reaches your channel. Keep it to yourself.`}</p>
            <div>
              <Button
                weight="primary"
                data-testid="create-key"
                busy={keys.busy}
                onClick={() => keys.act({ what: "create", name: "OBS" })}
              >
                <KeyRound aria-hidden className="size-4" />
                {t`Create a key`}
              </Button>
            </div>
            <FormError>{keys.error}</FormError>
          </>
        )}
      </Step>
      <Step number={2} title={t`Put it into OBS`} done={used} testId="step-obs">
        <p className="text-quiet">
          {t`In OBS, open Settings → Stream, choose the service “Custom…” and fill in Server and Stream Key.`}{" "}
          <Link to="/guide/obs" data-testid="to-guide" className={TEXT_LINK}>
            {t`Step by step, with pictures`}
          </Link>
        </p>
        <div className={`grid items-start gap-5 ${pictured ? "xl:grid-cols-2" : ""}`}>
          <div className="flex min-w-0 flex-col gap-4">
            {keys.reauth ? (
              <Reauth keys={keys} />
            ) : keys.opened ? (
              <OpenedKey opened={keys.opened} fresh={keys.fresh} marked />
            ) : keys.list.isPending ? (
              <Bars widths={["w-2/3", "w-full"]} />
            ) : first ? (
              <div className="flex flex-col items-start gap-3">
                <Button
                  data-testid="reveal-key"
                  busy={keys.busy}
                  onClick={() => keys.act({ what: "reveal", id: first.id })}
                >
                  <Eye aria-hidden className="size-4" />
                  {t`Show server and key`}
                </Button>
                <FormError>{keys.error}</FormError>
              </div>
            ) : (
              <p className="text-quiet">{t`Server and key appear here after step 1.`}</p>
            )}
          </div>
          {pictured && <ObsPicture server={keys.opened?.rtmp_url ?? null} />}
        </div>
      </Step>
      <Step number={3} title={t`Press Start Streaming`} done={stream.state === "live"} testId="step-start">
        <p className="text-quiet">
          {stream.state === "starting"
            ? t`Your encoder is connected. The first picture is on its way.`
            : t`In OBS it is at the bottom right. This page notices by itself when OBS connects.`}
        </p>
      </Step>
    </ol>
  );
}

function Step({
  number,
  title,
  done,
  testId,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  testId: string;
  children: ReactNode;
}) {
  return (
    <li
      data-testid={testId}
      data-done={done}
      className="grid grid-cols-[auto_1fr] gap-3 rounded-md border bg-raised p-4 sm:gap-x-4 sm:p-5"
    >
      <span
        className={`inline-flex size-7 shrink-0 items-center justify-center rounded-full border text-sm font-semibold ${
          done ? "border-good text-good" : "text-quiet"
        }`}
      >
        {done ? <Check aria-label={t`Done`} className="size-4" /> : number}
      </span>
      <h2 className="pt-0.5 text-base font-semibold">{title}</h2>
      <div className="col-span-2 flex min-w-0 flex-col gap-3 sm:col-span-1 sm:col-start-2">{children}</div>
    </li>
  );
}
