/**
 * How to set up OBS, for who has never done it: four steps with pictures of the program, then what to do when it does not work. What it says
 * of this platform is so by its code: what is taken (ADR 0011), how long a broadcast waits, which refusals there are.
 */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { signInPath, useSession } from "../../auth/use-session";
import { buttonLook } from "../../ui/button";
import { useTitle } from "../../ui/use-title";
import { TEXT_LINK } from "../sheet";
import { ObsShot } from "./obs-shot";
import { OtherPrograms } from "./other-programs";
import { Reconnecting } from "./reconnecting";
import { Servers } from "./servers";
import { SettingsTable } from "./settings-table";
import { Troubles } from "./troubles";

export function ObsGuide() {
  useTitle(t`Set up OBS in five minutes`);
  return (
    <article
      className="mx-auto flex w-full max-w-3xl flex-col gap-8 px-4 py-8 sm:px-6"
      data-testid="obs-guide"
    >
      <header className="flex flex-col gap-3">
        <h1 className="text-xl font-semibold tracking-tight">{t`Set up OBS in five minutes`}</h1>
        <p className="max-w-[70ch] text-quiet">
          <Trans>
            OBS Studio is a free program that sends your screen, camera and microphone to your channel. Get it
            from <span className="font-medium text-text">obsproject.com</span>, for Windows, macOS and Linux.
            Any other program that speaks RTMP works too.
          </Trans>
        </p>
      </header>
      <ol className="flex flex-col gap-8">
        <Step number={1} title={t`Get a stream key`} testId="guide-key">
          <KeyStep />
        </Step>
        <Step number={2} title={t`Tell OBS where to send it`} testId="guide-server">
          <p>
            <Trans>
              In OBS, open <b>Settings → Stream</b>. Choose the service <b>Custom…</b>, and paste server and
              key. Leave “Use authentication” off.
            </Trans>
          </p>
          <Servers />
          <ObsShot
            name="stream"
            alt={t`OBS, Settings, Stream: the service is Custom, below it the server's address and the covered stream key.`}
          />
        </Step>
        <Step number={3} title={t`Choose settings that suit`} testId="guide-settings">
          <p>
            <Trans>
              Open <b>Settings → Output</b> and set the output mode to <b>Advanced</b>. The one setting that
              nearly everybody has to change is the <b>keyframe interval: 2 s</b>. OBS itself takes 8 s, and
              pictures start and recover slowly with it.
            </Trans>
          </p>
          <ObsShot
            name="output"
            alt={t`OBS, Settings, Output, mode Advanced: encoder x264, rate control CBR, bitrate 6000 Kbps, keyframe interval 2 s, preset veryfast, profile high, tune zerolatency.`}
          />
          <p>
            <Trans>
              Then size and frame rate under <b>Settings → Video</b>:
            </Trans>
          </p>
          <ObsShot
            name="video"
            alt={t`OBS, Settings, Video: canvas and output resolution 1920x1080, 30 frames a second.`}
          />
          <SettingsTable />
        </Step>
        <Step number={4} title={t`Press Start Streaming`} testId="guide-start">
          <div className="flex flex-col gap-4 sm:flex-row sm:items-start">
            <div className="sm:order-last sm:w-40 sm:shrink-0">
              <ObsShot
                name="start"
                narrow
                alt={t`The Controls of OBS: Start Streaming is the uppermost button, Settings the last but one.`}
              />
            </div>
            <div className="flex min-w-0 flex-1 flex-col gap-3">
              <p>
                <Trans>
                  Keep your <TextLink to="/dashboard">dashboard</TextLink> open. Its first sentence says how
                  it goes, by itself and within a few seconds:
                </Trans>
              </p>
              <ul className="flex flex-col gap-1.5 border-l pl-4 text-quiet">
                <li>{t`Waiting for your encoder. Server and key are below.`}</li>
                <li>{t`Your encoder is connected. The first picture is on its way.`}</li>
                <li className="font-medium text-text">{t`You are live.`}</li>
              </ul>
              <p>
                {t`Beside the picture it then says what could be better: bitrate, keyframes, sound, dropped frames, and what to change.`}
              </p>
            </div>
          </div>
        </Step>
      </ol>
      <Troubles />
      <Reconnecting />
      <OtherPrograms />
    </article>
  );
}

function KeyStep() {
  const { status } = useSession();
  if (status === "in") {
    return (
      <>
        <p>
          <Trans>
            Your dashboard makes one and shows it whenever you like: under <b>Show server and key</b> while
            you are not live, and at any time in its list <b>Stream keys</b>. Whoever knows your key can
            stream as you: show it to nobody, not even on stream.
          </Trans>
        </p>
        <div>
          <Link to="/dashboard" data-testid="guide-dashboard" className={buttonLook("primary")}>
            {t`To my key`}
          </Link>
        </div>
      </>
    );
  }
  return (
    <>
      <p>
        {t`A stream key belongs to an account. Sign in or register, then come back: your dashboard makes a key and shows it.`}
      </p>
      <div className="flex flex-wrap gap-2">
        <Link to={signInPath("/guide/obs")} data-testid="guide-sign-in" className={buttonLook("primary")}>
          {t`Sign in`}
        </Link>
        <Link to="/register?next=%2Fguide%2Fobs" className={buttonLook()}>
          {t`Register`}
        </Link>
      </div>
    </>
  );
}

function Step(props: { number: number; title: string; testId: string; children: ReactNode }) {
  return (
    <li data-testid={props.testId} className="flex flex-col gap-4 border-t pt-6">
      <h2 className="flex items-center gap-3 text-lg font-semibold">
        <span
          aria-hidden
          className="figures inline-flex size-8 shrink-0 items-center justify-center rounded-full border text-base"
        >
          {props.number}
        </span>
        {props.title}
      </h2>
      <div className="flex min-w-0 flex-col gap-4 sm:pl-11">{props.children}</div>
    </li>
  );
}

function TextLink({ to, children }: { to: string; children?: ReactNode }) {
  return (
    <Link to={to} className={TEXT_LINK}>
      {children}
    </Link>
  );
}
