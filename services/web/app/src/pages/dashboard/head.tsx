/** The dashboard's head: what the channel is doing, in words, and the ways to what belongs to it. */
import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import type { OwnStream } from "../../api/contract";
import { say } from "../../language/say";
import { usePushDown } from "../../live/use-live";
import { useShown } from "../../live/use-shown";
import { buttonLook } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { viewers } from "../../ui/figures";
import { LiveBadge } from "../../ui/live-badge";
import { Uptime } from "../../ui/uptime";
import { stateWords, UNKNOWN } from "./state-words";
import { isTest } from "./test-mode";

/** `keys`: how many stream keys there are; undefined while that is not known. */
export function Head({ stream, keys }: { stream: OwnStream; keys: number | undefined }) {
  const shown = useShown(stream);
  const down = usePushDown();
  const { live } = stream;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 grow basis-full sm:basis-80">
        <h1 className="text-lg font-semibold">{t`Dashboard`}</h1>
        <p
          role="status"
          data-testid="dashboard-state"
          data-state={down ? "unknown" : stream.state}
          className="pt-0.5 text-quiet"
        >
          {down
            ? say(UNKNOWN)
            : isTest(stream) && shown === "live"
              ? t`Your test is on air.`
              : stateWords(shown, keys)}
          {!down && !live && stream.test_mode && ` ${t`Test mode is on.`}`}
        </p>
      </div>
      {live && !down && (
        <p className="figures flex items-center gap-3 text-quiet max-sm:basis-full">
          <LiveBadge state={stream.state} test={isTest(stream)} />
          <span>
            <Uptime since={live.started_at} />
          </span>
          <span data-testid="dashboard-viewers">{viewers(live.viewers)}</span>
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Link to="/dashboard/channel" className={buttonLook()} data-testid="edit-channel">
          {t`Edit channel`}
        </Link>
        <Link to="/dashboard/broadcasts" className={buttonLook()} data-testid="past-broadcasts">
          {t`Past broadcasts`}
        </Link>
        <Link to="/dashboard/webhooks" className={buttonLook()} data-testid="to-webhooks">
          {t`Webhooks`}
        </Link>
        <Link to={`/${stream.username}`} className={buttonLook()} data-testid="my-channel">
          {t`See your channel`}
        </Link>
        <CopyButton
          text={new URL(`/${stream.username}`, window.location.href).href}
          label={t`Copy link to your channel`}
          word={t`Copy link`}
          testId="copy-link"
        />
      </div>
    </div>
  );
}
