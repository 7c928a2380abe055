/** The keys that sign access tokens, and how the operator lets another one follow. */
import { useQuery } from "@tanstack/react-query";
import { type SigningKey, signingKeys } from "../../api/admin";
import { CopyButton } from "../../ui/copy-button";
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
    retry: false,
  });
  return (
    <Section
      title="Signing keys"
      testId="admin-keys"
      about="They sign the access tokens of everybody. A new one is known to all services before it signs, and the former one is good until its last tokens have ended: nobody notices."
    >
      <div className="flex flex-wrap items-center gap-3 px-4 pb-4 text-sm sm:px-5">
        <p className="min-w-0 flex-1 text-quiet">
          The operator runs <code className="text-text">{COMMAND}</code> on the machine.
        </p>
        <CopyButton text={COMMAND} label="Copy the command" />
      </div>
      <Rows query={list} empty="None.">
        {(key) => (
          <li key={key.kid} className={ROW} data-testid="signing-key" data-state={key.state}>
            <span className="min-w-0 flex-1 wrap-anywhere">
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
  const at = (iso: string) => new Date(iso).toLocaleString();
  if (state === "next") return `Signs from ${from ? at(from) : "now"} on.`;
  if (state === "former") return `Signs no more; gone ${until ? `on ${at(until)}` : "with the next one"}.`;
  return from ? `Signs since ${at(from)}.` : "Signs from the beginning.";
}
