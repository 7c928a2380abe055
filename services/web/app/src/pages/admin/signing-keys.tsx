/** The keys that sign access tokens, and how the operator lets another one follow. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type SigningKey, signingKeys } from "../../api/admin";
import { CopyButton } from "../../ui/copy-button";
import { exactly } from "../../ui/figures";
import { ROW, Rows, Section } from "../moderation/section";

const COMMAND = "streamly rotate-signing-key";
/** Often enough to see a key come by itself. */
const AGAIN_MS = 10_000;

export function SigningKeys() {
  const list = useQuery({
    queryKey: ["own", "admin", "keys"],
    queryFn: ({ signal }) => signingKeys(signal),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
  });
  return (
    <Section
      title={t`Signing keys`}
      testId="admin-keys"
      about={t`They sign the access tokens of everybody. A new one is known to all services before it signs, and the former one is good until its last tokens have ended: nobody is signed out.`}
    >
      <div className="flex flex-wrap items-center gap-3 px-4 pb-4 text-sm sm:px-5">
        <p className="min-w-0 flex-1 text-quiet">
          <Trans>
            The operator runs <code className="text-text">{COMMAND}</code> on the machine.
          </Trans>
        </p>
        <CopyButton text={COMMAND} label={t`Copy the command`} />
      </div>
      <Rows query={list} empty={t`No keys.`}>
        {(key) => (
          <li key={key.kid} className={ROW} data-testid="signing-key" data-state={key.state}>
            <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
              <code className="font-semibold">{key.kid}</code>
              <span className="block text-xs text-quiet">{words(key)}</span>
            </span>
          </li>
        )}
      </Rows>
    </Section>
  );
}

function words({ state, signs_from: from, published_until: until }: SigningKey): string {
  const [since, end] = [from && exactly(from), until && exactly(until)];
  if (state === "next") return since ? t`Signs from ${since} on.` : t`Signs from now on.`;
  if (state === "former")
    return end ? t`Signs no more; gone on ${end}.` : t`Signs no more; gone with the next one.`;
  return since ? t`Signs since ${since}.` : t`Signs from the beginning.`;
}
