/** One webhook: whether it works, a switch, a test, its log, and what changes it. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { ChevronDown, KeyRound, Pencil, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { Problem, sentence } from "../../api/problem";
import type { Webhook } from "../../api/webhooks";
import { say } from "../../language/say";
import { Button, IconButton } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Switch } from "../../ui/switch";
import { useNow } from "../../ui/use-now";
import { useRow } from "../../ui/use-row";
import { ROW } from "../moderation/section";
import { Deliveries, MOODS } from "./deliveries";
import { useTest, type Webhooks } from "./use-webhooks";
import { WebhookForm } from "./webhook-form";
import { eventWords, webhookState } from "./webhook-words";

type Asking = "edit" | "rotate" | "delete";

const WORDS: Record<Exclude<Asking, "edit">, [question: MessageDescriptor, action: MessageDescriptor]> = {
  rotate: [
    msg`A new secret takes its place. For a day both sign, so that the receiver can be changed.`,
    msg`Make it`,
  ],
  delete: [msg`Its receiver is told nothing any more, and its log goes with it.`, msg`Delete it`],
};

export function WebhookRow({ hook, all }: { hook: Webhook; all: Webhooks }) {
  const now = useNow(30_000);
  const name = useId();
  const [asking, setAsking] = useState<Asking | null>(null);
  const [log, setLog] = useState(false);
  const { row, keep } = useRow();
  const asked = () => {
    keep();
    setAsking(null);
  };
  const test = useTest(hook.id);
  const { words, mood } = webhookState(hook, now);
  const mine = all.failed && "id" in all.failed && all.failed.id === hook.id;
  const error = mine ? all.error : null;
  const fields = asking === "edit" && error instanceof Problem && error.errors.length > 0 ? error : null;
  const act = (deed: Parameters<Webhooks["act"]>[0]) => all.act(deed).then(asked, () => {});
  return (
    <li ref={row} className={ROW} data-testid="webhook-row" data-enabled={hook.enabled}>
      <div className="min-w-0 flex-1 basis-64">
        <p id={name} className="font-semibold wrap-anywhere">
          <bdi>{hook.name}</bdi>
        </p>
        <p className="text-xs wrap-anywhere text-quiet">{hook.url}</p>
        <p className="text-xs text-quiet">{hook.events.map(eventWords).join(" · ")}</p>
        <p className={`pt-0.5 text-xs ${MOODS[mood]}`} data-testid="webhook-state" data-mood={mood}>
          {words}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-1">
        <Switch
          labelledBy={name}
          checked={hook.enabled}
          testId="webhook-switch"
          onChange={(enabled) => void act({ what: "edit", id: hook.id, draft: { enabled } })}
        />
        <IconButton
          label={t`Change ${hook.name}`}
          data-testid="webhook-edit"
          onClick={() => setAsking("edit")}
        >
          <Pencil aria-hidden className="size-4" />
        </IconButton>
        <IconButton
          label={t`New secret for ${hook.name}`}
          data-testid="webhook-rotate"
          onClick={() => setAsking("rotate")}
        >
          <KeyRound aria-hidden className="size-4" />
        </IconButton>
        <IconButton
          label={t`Delete ${hook.name}`}
          data-testid="webhook-delete"
          onClick={() => setAsking("delete")}
        >
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </div>
      {asking === "edit" && (
        <div className="basis-full pt-1">
          <WebhookForm
            draft={hook}
            action={t`Save`}
            testId="edit-webhook"
            busy={all.busy}
            problem={fields}
            save={(draft) => void act({ what: "edit", id: hook.id, draft })}
            cancel={asked}
          />
        </div>
      )}
      {(asking === "rotate" || asking === "delete") && (
        <div className="flex basis-full flex-wrap items-center gap-2">
          <p className="basis-full text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">{say(WORDS[asking][0])}</p>
          <Button
            weight={asking === "delete" ? "danger" : "primary"}
            busy={all.busy}
            data-testid={`confirm-${asking}-webhook`}
            onClick={() => {
              asked();
              void act({ what: asking, id: hook.id });
            }}
          >
            {say(WORDS[asking][1])}
          </Button>
          <Button onClick={asked}>{t`Cancel`}</Button>
        </div>
      )}
      <div className="flex basis-full flex-wrap gap-2">
        <Button
          busy={test.isPending}
          disabled={!hook.enabled}
          data-testid="webhook-test"
          onClick={() => {
            setLog(true);
            test.mutate();
          }}
        >
          {t`Send a test`}
        </Button>
        <Button aria-expanded={log} data-testid="webhook-show-log" onClick={() => setLog(!log)}>
          <ChevronDown aria-hidden className={`size-4 transition-transform ${log ? "rotate-180" : ""}`} />
          {t`Log`}
        </Button>
      </div>
      <div className="basis-full empty:hidden">
        <FormError>{test.error ? sentence(test.error) : error && !fields ? sentence(error) : null}</FormError>
      </div>
      {log && <Deliveries hook={hook} />}
    </li>
  );
}
