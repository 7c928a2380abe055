/** The broadcast's title, edited in place. Keeps what was typed when saving fails. */
import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { editOwnStream } from "../../api/calls";
import type { OwnStream } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { keys } from "../../live/use-live";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";

export function TitleEditor({ stream }: { stream: OwnStream }) {
  const client = useQueryClient();
  const [title, setTitle] = useState(stream.title);
  const [touched, setTouched] = useState(false);
  useEffect(() => {
    if (!touched) setTitle(stream.title);
  }, [stream.title, touched]);
  const save = useMutation({
    mutationFn: () => editOwnStream({ title: title.trim() }),
    onSuccess: (saved) => {
      setTouched(false);
      client.setQueryData<OwnStream>(keys.own, (own) => own && { ...own, ...saved });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const error = save.error
    ? (save.error instanceof Problem && save.error.field("title")) || sentence(save.error)
    : undefined;
  const changed = title.trim() !== stream.title;
  return (
    <form onSubmit={submit} className="flex items-end gap-2 rounded-md border bg-raised p-4 sm:p-5">
      <div className="min-w-0 flex-1">
        <Field
          label={t`Title`}
          data-testid="title-input"
          value={title}
          maxLength={140}
          placeholder={t`What is it about?`}
          error={error || undefined}
          onChange={(e) => {
            setTitle(e.target.value);
            setTouched(true);
          }}
        />
      </div>
      <Button
        type="submit"
        weight={changed ? "primary" : "plain"}
        busy={save.isPending}
        disabled={!changed}
        data-testid="title-save"
        className="!h-10"
      >
        {save.isSuccess && !changed ? t`Saved` : t`Save`}
      </Button>
    </form>
  );
}
