/** A banned person's word to the moderators, with what they asked before and what was answered. */
import { t } from "@lingui/core/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { askUnban, type UnbanRequest } from "../../api/chat";
import { Problem, sentence } from "../../api/problem";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { dateTime } from "../../ui/figures";
import { SlowWords } from "../../ui/slow-words";
import { TextArea } from "../../ui/text-area";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { spanInWords } from "../spans";
import { lastRequest, requestWords } from "../unban-request";

export function UnbanForm({ room, close }: { room: string; close: () => void }) {
  const client = useQueryClient();
  const { data: last, isPending } = useQuery(lastRequest(room));
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [box, notTaken] = useFirstWrong();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await askUnban(room, text.trim());
      await client.invalidateQueries({ queryKey: lastRequest(room).queryKey });
    } catch (why) {
      setError(why);
      notTaken();
    } finally {
      setBusy(false);
    }
  };
  const wrong = told(error, ["text"]).of("text");
  if (isPending)
    return (
      <div className="h-40">
        <SlowWords />
      </div>
    );
  if (last?.state === "open") {
    return (
      <div className="flex flex-col items-start gap-4">
        <Asked request={last} />
        <p className="text-sm text-quiet">{t`You can write again here as soon as they let you.`}</p>
        <Button onClick={close}>{t`Close`}</Button>
      </div>
    );
  }
  return (
    <form ref={box} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {last?.state === "denied" && <Asked request={last} />}
      <TextArea
        ref={focused}
        label={t`What should the moderators know`}
        required
        value={text}
        maxLength={500}
        error={wrong}
        data-testid="unban-text"
        onChange={(e) => setText(e.target.value)}
      />
      <FormError>{error && !wrong ? refusal(error, last?.state === "denied") : null}</FormError>
      <div className="flex justify-end">
        <Button type="submit" weight="primary" busy={busy} disabled={!text.trim()} data-testid="unban-submit">
          {t`Send`}
        </Button>
      </div>
    </form>
  );
}

/** The form comes after its dialog, which gave the focus to its way out. */
function focused(field: HTMLTextAreaElement | null) {
  field?.focus();
}

function Asked({ request }: { request: UnbanRequest }) {
  return (
    <div data-testid="unban-last" className="w-full text-sm wrap-anywhere">
      <p className="text-xs text-quiet">{t`You asked on ${dateTime(request.at)}`}</p>
      <blockquote className="my-1.5 border-l-3 pl-3">
        <bdi>{request.text}</bdi>
      </blockquote>
      <p role="status">{requestWords(request)}</p>
    </div>
  );
}

function refusal(error: unknown, denied: boolean): string {
  return denied && error instanceof Problem && error.status === 429 && error.retryAfter
    ? t`They said no a short while ago. You can ask again in ${spanInWords(error.retryAfter)}.`
    : sentence(error);
}
