/** Asks who one is before something of weight is done, over the page; then goes on with that. */
import { t } from "@lingui/core/macro";
import { Dialog } from "../../ui/dialog";
import { ProveAgain } from "./prove-again";
import type { Proof } from "./use-proof";

export function ProofForm({
  proof,
  done,
}: {
  proof: Pick<Proof, "waiting" | "resume" | "cancel">;
  done: () => void;
}) {
  if (!proof.waiting) return null;
  return (
    <Dialog title={t`Is it you?`} testId="proof" onClose={proof.cancel}>
      <ProveAgain
        label={t`Your present password, to be sure that it is you`}
        action={t`Go on`}
        testId="proof"
        proved={async () => {
          await proof.resume();
          done();
        }}
        cancel={proof.cancel}
      />
    </Dialog>
  );
}
