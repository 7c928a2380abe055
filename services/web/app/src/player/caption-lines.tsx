/** The captions over the picture, above the bar while that is there. Read by whoever looks at them, so no live region. */
import { useEffect, useState } from "react";
import type { Captions } from "./captions";

/** Pace of looking for the next one, ms: three pictures. */
const LOOK_MS = 100;

export function CaptionLines({
  captions,
  video,
  raised,
}: {
  captions: Captions;
  video: HTMLVideoElement;
  /** The bar is there. */
  raised: boolean;
}) {
  const [shown, setShown] = useState({ text: "", top: false });
  useEffect(() => {
    const look = () => {
      const { text, top } = captions.at(video.currentTime) ?? { text: "", top: false };
      setShown((was) => (was.text === text && was.top === top ? was : { text, top }));
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [captions, video]);
  if (!shown.text) return null;
  const place = shown.top ? "top-[8%]" : raised ? "bottom-24" : "bottom-[6%]";
  return (
    <p
      data-testid="player-caption"
      className={`pointer-events-none absolute inset-x-0 mx-auto w-fit max-w-[90%] rounded-[4px] bg-black/80 px-2.5 py-1 text-center text-sm font-medium whitespace-pre-line text-white transition-[bottom] sm:text-lg ${place}`}
    >
      {shown.text}
    </p>
  );
}
