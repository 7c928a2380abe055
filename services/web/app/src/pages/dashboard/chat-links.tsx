/** The chat outside of this page: in a window of its own, over the picture in OBS, and the moderators' desk. */

import { msg, t } from "@lingui/core/macro";
import { useState } from "react";
import { Link } from "react-router";
import { longSpan } from "../../chat/spans";
import { say } from "../../language/say";
import { buttonLook } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { inputLook } from "../../ui/field";
import { BACKGROUNDS, DEFAULTS, overlayPath } from "../overlay/overlay-options";

const SIZES = [16, 20, 24, 32, 40, 56];
const FADES = [0, 10, 20, 30, 60, 300];
const GROUNDS = {
  none: msg({ message: "None", context: "the ground of an overlay" }),
  dark: msg`Dark`,
  light: msg`Light`,
};

export function ChatLinks({ username }: { username: string }) {
  const [options, setOptions] = useState(DEFAULTS);
  const absolute = (path: string) => new URL(path, window.location.href).href;
  const overlay = absolute(overlayPath(username, options));
  const choice = "flex flex-col gap-1.5 text-sm font-medium";
  return (
    <section
      aria-label={t`Chat elsewhere`}
      className="flex flex-col gap-4 rounded-md border bg-raised p-4 sm:p-5"
    >
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-0 flex-1 text-base font-semibold">{t`Chat`}</h2>
        <Link to={`/moderation/${username}`} className={buttonLook()} data-testid="to-moderation">
          {t`Moderation`}
        </Link>
        <a
          href={`/popout/${username}/chat`}
          target="_blank"
          rel="noopener"
          className={buttonLook()}
          data-testid="to-popout"
        >
          {t`In its own window`}
        </a>
      </div>
      <div className="flex flex-col gap-3">
        <div>
          <h3 className="text-sm font-medium">{t`Over your picture`}</h3>
          <p className="max-w-[70ch] pt-0.5 text-sm text-quiet">
            {t`To show the chat in your stream, add a Browser source with this address in OBS, 420 wide and 700 high. Its background is transparent.`}
          </p>
        </div>
        <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          <label className={choice}>
            {t`Size`}
            <select
              className={inputLook}
              value={options.size}
              data-testid="overlay-size"
              onChange={(e) => setOptions({ ...options, size: Number(e.target.value) })}
            >
              {SIZES.map((size) => (
                <option key={size} value={size}>
                  {size} px
                </option>
              ))}
            </select>
          </label>
          <label className={choice}>
            {t`Background`}
            <select
              className={inputLook}
              value={options.bg}
              data-testid="overlay-bg"
              onChange={(e) =>
                setOptions({ ...options, bg: BACKGROUNDS.find((b) => b === e.target.value) ?? "none" })
              }
            >
              {BACKGROUNDS.map((bg) => (
                <option key={bg} value={bg}>
                  {say(GROUNDS[bg])}
                </option>
              ))}
            </select>
          </label>
          <label className={choice}>
            {t`Lines fade`}
            <select
              className={inputLook}
              value={options.fade}
              data-testid="overlay-fade"
              onChange={(e) => setOptions({ ...options, fade: Number(e.target.value) })}
            >
              {FADES.map((fade) => (
                <option key={fade} value={fade}>
                  {fade === 0 ? t`Never` : t`After ${longSpan(fade)}`}
                </option>
              ))}
            </select>
          </label>
          <label className={choice}>
            {t`Badges`}
            <select
              className={inputLook}
              value={options.badges ? "1" : "0"}
              onChange={(e) => setOptions({ ...options, badges: e.target.value === "1" })}
            >
              <option value="1">{t`Shown`}</option>
              <option value="0">{t`Not shown`}</option>
            </select>
          </label>
        </div>
        <div className="flex gap-2">
          <code
            data-testid="overlay-url"
            className="flex h-9 min-w-0 flex-1 items-center overflow-x-auto rounded-sm border bg-ground px-3 font-mono text-sm whitespace-nowrap"
          >
            {overlay}
          </code>
          <CopyButton text={overlay} label={t`Copy the overlay's address`} testId="copy-overlay" />
        </div>
      </div>
    </section>
  );
}
