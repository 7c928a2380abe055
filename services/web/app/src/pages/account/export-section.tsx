/** One's own data as a file: how much of it has come, and what is missing in it. */

import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { exportData } from "../../api/account";
import type { User } from "../../api/contract";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { list } from "../../ui/figures";
import { saveFile } from "../../ui/save-file";
import { Section } from "../moderation/section";
import { missingParts } from "./export-parts";
import { ProofForm } from "./proof-form";
import { useProof } from "./use-proof";

export function ExportSection({ user }: { user: User }) {
  const [kilobytes, setKilobytes] = useState(0);
  const [missing, setMissing] = useState<string[] | null>(null);
  const proof = useProof();
  const fetchAll = async () => {
    setKilobytes(0);
    setMissing(null);
    const text = await exportData((bytes) => setKilobytes(Math.ceil(bytes / 1024)));
    const lacks = missingParts(text);
    saveFile(text, `streamly-${user.username}.json`, "application/json");
    setMissing(lacks);
  };
  const take = useMutation({ mutationFn: () => proof.run(fetchAll) });
  const busy = take.isPending || proof.busy;
  return (
    <Section
      title={t`Your data`}
      testId="account-export"
      about={t`Everything that is known of you here, as one JSON file: the account, sign-ins, mails, your channel and its broadcasts, whom you follow, what you wrote in chats as far as it is kept, reports, block lists.`}
      action={
        <Button busy={busy} data-testid="export-data" onClick={() => take.mutate()}>
          {t`Download`}
        </Button>
      }
    >
      <div className="flex flex-col gap-3 px-4 text-sm empty:hidden sm:px-5 [&:not(:empty)]:pb-4">
        {busy && (
          <p role="status" data-testid="export-progress">
            {t`${kilobytes} KiB so far…`}
          </p>
        )}
        {!busy && missing?.length === 0 && (
          <p role="status" data-testid="export-done">
            {t`The file is complete: ${kilobytes} KiB.`}
          </p>
        )}
        {!busy && missing !== null && missing.length > 0 && (
          <p role="alert" data-testid="export-missing">
            {t`The file lacks what ${list(missing)} knows: it did not answer. Try again later.`}
          </p>
        )}
        {take.error && <FormError>{sentence(take.error)}</FormError>}
        <ProofForm proof={proof} done={() => {}} />
      </div>
    </Section>
  );
}
