/** Test mode: the switch before a broadcast, and while a test is on air what it is and the way to go live with it. */

import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { EyeOff } from "lucide-react";
import { useId } from "react";
import type { OwnStream } from "../../api/contract";
import { goLive, setTestMode } from "../../api/desk";
import { sentence } from "../../api/problem";
import { keys } from "../../live/use-live";
import { FormError } from "../../ui/field";
import { Question } from "../../ui/question";
import { Switch } from "../../ui/switch";
import { useQuestion } from "../../ui/use-question";

/** Whether only the owner and the team see what is on air. */
export const isTest = (stream: OwnStream) => stream.live?.test === true;

/** Before a broadcast. A real one on air has none: it cannot become a test. */
export function TestSwitch({ stream }: { stream: OwnStream }) {
  const client = useQueryClient();
  const name = useId();
  const save = useMutation({
    mutationFn: setTestMode,
    onSuccess: ({ test_mode }) =>
      client.setQueryData<OwnStream>(keys.own, (own) =>
        own && test_mode !== undefined ? { ...own, test_mode } : own,
      ),
  });
  const on = save.isPending ? save.variables : (stream.test_mode ?? false);
  return (
    <section
      data-testid="test-mode"
      data-on={on}
      className={`rounded-md border px-4 py-3 sm:px-5 ${on ? "border-warn bg-warn/10" : "bg-raised"}`}
    >
      <div className="flex items-center gap-4">
        <div className="min-w-0 flex-1">
          <h2 id={name} className="text-base font-semibold">
            {t`Test mode`}
          </h2>
          <p className="pt-0.5 text-quiet">
            {on
              ? t`Your next broadcast is a test: you, your moderators and the platform’s staff see it, and nobody else. You can go live with it at any time.`
              : t`Try everything before anybody watches: no list shows a test, nobody is told of it, and to others you are offline.`}
          </p>
        </div>
        <Switch labelledBy={name} checked={on} testId="test-mode-switch" onChange={(to) => save.mutate(to)} />
      </div>
      <FormError>{save.error ? sentence(save.error) : null}</FormError>
    </section>
  );
}

/** While a test is on air. */
export function TestOnAir() {
  const client = useQueryClient();
  const question = useQuestion();
  const live = useMutation({
    mutationFn: goLive,
    onSuccess: (saved) => client.setQueryData<OwnStream>(keys.own, (own) => own && { ...own, ...saved }),
  });
  return (
    <section
      aria-labelledby="test-on-air"
      data-testid="test-on-air"
      className="flex flex-wrap items-center gap-x-6 gap-y-3 rounded-md border-2 border-warn bg-warn/10 p-4 sm:p-5"
    >
      <EyeOff aria-hidden className="size-7 shrink-0 text-warn max-sm:hidden" />
      <div className="min-w-0 flex-1 basis-72">
        <h2 id="test-on-air" className="text-lg font-semibold">
          {t`This is a test. You are not live.`}
        </h2>
        <p role="status" className="pt-0.5">
          {question.asking
            ? t`From then on everybody sees you, and your followers are told. Nobody can go back to what was in the test.`
            : t`Only you, your moderators and the platform’s staff see it. To everybody else you are offline.`}
        </p>
        <FormError>{live.error ? sentence(live.error) : null}</FormError>
      </div>
      <div className="flex gap-2">
        <Question
          question={question}
          ask={t`Go live`}
          yes={t`Yes, go live`}
          weight="primary"
          askWeight="primary"
          busy={live.isPending}
          testIds={["test-go-live", "confirm-go-live", "cancel-go-live"]}
          onYes={() => live.mutate()}
        />
      </div>
    </section>
  );
}

/** On the picture of a test. */
export function TestOnPicture() {
  return (
    <p
      aria-hidden
      data-testid="test-on-picture"
      className="pointer-events-none absolute top-3 right-3 z-10 inline-flex items-center gap-2 rounded-sm bg-[oklch(0.82_0.14_80)] px-3 py-1.5 text-sm font-semibold text-black"
    >
      <EyeOff aria-hidden className="size-4" />
      {t`Test: nobody else sees this`}
    </p>
  );
}
