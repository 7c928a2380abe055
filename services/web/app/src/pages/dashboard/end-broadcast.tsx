/** Ends the broadcast for everybody, after one more question. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { endBroadcast } from "../../api/calls";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";

export function EndBroadcast() {
  const [asking, setAsking] = useState(false);
  const end = useMutation({ mutationFn: endBroadcast });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {asking ? (
          <>
            <p className="basis-full text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">
              {t`This ends the broadcast for everybody. Press Stop Streaming in OBS as well, or it connects again.`}
            </p>
            <Button
              weight="danger"
              busy={end.isPending}
              data-testid="confirm-end"
              onClick={() => end.mutate()}
            >
              {t`End it`}
            </Button>
            <Button onClick={() => setAsking(false)}>{t`Cancel`}</Button>
          </>
        ) : (
          <Button data-testid="end-broadcast" onClick={() => setAsking(true)}>
            {t`End the broadcast`}
          </Button>
        )}
      </div>
      <FormError>{end.error ? sentence(end.error) : null}</FormError>
    </div>
  );
}
