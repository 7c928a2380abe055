/**
 * The chat over the picture, for OBS's browser source: transparent ground, large outlined text, no input. It reads without an account,
 * so that nothing that only moderators see can come here, and a deleted line is gone as if it had never been.
 *
 * OBS's browser is older than people's: what this page needs of CSS is in overlay.css, in forms of 2021.
 */
import { t } from "@lingui/core/macro";
import { useEffect, useLayoutEffect, useMemo, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { isLogFrame } from "../../chat/frames";
import type { Line, MessageLine } from "../../chat/log";
import { hexOf, tintOf } from "../../chat/name-colour";
import { noticeWords } from "../../chat/notice-words";
import { pieces } from "../../chat/pieces";
import { nameOf } from "../../chat/text";
import { useChat } from "../../chat/use-chat";
import { useNow } from "../../ui/use-now";
import { Unattended } from "../unattended";
import { LineBirths } from "./line-births";
import { OverlayBadges } from "./overlay-badges";
import { type OverlayOptions, readOptions } from "./overlay-options";
import "./overlay.css";

/** A faded line stays so long in the page, seconds: the length of the fading in overlay.css. */
const FADING_S = 1;
/** OKLCH lightness of names on a dark outline, and on a light ground. */
const NAME_LIGHTNESS = { none: 0.82, dark: 0.82, light: 0.45 };

/** The ground stays transparent when what lies on it breaks. */
export function Overlay() {
  useLayoutEffect(() => {
    document.documentElement.classList.add("overlay");
    return () => document.documentElement.classList.remove("overlay");
  }, []);
  return (
    <Unattended>
      <OverlaidChat />
    </Unattended>
  );
}

function OverlaidChat() {
  const { username = "" } = useParams();
  const [query] = useSearchParams();
  const options = useMemo(() => readOptions(query), [query]);
  const [births] = useState(() => new LineBirths());
  const { snapshot } = useChat(username, {
    anonymous: true,
    onFrame: (frame) => {
      if (frame.type === "joined") births.there(frame.events, Date.now());
      else if (isLogFrame(frame)) births.came(frame, Date.now());
    },
  });
  const now = useNow(options.fade > 0 ? 500 : 3_600_000);

  useEffect(() => {
    document.title = t`Chat overlay: ${username}`;
  }, [username]);

  const age = (line: Line) => births.age(line.id, now) / 1_000;
  const lines = snapshot.log.lines
    .filter((line) => (line.kind === "message" ? !line.removed : line.kind === "notice" && options.notices))
    .slice(-options.lines)
    .filter((line) => options.fade === 0 || age(line) < options.fade + FADING_S);
  return (
    <main
      data-testid="overlay"
      data-status={snapshot.status}
      className={`overlay-box overlay-${options.bg}`}
      style={{ fontSize: options.size }}
    >
      <div role="log" aria-label={t`Chat of ${username}`} aria-live="off">
        <ul>
          {lines.map((line) => (
            <li
              key={line.id}
              data-testid="overlay-line"
              className={`overlay-line ${options.fade > 0 && age(line) >= options.fade ? "overlay-faded" : ""}`}
            >
              {line.kind === "message" ? (
                <Message line={line} options={options} />
              ) : (
                line.kind === "notice" && <span className="overlay-notice">{noticeWords(line.notice)}</span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}

function Message({ line, options }: { line: MessageLine; options: OverlayOptions }) {
  const { user } = line;
  const colour = hexOf(tintOf(user.username, user.color), NAME_LIGHTNESS[options.bg]);
  return (
    <>
      {options.badges && <OverlayBadges badges={user.badges} />}
      <bdi className="overlay-name" style={{ color: colour }}>
        {nameOf(user)}
      </bdi>
      {line.me ? " " : ": "}
      <bdi className={line.me ? "overlay-me" : undefined}>
        {pieces(line.text, line.emotes).map((piece, n) =>
          piece.kind === "emote" ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a message's pieces never change
            <img key={n} src={piece.url} alt={`:${piece.name}:`} className="overlay-emote" />
          ) : (
            piece.text
          ),
        )}
      </bdi>
      {line.image?.url.startsWith("/api/") && (
        <img
          src={line.image.url}
          width={line.image.width}
          height={line.image.height}
          alt={t`Shared by ${nameOf(user)}`}
          className="overlay-image"
        />
      )}
    </>
  );
}
