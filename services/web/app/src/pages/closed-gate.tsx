/** In place of the picture, for who may not watch: whom the channel is for, and the one thing to do about it. */
import { t } from "@lingui/core/macro";
import { Lock } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Stream } from "../api/contract";
import { Problem, sentence } from "../api/problem";
import { FollowButton } from "../chat/follow-button";
import type { Admission, Gate as Kind } from "../live/use-admission";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { useFirstWrong } from "../ui/use-first-wrong";

const WORDS: Record<Kind, (name: string) => { head: string; tail: string }> = {
  followers: (name) => ({
    head: t`For followers`,
    tail: t`${name} streams for people who follow this channel. Follow it to watch.`,
  }),
  password: (name) => ({
    head: t`This stream needs a password`,
    tail: t`${name} gives it to those the stream is for.`,
  }),
  private: (name) => ({
    head: t`This channel is private`,
    tail: t`Ask ${name} for a link to watch.`,
  }),
  "ended-link": (name) => ({
    head: t`This link has ended`,
    tail: t`Ask ${name} for a new one.`,
  }),
};

export function ClosedGate({ stream, admission }: { stream: Stream; admission: Admission }) {
  const kind = admission.gate ?? "private";
  const { head, tail } = WORDS[kind](stream.display_name);
  return (
    <section
      aria-label={t`Who may watch`}
      data-testid="gate"
      data-kind={kind}
      className="flex min-h-72 w-full flex-col items-center justify-center gap-2 bg-[oklch(0.13_0.01_265)] p-4 text-center text-white sm:aspect-video sm:gap-3 sm:p-6"
    >
      <Lock aria-hidden className="size-7 text-white/75" />
      <h2 className="max-w-full text-base font-semibold wrap-anywhere sm:text-lg">{head}</h2>
      <p className="max-w-md text-sm text-white/75 wrap-anywhere">{tail}</p>
      {kind === "followers" && <FollowButton username={stream.username} ownerId={stream.owner_id} />}
      {kind === "password" && <PasswordForm enter={admission.enter} />}
    </section>
  );
}

function PasswordForm({ enter }: { enter: Admission["enter"] }) {
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [box, notTaken] = useFirstWrong();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await enter(password);
    } catch (failed) {
      const wrong = failed instanceof Problem && failed.code === "playback_denied";
      setError(wrong ? t`That is not the password.` : sentence(failed));
      notTaken();
    }
    setBusy(false);
  };
  return (
    <form
      ref={box}
      onSubmit={submit}
      className="flex w-full max-w-xs flex-col gap-3 rounded-md bg-ground p-3 text-left text-text sm:p-4"
    >
      <Field
        label={t`Password of this stream`}
        type="password"
        autoComplete="off"
        required
        maxLength={128}
        data-testid="gate-password"
        value={password}
        error={error}
        onChange={(e) => setPassword(e.target.value)}
      />
      <Button type="submit" weight="primary" busy={busy} data-testid="gate-enter">
        {t`Watch`}
      </Button>
    </form>
  );
}
