/** The image that goes with the next message: chosen or pasted, uploaded at once, dropped when the writer takes it back. */
import { type ChangeEvent, type ClipboardEvent, useEffect, useState } from "react";
import { addImage } from "../api/chat";
import { sentence } from "../api/problem";
import type { ChatImage } from "./frames";

/** The server's limit unless it says otherwise. */
const MAX_BYTES = 5 << 20;

export function useImage(room: string, tell: (sentence: string | null) => void) {
  const [ready, setReady] = useState<ChatImage | null>(null);
  const [preview, setPreview] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => () => void (preview && URL.revokeObjectURL(preview)), [preview]);

  const clear = () => {
    setReady(null);
    setPreview(null);
    setBusy(false);
  };
  const take = async (file: File) => {
    if (file.size > MAX_BYTES) {
      tell("That image is larger than 5 MiB. Choose a smaller one.");
      return;
    }
    tell(null);
    setReady(null);
    setBusy(true);
    setPreview(URL.createObjectURL(file));
    try {
      setReady(await addImage(room, file));
      setBusy(false);
    } catch (error) {
      clear();
      tell(sentence(error));
    }
  };
  return {
    ready,
    preview,
    busy,
    clear,
    onChoose: (event: ChangeEvent<HTMLInputElement>) => {
      const file = event.target.files?.[0];
      event.target.value = "";
      if (file) void take(file);
    },
    onPaste: (event: ClipboardEvent) => {
      const file = [...event.clipboardData.files].find((f) => f.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      void take(file);
    },
  };
}
