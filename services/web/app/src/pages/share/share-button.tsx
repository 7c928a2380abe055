/** Opens the dialog that shares a channel; the dialog is loaded then. */
import { Share2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Stream } from "../../api/contract";
import { Button } from "../../ui/button";

const ShareDialog = lazy(async () => ({ default: (await import("./share-dialog")).ShareDialog }));

export function ShareButton({ stream }: { stream: Stream }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="max-sm:order-last">
      <Button data-testid="share" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Share2 aria-hidden className="size-4" />
        <span className="max-sm:sr-only">Share</span>
      </Button>
      {open && (
        <Suspense>
          <ShareDialog stream={stream} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
