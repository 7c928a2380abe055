/** Opens the dialog that shares a channel; the dialog is loaded then. */
import { t } from "@lingui/core/macro";
import { Share2 } from "lucide-react";
import { Suspense, useState } from "react";
import type { Stream } from "../../api/contract";
import { lazily } from "../../language/lazily";
import { Button } from "../../ui/button";

const ShareDialog = lazily(async () => (await import("./share-dialog")).ShareDialog, ["rest"]);

export function ShareButton({ stream }: { stream: Stream }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="max-sm:order-last">
      <Button data-testid="share" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Share2 aria-hidden className="size-4" />
        <span className="max-sm:sr-only">{t`Share`}</span>
      </Button>
      {open && (
        <Suspense>
          <ShareDialog stream={stream} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
