/** Ends the broadcast for everybody, after one more question. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useId } from "react";
import { endBroadcast } from "../../api/calls";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { useQuestion } from "../../ui/use-question";

export function EndBroadcast() {
  const question = useQuestion();
  const words = useId();
  const end = useMutation({ mutationFn: endBroadcast });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {question.asking ? (
          <>
            <p id={words} className="basis-full text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">
              {t`This ends the broadcast for everybody. Press Stop Streaming in OBS as well, or it connects again.`}
            </p>
            <Button
              ref={question.answer}
              weight="danger"
              busy={end.isPending}
              data-testid="confirm-end"
              onClick={() => end.mutate()}
            >
              {t`End it`}
            </Button>
            <Button
              ref={question.cancel}
              aria-describedby={words}
              data-testid="cancel-end"
              onClick={question.close}
            >
              {t`Cancel`}
            </Button>
          </>
        ) : (
          <Button ref={question.opener} data-testid="end-broadcast" onClick={question.ask}>
            {t`End the broadcast`}
          </Button>
        )}
      </div>
      <FormError>{end.error ? sentence(end.error) : null}</FormError>
    </div>
  );
}
