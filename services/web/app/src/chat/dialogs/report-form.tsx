/** A report: of a message, which it keeps as it was, to the channel's moderators; of a channel to the platform's staff. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { type FormEvent, useId, useState } from "react";
import { report } from "../../api/chat";
import { told } from "../../api/told";
import { say } from "../../language/say";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { TextArea } from "../../ui/text-area";
import { useFirstWrong } from "../../ui/use-first-wrong";
import type { MessageFrame } from "../frames";
import { Name, Text } from "../text";

const CATEGORIES: Array<[string, MessageDescriptor]> = [
  ["harassment", msg`Harassment or insults`],
  ["hate", msg`Hate`],
  ["spam", msg`Spam or a scam`],
  ["sexual", msg`Sexual content`],
  ["violence", msg`Violence or threats`],
  ["self_harm", msg`Self-harm`],
  ["impersonation", msg`Pretends to be somebody else`],
  ["copyright", msg`Shows what belongs to others`],
  ["other", msg`Something else`],
];

export function ReportForm({
  room,
  message,
  done,
}: {
  room: string;
  /** None: the channel itself. */
  message: MessageFrame | null;
  done: (words: string) => void;
}) {
  const id = useId();
  const [category, setCategory] = useState("harassment");
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { of, form } = told(error, ["text"]);
  const [box, notTaken] = useFirstWrong();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const about = message ? { message_id: message.id } : { channel: true as const };
      await report({ room, ...about, category, text: text.trim() });
      // Who looks at one of a message depends on whom it is about: the moderators, the owner or the platform's staff.
      done(
        message
          ? t`Your report was sent. You see what became of it under`
          : t`Thank you. The platform's staff have your report; what becomes of it is below.`,
      );
    } catch (why) {
      setError(why);
      setBusy(false);
      notTaken();
    }
  };
  return (
    <form ref={box} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {message && (
        <blockquote className="border-l-3 pl-3 text-sm wrap-anywhere">
          <Name user={message.user} plain />
          <span className="text-quiet">: </span>
          <Text text={message.text} emotes={message.emotes} />
        </blockquote>
      )}
      <fieldset className="flex flex-col gap-1">
        <legend className="pb-1 text-sm font-medium">{t`What is wrong with it`}</legend>
        {CATEGORIES.map(([value, words]) => (
          <label key={value} className="flex h-8 items-center gap-2 text-sm">
            <input
              type="radio"
              name={`${id}-category`}
              value={value}
              checked={category === value}
              onChange={() => setCategory(value)}
              className="size-4 accent-[var(--action-strong)]"
            />
            {say(words)}
          </label>
        ))}
      </fieldset>
      <TextArea
        label={t`Anything else that helps`}
        rows={3}
        value={text}
        maxLength={500}
        error={of("text")}
        data-testid="report-text"
        onChange={(e) => {
          setText(e.target.value);
          setError(null);
        }}
      />
      <FormError>{form}</FormError>
      <div className="flex justify-end">
        <Button type="submit" weight="primary" busy={busy} data-testid="report-submit">
          {t`Report`}
        </Button>
      </div>
    </form>
  );
}
