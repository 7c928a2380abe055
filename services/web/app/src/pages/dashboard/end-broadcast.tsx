/** Ends the broadcast for everybody, after one more question. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useId } from "react";
import { endBroadcast } from "../../api/calls";
import { sentence } from "../../api/problem";
import { FormError } from "../../ui/field";
import { Question } from "../../ui/question";
import { useQuestion } from "../../ui/use-question";

export function EndBroadcast() {
  const question = useQuestion();
  const words = useId();
  const end = useMutation({ mutationFn: endBroadcast });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {question.asking && (
          <p id={words} className="basis-full text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">
            {t`This ends the broadcast for everybody. Press Stop Streaming in OBS as well, or it connects again.`}
          </p>
        )}
        <Question
          question={question}
          ask={t`End the broadcast`}
          yes={t`End it`}
          describedBy={words}
          busy={end.isPending}
          testIds={["end-broadcast", "confirm-end", "cancel-end"]}
          onYes={() => end.mutate()}
        />
      </div>
      <FormError>{end.error ? sentence(end.error) : null}</FormError>
    </div>
  );
}
