/** Asks whoever leaves the page while something on it is not saved. */
import { t } from "@lingui/core/macro";
import { useContext, useEffect, useState } from "react";
import { UNSAFE_NavigationContext } from "react-router";
import { hearMovesFirst } from "../../frame/moves";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { type Router, watchLeaving } from "./leaving";
import { anythingUnsaved } from "./unsaved";

export function LeaveGuard() {
  const { navigator } = useContext(UNSAFE_NavigationContext);
  const [held, setHeld] = useState<{ go: () => void } | null>(null);
  useEffect(
    () =>
      watchLeaving(navigator as unknown as Router, {
        unsaved: anythingUnsaved,
        ask: (go) => setHeld({ go }),
        hear: hearMovesFirst,
      }),
    [navigator],
  );
  if (!held) return null;
  return (
    <Dialog title={t`Leave without saving?`} testId="leave-dialog" onClose={() => setHeld(null)}>
      <p className="text-sm text-quiet">{t`What you have changed on this page is not saved yet.`}</p>
      <div className="flex flex-wrap gap-2 pt-4">
        <Button weight="primary" data-testid="leave-stay" onClick={() => setHeld(null)}>
          {t`Stay here`}
        </Button>
        <Button
          data-testid="leave-go"
          onClick={() => {
            setHeld(null);
            held.go();
          }}
        >
          {t`Leave`}
        </Button>
      </div>
    </Dialog>
  );
}
