/** A banned person's word to the moderators. */
import { type FormEvent, useState } from "react";
import { askUnban } from "../../api/chat";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { FormError, inputLook } from "../../ui/field";

export function UnbanForm({ room, done }: { room: string; done: (words: string) => void }) {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await askUnban(room, text.trim());
      setSent(true);
    } catch (why) {
      setError(why);
    } finally {
      setBusy(false);
    }
  };
  if (sent) {
    return (
      <div className="flex flex-col items-start gap-4">
        <p role="status">The moderators have your request. Look in again later.</p>
        <Button onClick={() => done("Your request is with the moderators.")}>Close</Button>
      </div>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <label className="flex flex-col gap-1.5 text-sm font-medium">
        What should the moderators know
        <textarea
          required
          className={`${inputLook} h-28 py-2 font-normal`}
          value={text}
          maxLength={500}
          data-testid="unban-text"
          onChange={(e) => setText(e.target.value)}
        />
      </label>
      <FormError>{error ? sentence(error) : null}</FormError>
      <div className="flex justify-end">
        <Button type="submit" weight="primary" busy={busy} disabled={!text.trim()} data-testid="unban-submit">
          Send
        </Button>
      </div>
    </form>
  );
}
