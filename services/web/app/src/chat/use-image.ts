/** The image that goes with the next message: chosen or pasted, uploaded at once, dropped when the writer takes it back or leaves the room. */
import { t } from "@lingui/core/macro";
import { type ChangeEvent, type ClipboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { addImage } from "../api/chat";
import { sentence } from "../api/problem";
import { ImageTake, NOTHING } from "./image-take";

/** The server's limit unless it says otherwise. */
const MAX_BYTES = 5 << 20;

export function useImage(room: string, tell: (sentence: string | null) => void) {
  const [{ ready, file }, setTaken] = useState(NOTHING);
  const told = useRef(tell);
  useEffect(() => {
    told.current = tell;
  });
  const image = useMemo(
    () =>
      new ImageTake(
        (chosen) => addImage(room, chosen),
        setTaken,
        (why) => told.current(sentence(why)),
      ),
    [room],
  );
  useEffect(() => () => image.clear(), [image]);
  const preview = useMemo(() => file && URL.createObjectURL(file), [file]);
  useEffect(() => () => void (preview && URL.revokeObjectURL(preview)), [preview]);

  const take = (chosen: File) => {
    if (chosen.size > MAX_BYTES) {
      tell(t`That image is larger than 5 MiB. Choose a smaller one.`);
      return;
    }
    tell(null);
    void image.take(chosen);
  };
  return {
    ready,
    preview,
    busy: file !== null && ready === null,
    clear: () => image.clear(),
    onChoose: (event: ChangeEvent<HTMLInputElement>) => {
      const chosen = event.target.files?.[0];
      event.target.value = "";
      if (chosen) take(chosen);
    },
    onPaste: (event: ClipboardEvent) => {
      const chosen = [...event.clipboardData.files].find((f) => f.type.startsWith("image/"));
      if (!chosen) return;
      event.preventDefault();
      take(chosen);
    },
  };
}
