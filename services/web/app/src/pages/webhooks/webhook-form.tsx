/** What is told, and where to: for a new webhook and for one that is changed. */

import { t } from "@lingui/core/macro";
import { type FormEvent, useEffect, useId, useState } from "react";
import type { Problem } from "../../api/problem";
import type { WebhookDraft } from "../../api/webhooks";
import { say } from "../../language/say";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { EVENTS } from "./webhook-words";

export function WebhookForm({
  draft,
  action,
  busy,
  problem,
  save,
  cancel,
  testId,
}: {
  draft: WebhookDraft;
  /** What the button says. */
  action: string;
  busy: boolean;
  /** What is said of its fields. */
  problem: Problem | null;
  save: (draft: WebhookDraft) => void;
  cancel?: () => void;
  testId: string;
}) {
  const [name, setName] = useState(draft.name);
  const [url, setUrl] = useState(draft.url);
  const [events, setEvents] = useState(draft.events);
  const events_id = useId();
  const wrong = problem?.field("events");
  const [box, notTaken] = useFirstWrong();
  useEffect(() => {
    if (problem) notTaken();
  }, [problem, notTaken]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save({ name: name.trim(), url: url.trim(), events });
  };
  return (
    <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-[1fr_2fr]">
        <Field
          label={t`Name`}
          placeholder={t`Such as Schedule bot`}
          maxLength={50}
          data-testid={`${testId}-name`}
          value={name}
          error={problem?.field("name")}
          onChange={(e) => setName(e.target.value)}
        />
        <Field
          label={t`Address`}
          type="url"
          inputMode="url"
          placeholder="https://"
          autoComplete="off"
          maxLength={2048}
          data-testid={`${testId}-url`}
          value={url}
          error={problem?.field("url")}
          onChange={(e) => setUrl(e.target.value)}
        />
      </div>
      <fieldset>
        <legend className="text-sm font-medium">{t`Tell it when`}</legend>
        <div className="grid gap-x-5 pt-1 sm:grid-cols-2">
          {EVENTS.map(([event, words], n) => (
            <label key={event} className="flex min-h-8 items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 shrink-0 accent-[var(--action-strong)]"
                data-testid={`${testId}-${event}`}
                aria-invalid={wrong && n === 0 ? true : undefined}
                aria-describedby={wrong && n === 0 ? events_id : undefined}
                checked={events.includes(event)}
                onChange={(e) =>
                  setEvents(e.target.checked ? [...events, event] : events.filter((other) => other !== event))
                }
              />
              {say(words)}
            </label>
          ))}
        </div>
        {wrong && (
          <p id={events_id} className="pt-1 text-xs text-bad">
            {wrong}
          </p>
        )}
      </fieldset>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" weight="primary" busy={busy} data-testid={`${testId}-save`}>
          {action}
        </Button>
        {cancel && <Button onClick={cancel}>{t`Cancel`}</Button>}
      </div>
    </form>
  );
}
