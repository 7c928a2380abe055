/** Asks who one is once more before a key is shown. */
import { t } from "@lingui/core/macro";
import { ProveAgain } from "../account/prove-again";
import type { Keys } from "./use-keys";

export function Reauth({ keys }: { keys: Keys }) {
  if (!keys.reauth) return null;
  return (
    <div data-testid="reauth" className="rounded-sm border p-4">
      <ProveAgain
        label={t`Your password, to show the key`}
        action={t`Show the key`}
        testId="reauth"
        proved={keys.resume}
        cancel={keys.cancelReauth}
      />
    </div>
  );
}
