/**
 * The line below a page of which a part could not be had when it was wanted: what was pressed for it shows nothing else where there is no room for
 * words. It comes with the page, for it could not be had later. Offline the other bar speaks; over somebody's stream nobody presses anything.
 */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button, IconButton } from "../ui/button";
import { lostPart } from "./lost-part";
import { isOverStream } from "./over-stream";

export function LostBar({ online }: { online: boolean }) {
  const lost = useSyncExternalStore(lostPart.subscribe, lostPart.get);
  if (!lost || !online || isOverStream(location.pathname)) return null;
  return (
    <div
      role="alert"
      data-testid="lost-bar"
      data-why={lost}
      className="fixed inset-x-0 bottom-0 z-50 flex flex-wrap items-center justify-center gap-x-3 gap-y-1 border-t bg-raised py-2 pr-2 pl-4 text-sm"
    >
      <p className="min-w-0 flex-1 basis-56 text-pretty sm:flex-none">
        {lost === "old"
          ? t`The platform was updated. This page is older, and a part of it is no longer there.`
          : t`A part of this page could not be loaded.`}
      </p>
      <span className="flex items-center gap-1">
        <Button data-testid="lost-reload" onClick={() => location.reload()}>
          {t`Reload the page`}
        </Button>
        <IconButton label={t`Not now`} data-testid="lost-later" onClick={lostPart.putAway}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </span>
    </div>
  );
}
